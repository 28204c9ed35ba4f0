package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What stands between the wish to store a file and its first byte: refuses at once what could only be refused at
/// the end. For threads.
final class Admission {
    private final FileStore store;
    private final int uploadsMax;
    private final AtomicInteger uploads = new AtomicInteger();

    Admission(FileStore store, int uploadsMax) {
        this.store = store;
        this.uploadsMax = uploadsMax;
    }

    /// Asks everything of a file that is to come to `path`. The precondition comes last: what would be refused
    /// without it is refused for that reason (RFC 9110, 13.2.1).
    ///
    /// @param length announced number of bytes, -1 where none was
    /// @return room for so many bytes, which the caller releases
    Quotas.Claim admit(String path, long length, Precondition precondition) throws IOException {
        FilePath.parse(path);
        store.rules.checkType(path);
        FileState there = store.disk.look(path);
        checkPlace(path, there);
        Known before = current(path, there);
        store.rules.checkSize(path, Math.max(length, 0));
        Quotas.Claim claim = store.quotas.claim(path, Math.max(length, 0));
        try {
            precondition.check(path, before);
            return claim;
        } catch (ProblemException failed) {
            claim.release();
            throw failed;
        }
    }

    private void checkPlace(String path, @Nullable FileState state) throws IOException {
        FileState there = state;
        if (there != null && !there.isFile()) {
            throw new ProblemException(
                    Problem.PATH_CONFLICT, path + (there.isFolder() ? " is a folder" : " is not a file"));
        }
        for (String above = FilePath.parent(path); there == null && !above.isEmpty(); above = FilePath.parent(above)) {
            there = store.disk.look(above);
            if (there != null && !there.isFolder()) {
                throw new ProblemException(Problem.PATH_CONFLICT, above + " is not a folder");
            }
        }
    }

    private @Nullable Known current(String path, @Nullable FileState state) throws IOException {
        Known known = store.index.get(path);
        if (known == null ? state != null : !known.state().equals(state)) {
            store.observe(path);
            known = store.index.get(path);
        }
        return known;
    }

    /// A draft for one more upload under way.
    Disk.Draft draft() throws IOException {
        if (uploads.incrementAndGet() > uploadsMax) {
            uploads.decrementAndGet();
            throw new ProblemException(
                    Problem.UNAVAILABLE,
                    "more than " + uploadsMax + " uploads are under way (limit files.uploads-max)");
        }
        try {
            return store.disk.createDraft("u-" + UUID.randomUUID());
        } catch (IOException refused) {
            uploads.decrementAndGet();
            throw refused;
        }
    }

    /// One that goes on, however many there are.
    void resumed() {
        uploads.incrementAndGet();
    }

    void ended() {
        uploads.decrementAndGet();
    }

    int underWay() {
        return uploads.get();
    }

    /// Removes what an earlier life left among the drafts, except what it meant to keep.
    static void sweep(Disk disk) throws IOException {
        for (String draft : disk.drafts()) {
            if (!draft.startsWith(ResumableUploads.PREFIX) && !draft.equals(FormerVersions.FOLDER)) {
                disk.deleteDraft(draft);
            }
        }
    }
}
