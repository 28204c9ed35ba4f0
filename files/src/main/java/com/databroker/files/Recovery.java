package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the journal of an earlier life says, judged by the disk.
///
/// A change stands in the journal before it happens. Where it was not announced, nobody knows whether it
/// happened, but the disk does: a rename keeps inode, size and time, and a deleted file is gone. What
/// happened is announced now; what did not is forgotten.
///
/// Where another program was there since, what was to become the file is neither at its place nor where it came
/// from. Then it had become the file, which somebody may have been told: it is announced, and after it what is found
/// now.
final class Recovery {
    private static final int ENTRY_BYTES_MIN = 16;

    /// What was to become of a file, how that ended, and what is at its place now.
    private enum Verdict {
        HAPPENED,
        HAPPENED_AND_OVERTAKEN,
        DID_NOT_HAPPEN
    }

    /// A file, whatever its name.
    private record FileId(long inode, long born) {
        static FileId of(FileState state) {
            return new FileId(state.inode(), state.born());
        }
    }

    private record Open(
            JournalEntry.Change change, @Nullable Known before) {}

    private final Index index = new Index();
    private final Map<Long, Open> open = new LinkedHashMap<>();
    private final Map<String, Long> latest = new HashMap<>();
    private final List<FileChange> unsent = new ArrayList<>();
    private final List<String> overtaken = new ArrayList<>();
    private final Journal journal;
    private long nextVersion = 1;

    private Recovery(Disk indexDisk) throws IOException {
        journal = Journal.open(indexDisk, this::replay);
    }

    static Recovery of(Disk files, Disk indexDisk) throws IOException {
        Recovery recovery = new Recovery(indexDisk);
        try {
            recovery.judge(files);
            return recovery;
        } catch (IOException | RuntimeException failed) {
            recovery.journal.close();
            throw failed;
        }
    }

    private void replay(JournalEntry entry) {
        switch (entry) {
            case JournalEntry.Change change -> replay(change);
            case JournalEntry.Sent sent -> close(sent.version());
            case JournalEntry.Undone not -> {
                Open undone = close(not.version());
                if (undone != null) {
                    undo(undone);
                }
            }
            case JournalEntry.Touched touched -> {
                Known known = index.get(touched.path());
                // A touch leaves the bytes alone. Where the change before it is lost, it speaks of others.
                if (known != null && known.state().size() == touched.state().size()) {
                    index.put(touched.path(), known.withState(touched.state()));
                }
            }
            case JournalEntry.Present present -> index.put(present.path(), present.known());
            case JournalEntry.Next next -> nextVersion = next.version();
        }
    }

    private void replay(JournalEntry.Change change) {
        long version = change.known().version();
        nextVersion = Math.max(nextVersion, version + 1);
        Long earlier = latest.get(change.path());
        if (earlier != null) {
            // Whoever made this change saw the one before, so that one happened.
            Open happened = close(earlier);
            if (happened != null) {
                unsent.add(happened.change.known().change(happened.change.kind(), change.path()));
            }
        }
        if (change.kind() == FileChange.Kind.DELETED) {
            index.takeDisplaced(change.path());
        }
        open.put(version, new Open(change, apply(change)));
        latest.put(change.path(), version);
    }

    private @Nullable Open close(long version) {
        Open closed = open.remove(version);
        if (closed != null) {
            latest.remove(closed.change.path(), version);
        }
        return closed;
    }

    private @Nullable Known apply(JournalEntry.Change change) {
        return change.kind() == FileChange.Kind.DELETED
                ? index.remove(change.path())
                : index.put(change.path(), change.known());
    }

    private void undo(Open undone) {
        String path = undone.change.path();
        if (undone.before == null) {
            index.remove(path);
        } else {
            index.put(path, undone.before);
        }
    }

