package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What files were before they were replaced or deleted, for paths whose rule says that versions are kept.
///
/// ```text
/// .dbk/versions/<SHA-256 of the path>/<version>.json    what was known of it, see FormerVersion
/// .dbk/versions/<SHA-256 of the path>/<version>         its bytes: a second name of the very file
/// ```
/// A [Commit] gives the file its second name before it takes the first away, so that nothing is copied, and
/// what the commit answers is the version after one that is safe. A crash in between leaves a second name of
/// what still stands at the path: it has the version that is there now, and is not shown. Nothing of this is in
/// the journal or in memory: a path is looked up when somebody asks.
///
/// What another program replaces or deletes is gone before anybody hears of it, and is not kept.
public final class FormerVersions {
    /// The folder among the drafts.
    static final String FOLDER = "versions";

    private static final Logger LOG = LoggerFactory.getLogger(FormerVersions.class);
    private static final String ROOT = Disk.DRAFTS + "/" + FOLDER;

    /// A version that lies on the disk.
    private record Kept(String folder, FormerVersion version) {
        String name() {
            return FOLDER + "/" + folder + "/" + version.known().version();
        }
    }

    private final FileStore store;
    private final long sizeMax;

    FormerVersions(FileStore store, FilesConfig config) {
        this.store = store;
        this.sizeMax = config.versionsSizeMax().bytes();
    }

    /// Keeps what is at a path, by who holds its lock and is about to take it away.
    ///
    /// @throws IOException where the disk refused: then it should stay where it is
    void keep(String path, Known known) throws IOException {
        int most = store.rules.versions(path);
        if (most == 0) {
            return;
        }
        if (known.principal().equals(Principal.disk().name())) {
            // Another program wrote it, and perhaps not for good.
            store.disk.forceFile(path);
        }
        String folder = folder(path);
        makeFolders(folder);
        Kept kept = new Kept(folder, new FormerVersion(path, known, store.now()));
        write(kept);
        try {
            store.disk.lend(path, kept.name());
        } catch (FileAlreadyExistsException ofAnAttemptBefore) {
            // It is the same file: no two have one version.
        }
        store.disk.forceFolder(ROOT + "/" + folder);
        prune(path, folder, most);
    }

    private void makeFolders(String folder) throws IOException {
        try {
            store.disk.makeDraftFolder(FOLDER + "/" + folder);
        } catch (FileAlreadyExistsException there) {
            return;
        } catch (NoSuchFileException first) {
            makeRoot();
            makeFolders(folder);
            return;
        }
        store.disk.forceFolder(ROOT);
    }

    private void makeRoot() throws IOException {
        try {
            store.disk.makeDraftFolder(FOLDER);
        } catch (FileAlreadyExistsException another) {
            // Was faster.
        }
        store.disk.forceFolder(Disk.DRAFTS);
    }

    private void write(Kept kept) throws IOException {
        String name = kept.name() + FormerVersion.ENDING;
        store.disk.deleteDraft(name);
        try (Disk.Draft draft = store.disk.createDraft(name)) {
            draft.write(kept.version.json().asReadOnlyBuffer(), 0);
            draft.force();
        }
    }

    /// Those beyond the number and age of the rule, the oldest first.
    private void prune(String path, String folder, int most) throws IOException {
        Duration age = store.rules.versionsAge(path);
        List<Kept> all = read(folder);
        for (int i = 0; i < all.size(); i++) {
            if (i >= most || isOver(all.get(i).version, age)) {
                drop(all.get(i));
            }
        }
    }

    private boolean isOver(FormerVersion version, @Nullable Duration age) {
        return age != null && version.ended().plus(age).isBefore(store.now());
    }

    /// The bytes first: what is said of bytes that are gone is nothing that is shown.
    private void drop(Kept kept) throws IOException {
        store.disk.deleteDraft(kept.name());
        store.disk.deleteDraft(kept.name() + FormerVersion.ENDING);
    }

