package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Durations;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files under one folder, for every door. What is returned from a change is on the disk, and has been
/// announced; what is read is one whole version. All calls block, from any thread.
///
/// How a change is made is drawn at [Commit]; what other programs do to the folder is found by [Watcher].
public final class FilePlane implements AutoCloseable {
    private static final int BATCH = 256;
    private static final Logger LOG = LoggerFactory.getLogger(FilePlane.class);

    private final FilesConfig config;
    private final Disk disk;
    private final Disk indexDisk;
    private final FileStore store;
    private final FolderReader folders;
    private final FileReader reader;
    private final List<FileChange> unsent;
    private final List<String> overtaken;
    private final Admission admission;
    private final Durations commits = Durations.quick();
    private @Nullable Watcher watcher;

    private FilePlane(FilesConfig config, Disk disk, Disk indexDisk, InstantSource clock) throws IOException {
        this.config = config;
        this.disk = disk;
        this.indexDisk = indexDisk;
        Recovery recovered = Recovery.of(disk, indexDisk);
        this.unsent = recovered.unsent();
        this.overtaken = recovered.overtaken();
        this.store = new FileStore(disk, recovered, config, clock);
        this.admission = new Admission(store, config.uploadsMax());
        this.folders = new FolderReader(store);
        this.reader = new FileReader(store, config);
        Admission.sweep(disk);
        store.journal.keepReserve();
    }

    /// Opens the folder, makes it where it is missing, and ends what a crash interrupted.
    ///
    /// @param index the folder of the index, apart from the files
    /// @throws ProblemException [Problem#DATA_NOT_WRITABLE], [Problem#CONFIGURATION_INVALID] for a rule
    public static FilePlane open(FilesConfig config, Path folder, Path index, InstantSource clock) {
        try {
            Files.createDirectories(folder);
            Files.createDirectories(index);
            return open(config, Disk.of(folder.toRealPath()), Disk.of(index.toRealPath()), clock);
        } catch (IOException refused) {
            throw new ProblemException(
                    Problem.DATA_NOT_WRITABLE, folder + ": " + DiskProblems.reason(refused), refused);
        }
    }

    /// As [#open(FilesConfig, Path, Path, InstantSource)], on any disks, which are closed with it.
    public static FilePlane open(FilesConfig config, Disk disk, Disk indexDisk, InstantSource clock)
            throws IOException {
        try {
            return new FilePlane(config, disk, indexDisk, clock);
        } catch (IOException | RuntimeException failed) {
            disk.close();
            indexDisk.close();
            throw failed;
        }
    }

    /// Announces what happened before a crash and was not announced, then looks for what other programs did
    /// meanwhile, and goes on watching. Listeners must be there before.
    public void start() {
        announceUnsent();
        watcher = Watcher.start(store, config);
    }

    /// The first half of [#start]: without watching, changes of others are found when a path is asked for.
    public void announceUnsent() {
        try {
            store.journal.forceRest();
            store.announcements.tell(unsent);
            unsent.clear();
            for (String path : overtaken) {
                store.find(path);
            }
            overtaken.clear();
            store.tellRest();
            store.compactIfWordy();
        } catch (IOException refused) {
            throw DiskProblems.problem("the journal of files", refused);
        }
    }

    /// The folder of the files.
    public Path root() {
        return disk.root();
    }

    /// The place on disk of a file, for programs that serve its bytes.
    public Path onDisk(String path) {
        return disk.root().resolve(path);
    }

    /// Has uploads to exactly `path` looked at before they become visible.
    public void validate(String path, Validator validator) {
        store.rules.validate(path, validator);
    }

    /// Calls `listener` after changes, before they are acknowledged; it must not wait for another change.
    public void changes(Consumer<List<FileChange>> listener) {
        store.announcements.changes(listener);
    }

    /// Calls `listener` for what another program wrote and a validator refuses: it is on the disk, but is
    /// not announced.
    public void refusals(BiConsumer<FileChange, ProblemException> listener) {
        store.announcements.refusals(listener);
    }

    /// What files were before they were replaced or deleted.
    public FormerVersions former() {
        return store.former;
    }

    /// Stores a file.
    ///
    /// @param length announced number of bytes, -1 where none was; fewer or more are refused
    /// @throws ProblemException [Problem#PATH_INVALID], [Problem#PAYLOAD_TOO_LARGE],
    ///     [Problem#BODY_INCOMPLETE], [Problem#PRECONDITION_FAILED], [Problem#PATH_CONFLICT],
    ///     [Problem#STORAGE_FULL], [Problem#QUOTA_EXCEEDED], or
    ///     what the validator says
    public FileChange put(String path, InputStream body, long length, Precondition precondition, Principal by) {
        try (Upload upload = begin(path, length, precondition, by)) {
            upload.append(body, length);
            return upload.commit(precondition, FileMetadata.NONE);
        }
    }