    private void judge(Disk files) throws IOException {
        Set<FileId> notMoved = open.isEmpty() ? Set.of() : notMoved(files, open.values());
        List<JournalEntry> verdicts = new ArrayList<>();
        List<FileChange> happened = new ArrayList<>();
        // The latest first: what was there before a change is put back in the reverse order.
        for (Open doubtful : new ArrayList<>(open.values()).reversed()) {
            JournalEntry.Change change = doubtful.change;
            String path = change.path();
            FileState now = files.look(path);
            Known known = change.known();
            Verdict verdict = verdict(doubtful, now, notMoved);
            if (verdict == Verdict.DID_NOT_HAPPEN) {
                undo(doubtful);
                verdicts.add(new JournalEntry.Undone(known.version()));
                continue;
            }
            happened.addFirst(known.change(change.kind(), path));
            if (verdict == Verdict.HAPPENED_AND_OVERTAKEN) {
                overtaken.add(path);
            } else if (change.kind() != FileChange.Kind.DELETED && now != null && !now.equals(known.state())) {
                index.put(path, known.withState(now));
                verdicts.add(new JournalEntry.Touched(path, now));
            }
        }
        force(files, happened);
        unsent.addAll(happened);
        if (journal.torn() > 0) {
            // Versions that were told may be among what was cut off.
            nextVersion += FileStore.VERSIONS_RESERVED + journal.torn() / ENTRY_BYTES_MIN;
        }
        journal.note(verdicts);
        if (!verdicts.isEmpty()) {
            // The drafts that tell what did not happen are swept away next.
            journal.forceRest();
        }
    }

    private static Verdict verdict(Open doubtful, @Nullable FileState now, Set<FileId> notMoved) {
        JournalEntry.Change change = doubtful.change;
        FileState meant = change.known().state();
        boolean isSo = change.kind() == FileChange.Kind.DELETED
                ? now == null || !now.isFile()
                : now != null && now.isSameContentAs(meant);
        if (isSo) {
            return Verdict.HAPPENED;
        }
        if (change.known().principal().equals(Principal.disk().name())) {
            // It was seen before it was written down, and perhaps not as lasting as the journal.
            return Verdict.HAPPENED_AND_OVERTAKEN;
        }
        if (change.kind() == FileChange.Kind.DELETED && now != null) {
            return now.isSameFileAs(meant) ? Verdict.DID_NOT_HAPPEN : Verdict.HAPPENED_AND_OVERTAKEN;
        }
        boolean isBefore = now != null && doubtful.before != null && now.isSameFileAs(doubtful.before.state());
        return isBefore || notMoved.contains(FileId.of(meant))
                ? Verdict.DID_NOT_HAPPEN
                : Verdict.HAPPENED_AND_OVERTAKEN;
    }

    /// The files that stand where a change would have taken them away: drafts, and what was to be deleted or
    /// moved.
    private static Set<FileId> notMoved(Disk files, Collection<Open> open) throws IOException {
        Set<FileId> found = new HashSet<>();
        drafts(files, Disk.DRAFTS, found);
        for (Open doubtful : open) {
            FileState there =
                    doubtful.change.kind() == FileChange.Kind.DELETED ? files.look(doubtful.change.path()) : null;
            if (there != null) {
                found.add(FileId.of(there));
            }
        }
        return found;
    }

    private static void drafts(Disk files, String folder, Set<FileId> found) throws IOException {
        for (Disk.Child child : files.children(folder)) {
            if (child.name().equals(FormerVersions.FOLDER)) {
                // These did move away: what they were is kept.
                continue;
            }
            if (child.state().isFolder()) {
                drafts(files, folder + "/" + child.name(), found);
            } else {
                found.add(FileId.of(child.state()));
            }
        }
    }

    /// What is told must not be taken back by a power cut: the name may be in memory only.
    private static void force(Disk files, List<FileChange> happened) throws IOException {
        Set<String> folders = new LinkedHashSet<>();
        happened.forEach(change -> folders.add(FilePath.parent(change.path())));
        for (String folder : folders) {
            String there = folder;
            while (!there.isEmpty() && files.look(there) == null) {
                there = FilePath.parent(there);
            }
            files.forceFolder(there);
        }
    }

    Index index() {
        return index;
    }

    Journal journal() {
        return journal;
    }

    long nextVersion() {
        return nextVersion;
    }

    /// Paths of which [#unsent] does not say what is there now.
    List<String> overtaken() {
        return overtaken;
    }

    /// What happened and was perhaps not announced, in the order in which it happened.
    List<FileChange> unsent() {
        return unsent;
    }
}