    /// Those of one folder, the newest first; of some of them the bytes may be missing.
    private List<Kept> read(String folder) throws IOException {
        List<Kept> found = new ArrayList<>();
        for (Disk.Child child : children(ROOT + "/" + folder)) {
            if (child.name().endsWith(FormerVersion.ENDING)) {
                FormerVersion version = FormerVersion.read(store.disk, ROOT + "/" + folder + "/" + child.name());
                if (version != null) {
                    found.add(new Kept(folder, version));
                }
            }
        }
        found.sort(Comparator.comparingLong((Kept kept) -> kept.version.known().version())
                .reversed());
        return found;
    }

    private List<Disk.Child> children(String folder) throws IOException {
        try {
            return store.disk.children(folder);
        } catch (NoSuchFileException | NotDirectoryException none) {
            return List.of();
        }
    }

    private static String folder(String path) {
        return Sha256.of(path.getBytes(StandardCharsets.UTF_8)).hex();
    }

    /// What a path held before, the newest first; also of a file that is deleted.
    public List<FileEntry> list(String path) {
        FilePath.parse(path);
        try {
            List<FileEntry> shown = new ArrayList<>();
            for (Kept kept : read(folder(path))) {
                if (isShown(path, kept)) {
                    shown.add(kept.version.known().entry(path));
                }
            }
            return shown;
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Not what is still there, nor what another program changed under its second name.
    private boolean isShown(String path, Kept kept) throws IOException {
        Known now = store.index.get(path);
        FileState bytes = store.disk.look(Disk.DRAFTS + "/" + kept.name());
        return bytes != null
                && kept.version.isOf(bytes)
                && (now == null || now.version() != kept.version.known().version())
                && !isOver(kept.version, store.rules.versionsAge(path));
    }

    /// One of them with its bytes.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND]
    public OpenFile read(String path, long version) {
        FilePath.parse(path);
        try {
            Optional<Kept> kept = read(folder(path)).stream()
                    .filter(each -> each.version.known().version() == version)
                    .findFirst();
            if (kept.isPresent() && isShown(path, kept.get())) {
                Disk.Opened opened =
                        store.disk.open(Disk.DRAFTS + "/" + kept.get().name());
                if (opened != null) {
                    return OpenFile.large(kept.get().version.known().entry(path), opened.channel());
                }
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
        throw new ProblemException(Problem.FILE_NOT_FOUND, "of " + path + " no version " + version + " is kept");
    }

    /// Gives up all of a path. What is there now stays.
    ///
    /// @return how many there were
    public int forget(String path) {
        FilePath.parse(path);
        try (PathLocks.Held _ = store.locks.lock(path)) {
            List<Kept> all = read(folder(path));
            for (Kept kept : all) {
                drop(kept);
            }
            store.disk.deleteDraft(FOLDER + "/" + folder(path));
            return all.size();
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Gives up what is too old, then the oldest of all as long as they are too many bytes together. A second
    /// name of what still stands at its path takes no room.
    void sweep() throws IOException {
        List<Kept> left = new ArrayList<>();
        Set<String> paths = new HashSet<>();
        long bytes = 0;
        for (Disk.Child child : children(ROOT)) {
            for (Kept kept : read(child.name())) {
                if (isOver(kept.version, store.rules.versionsAge(kept.version.path()))) {
                    locked(kept);
                } else {
                    left.add(kept);
                    bytes += kept.version.known().state().size();
                }
                paths.add(kept.version.path());
            }
        }
        left.sort(Comparator.comparingLong(kept -> kept.version.known().version()));
        for (int i = 0; i < left.size() && bytes > sizeMax; i++) {
            bytes -= left.get(i).version.known().state().size();
            locked(left.get(i));
        }
        LOG.atDebug()
                .addKeyValue("paths", paths.size())
                .addKeyValue("bytes", bytes)
                .log("former versions looked at");
    }

    private void locked(Kept kept) throws IOException {
        try (PathLocks.Held _ = store.locks.lock(kept.version.path())) {
            drop(kept);
        }
    }
}