    /// Begins to store a file: refuses at once what could only be refused at the end.
    ///
    /// @param length as in [#put]
    public Upload begin(String path, long length, Precondition precondition, Principal by) {
        try {
            Quotas.Claim claim = admission.admit(path, length, precondition);
            try {
                return new Upload(this, path, by, admission.draft(), claim, Math.max(length, 0));
            } catch (IOException | RuntimeException refused) {
                claim.release();
                throw refused;
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Goes on with a draft.
    ///
    /// @param held the room that is held for it, and for how many bytes
    Upload resume(String path, String name, Principal by, Quotas.Claim held, long length) {
        try {
            Disk.Draft draft = disk.openDraft(name);
            try {
                Upload upload = Upload.adopt(this, path, by, draft, held, length);
                admission.resumed();
                return upload;
            } catch (IOException | RuntimeException refused) {
                draft.close();
                throw refused;
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    void ended() {
        admission.ended();
    }

    /// Makes uploads the files at their paths, all or none, at little more than the cost of one.
    ///
    /// @param precondition that holds of each
    public List<FileChange> commit(
            List<Upload> together, Precondition precondition, FileMetadata metadata, Principal by) {
        together.forEach(Upload::validate);
        return change(
                together.stream()
                        .<Step>map(upload -> new Step.Publish(upload.path(), upload, precondition, metadata))
                        .toList(),
                by);
    }

    List<FileChange> change(List<Step> steps, Principal by) {
        String path = steps.isEmpty() ? "" : steps.getFirst().path();
        long began = Durations.now();
        try (Span span = Trace.step("files.commit")) {
            span.put("databroker.files", steps.size());
            List<FileChange> changes = new Commit(store, steps, by).run();
            commits.since(began);
            return changes;
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// How long commits took that were made.
    public Durations commits() {
        return commits;
    }

    /// The file or folder at `path`, if there is one; the root has the empty path.
    public Optional<FileEntry> stat(String path) {
        if (!path.isEmpty()) {
            FilePath.parse(path);
        }
        try {
            return reader.stat(path);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// The file or folder at `path`, with the bytes that its entry speaks of.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND]
    public OpenFile read(String path) {
        FilePath.parse(path);
        try (Span _ = Trace.step("files.read")) {
            return reader.read(path);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// A small file that is held in memory and is still what the disk shows; null where it is not: [#read] it.
    /// Does not wait for anything but the look at the disk.
    public @Nullable OpenFile readIfHeld(String path) {
        // What is no path is no file's, and so is not held.
        try {
            return reader.readHeld(path);
        } catch (IOException refused) {
            return null;
        }
    }

    /// What is known of a file that the disk shows unchanged; null for any other: [#stat] it. Does not wait for
    /// anything but the look at the disk.
    public @Nullable FileEntry statIfKnown(String path) {
        FilePath.parse(path);
        try {
            return reader.statKnown(path);
        } catch (IOException refused) {
            return null;
        }
    }

    /// A page of the files and folders in a folder.
    ///
    /// @param visible who asks sees nothing else
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] where there is no such folder
    public Listing list(String folder, Listing.Query query, Listing.Visibility visible) {
        if (!folder.isEmpty()) {
            FilePath.parse(folder);
        }
        try {
            return folders.list(folder, query, visible);
        } catch (IOException refused) {
            throw DiskProblems.problem(folder, refused);
        }
    }

    /// Deletes a file or an empty folder.
    ///
    /// @return the change, empty for a folder
    /// @throws ProblemException [Problem#FILE_NOT_FOUND], [Problem#PRECONDITION_FAILED],
    ///     [Problem#PATH_CONFLICT] for a
    ///     folder that has files
    public Optional<FileChange> delete(String path, Precondition precondition, Principal by) {
        FilePath.parse(path);
        try {
            FileState state = disk.look(path);
            if (state != null && state.isFolder()) {
                if (disk.children(path).isEmpty()) {
                    precondition.checkFolder(path);
                }
                folders.delete(path);
                return Optional.empty();
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
        return Optional.of(
                change(List.of(new Step.Remove(path, precondition)), by).getFirst());
    }

    /// Deletes a folder with all that is in it, one file after the other: whoever looks meanwhile sees some
    /// gone and some not yet.
    ///
    /// @param may asked for every file before anything is deleted; throws to refuse
    /// @param precondition that holds of the folder
    /// @return how many files were deleted
    public int deleteTree(String folder, Consumer<String> may, Precondition precondition, Principal by) {
        List<String> paths = filesBelow(folder);
        paths.forEach(may);
        precondition.checkFolder(folder);
        for (int i = 0; i < paths.size(); i += BATCH) {
            change(
                    paths.subList(i, Math.min(i + BATCH, paths.size())).stream()
                            .<Step>map(path -> new Step.Remove(path, Precondition.NONE))
                            .toList(),
                    by);
        }
        try {
            folders.deleteEmpty(folder);
        } catch (IOException refused) {
            throw DiskProblems.problem(folder, refused);
        }
        return paths.size();
    }

    /// Gives a file, or each file of a folder, another path; what is there is replaced.
    ///
    /// @param may asked for every pair of paths before anything is changed; throws to refuse
    public void move(String from, String to, BiConsumer<String, String> may, Principal by) {
        FilePath.parse(from);
        FilePath.parse(to);
        List<Step> steps = new ArrayList<>();
        boolean folder = stat(from).map(FileEntry::folder).orElse(false);
        if (folder && (to + "/").startsWith(from + "/")) {
            throw new ProblemException(Problem.PATH_CONFLICT, "a folder cannot be moved into itself");
        }
        for (String path : folder ? filesBelow(from) : List.of(from)) {
            String target = to + path.substring(from.length());
            FilePath.parse(target);
            may.accept(path, target);
            checkMove(path, target, by);
            steps.add(new Step.Move(path, target));
        }
        for (int i = 0; i < steps.size(); i += BATCH) {
            change(steps.subList(i, Math.min(i + BATCH, steps.size())), by);
        }
        try {
            if (folder) {
                store.makeFolders(to);
                folders.deleteEmpty(from);
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(from, refused);
        }
    }

    /// What holds of an upload holds of a file that comes from elsewhere.
    private void checkMove(String from, String to, Principal by) {
        store.rules.checkType(to);
        stat(from).ifPresent(file -> store.rules.checkSize(to, file.size()));
        if (store.rules.hasValidator(to)) {
            store.rules.validate(new Candidate(to, onDisk(from)), by);
        }
    }

    private List<String> filesBelow(String folder) {
        FilePath.parse(folder);
        try {
            return folders.filesBelow(folder);
        } catch (IOException refused) {
            throw DiskProblems.problem(folder, refused);
        }
    }

    /// Makes a folder, and those above it where they are missing.
    public void makeFolder(String path) {
        FilePath.parse(path);
        try {
            store.makeFolders(path);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Gives a file another time of modification: with the bytes the version stays, and nothing is announced.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND], [Problem#UNAVAILABLE]
    public void setModified(String path, Instant time) {
        FilePath.parse(path);
        try {
            store.setModified(path, time);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Announces a file that another program changed, where it is not what was last seen.
    ///
    /// @return whether it had changed
    public boolean reconcile(String path) {
        FilePath.parse(path);
        try {
            return store.observe(path) == FileStore.Observed.CHANGED;
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Gives one version of a file a second name among the drafts.
    ///
    /// @return false where the file has another version by now
    boolean lend(String path, long version, String draft) {
        try {
            return store.lend(path, version, draft);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Takes a second name away again.
    void giveBack(String path, String draft) {
        try {
            disk.deleteDraft(draft);
            store.refresh(path);
        } catch (IOException refused) {
            LOG.atWarn().addKeyValue("path", path).setCause(refused).log("a second name of a file stays");
        }
    }

    /// A folder for another program to work in, on behalf of one principal.
    public Workspace workspace() {
        return Workspace.make(this, store, "w-" + UUID.randomUUID());
    }

    /// Copies every file and folder, uploads under way left out. Changes go on meanwhile; what was stored
    /// before is in the copy.
    ///
    /// @return the journal of the copy
    public Bytes copy(FileCopy to) throws IOException {
        return Bytes.wrap(new FileCopies(store, to).all());
    }

    /// How the plane is doing.
    public FilesStatus status() {
        Watcher running = watcher;
        IOException broken = store.journal.broken();
        return new FilesStatus(
                store.index.files(),
                store.index.bytes(),
                admission.underWay(),
                store.journal.size(),
                broken == null ? "" : DiskProblems.reason(broken),
                running == null ? FilesStatus.Watching.NONE : running.status(),
                store.quotas.status());
    }

    Disk disk() {
        return disk;
    }

    Rules rules() {
        return store.rules;
    }

    Quotas quotas() {
        return store.quotas;
    }

    Admission admission() {
        return admission;
    }

    /// Stops watching; what is under way ends first.
    @Override
    public void close() {
        try {
            if (watcher != null) {
                watcher.close();
            }
            store.close();
            disk.close();
            indexDisk.close();
        } catch (IOException refused) {
            LOG.atWarn().setCause(refused).log("the files plane did not close cleanly");
        }
    }
}
