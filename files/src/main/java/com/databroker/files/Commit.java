package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one way in which files are changed, whatever door the change came by. Several changes can go
/// together, which costs little more than one: they are forced together.
///
/// ```text
/// upload   draft ← bytes, hash on the way
///          validators look at the draft
///          fsync draft ───────────────────── a crash before this line: the old file, the draft is swept away
/// commit   lock the paths
///          index ↔ disk: what another program did meanwhile is announced first
///          preconditions; what is moved claims its room, what is uploaded has it
///          journal ← change, fsync ───────── a crash here: the disk shows the old file, the change is forgotten
///          second name → the file there ──── where former versions are kept, see FormerVersions
///          rename draft → path
///          fsync folder ──────────────────── a crash here: the disk shows the old file or the new one, see Recovery
///          index ← change
///          announce
///          journal ← sent ────────────────── a crash before this line: announced at the next start
///          unlock, answer
/// ```
///
/// A reader sees the old file or the new one. What is answered is on the disk and announced. A crash
/// between the last two lines announces a change twice, under the same version.
final class Commit {
    private static final Logger LOG = LoggerFactory.getLogger(Commit.class);
    private static final int FORCE_ALL_FROM = 8;

    /// A step whose turn it is.
    ///
    /// @param before what is at the path, null where nothing is
    /// @param known what will be; the last known where it is deleted
    private record Planned(
            Step step,
            String path,
            FileChange.Kind kind,
            @Nullable Known before,
            Known known) {
        JournalEntry.Change entry() {
            return new JournalEntry.Change(kind, path, known);
        }

        FileChange change() {
            return known.change(kind, path);
        }

        JournalEntry.Undone undone() {
            return new JournalEntry.Undone(known.version());
        }
    }

    /// A step that was done, with what the disk shows of it since; null where the file is gone.
    private record Made(Planned planned, @Nullable Known now) {}

    private final FileStore store;
    private final List<Step> steps;
    private final Principal by;
    private final List<Planned> plan = new ArrayList<>();

    /// Room for what is moved; what is uploaded brings its own.
    private final List<Quotas.Claim> claims = new ArrayList<>();

    /// Folders that were not there before, the upper ones first.
    private final List<String> folders = new ArrayList<>();

    Commit(FileStore store, List<Step> steps, Principal by) {
        this.store = store;
        this.steps = steps;
        this.by = by;
    }

    /// @return the changes in the order of the steps, of a move first what was created and then what was
    ///     deleted
    /// @throws ProblemException for the first step that cannot be done; nothing is changed then
    /// @throws IOException where the disk refused; the steps before the one that it refused are done
    List<FileChange> run() throws IOException {
        try {
            return made();
        } catch (IOException | RuntimeException refused) {
            removeFolders(refused);
            throw refused;
        }
    }

    /// A refusal leaves no folders behind; what the steps before it have put into one stays.
    private void removeFolders(Exception refused) {
        for (String folder : folders.reversed()) {
            try {
                store.removeIfEmpty(folder);
            } catch (IOException stays) {
                refused.addSuppressed(stays);
            }
        }
    }

    private List<FileChange> made() throws IOException {
        for (Step step : steps) {
            switch (step) {
                case Step.Publish publish -> store.makeFolders(FilePath.parent(publish.path()), folders::add);
                case Step.Move move -> store.makeFolders(FilePath.parent(move.to()), folders::add);
                case Step.Remove remove -> {}
            }
        }
        try (Span _ = Trace.step("disk.force_draft")) {
            force();
        }
        try (PathLocks.Held _ = store.locks.lock(paths())) {
            store.still.readLock().lock();
            try {
                return locked();
            } finally {
                claims.forEach(Quotas.Claim::release);
                store.still.readLock().unlock();
            }
        } finally {
            store.tellRest();
        }
    }

    /// What is moved may be another program's, which did not force it: it takes a place that was safe.
    private void force() throws IOException {
        List<Step> lasting =
                steps.stream().filter(step -> !(step instanceof Step.Remove)).toList();
        if (lasting.size() >= FORCE_ALL_FROM && store.disk.canForceAll()) {
            store.disk.forceAll();
            return;
        }
        for (Step step : lasting) {
            if (step instanceof Step.Publish publish) {
                publish.upload().force();
            } else if (store.index.get(step.path()) != null) {
                forceMoved(step.path());
            }
        }
    }

    private void forceMoved(String path) throws IOException {
        try {
            store.disk.forceFile(path);
        } catch (NoSuchFileException | NotDirectoryException gone) {
            // The plan finds that out.
        }
    }

    private Set<String> paths() {
        Set<String> paths = new LinkedHashSet<>();
        for (Step step : steps) {
            boolean fresh = paths.add(step.path());
            if (step instanceof Step.Move move) {
                fresh &= paths.add(move.to());
            }
            if (!fresh) {
                throw new ProblemException(Problem.PATH_CONFLICT, step.path() + " is changed twice at once");
            }
        }
        return paths;
    }

    private List<FileChange> locked() throws IOException {
        for (Step step : steps) {
            plan(step);
        }
        writeAhead();
        int done = 0;
        try {
            try (Span _ = Trace.step("disk.rename")) {
                while (done < plan.size()) {
                    carryOut(plan.get(done));
                    done++;
                }
            }
        } finally {
            settle(done);
        }
        return plan.stream().map(Planned::change).toList();
    }

    private void writeAhead() throws IOException {
        List<JournalEntry.Change> entries = plan.stream().map(Planned::entry).toList();
        try (Span _ = Trace.step("disk.journal")) {
            writeAhead(entries);
        }
    }

    private void writeAhead(List<JournalEntry.Change> entries) throws IOException {
        if (steps.stream().allMatch(step -> step instanceof Step.Remove)) {
            // On a full disk it must be possible to delete.
            store.journal.appendFromReserve(entries);
        } else {
            store.journal.force(store.journal.append(entries));
        }
    }

    private void plan(Step step) throws IOException {
        switch (step) {
            case Step.Publish publish -> {
                Known before = current(publish.path());
                publish.precondition().check(publish.path(), before);
                Upload upload = publish.upload();
                planFile(step, publish.path(), before, upload.state(), upload.sha256(), publish.metadata());
            }
            case Step.Remove remove -> {
                Known before = existing(remove.path());
                remove.precondition().check(remove.path(), before);
                planRemoval(step, remove.path(), before);
            }
            case Step.Move move -> {
                Known from = existing(move.path());
                Known replaced = current(move.to());
                claims.addAll(store.quotas.claimMove(
                        move.path(), move.to(), from.state().size()));
                planFile(step, move.to(), replaced, from.state(), from.sha256(), from.metadata());
                planRemoval(step, move.path(), from);
            }
        }
    }

    private void planFile(
            Step step, String path, @Nullable Known before, FileState state, Sha256 sha256, FileMetadata metadata)
            throws IOException {
        long version = store.takeVersion(false);
        Known known = new Known(version, state, sha256, store.now(), by.name(), metadata);
        FileChange.Kind kind = before == null ? FileChange.Kind.CREATED : FileChange.Kind.UPDATED;
        plan.add(new Planned(step, path, kind, before, known));
    }

    private void planRemoval(Step step, String path, Known before) throws IOException {
        long version = store.takeVersion(steps.stream().allMatch(Step.Remove.class::isInstance));
        Known gone = new Known(version, before.state(), before.sha256(), store.now(), by.name(), before.metadata());
        plan.add(new Planned(step, path, FileChange.Kind.DELETED, before, gone));
    }

    private Known existing(String path) throws IOException {
        Known known = current(path);
        if (known == null) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path);
        }
        return known;
    }

    /// What is at a path now, on the disk and in the index.
    private @Nullable Known current(String path) throws IOException {
        FileState state = store.disk.look(path);
        if (state != null && !state.isFile()) {
            throw new ProblemException(
                    Problem.PATH_CONFLICT, path + (state.isFolder() ? " is a folder" : " is not a file"));
        }
        store.observeLocked(path);
        Known known = store.index.get(path);
        if (known == null && state != null) {
            throw new ProblemException(Problem.UNAVAILABLE, path + " is being written by another program");
        }
        return known;
    }

    private void carryOut(Planned planned) throws IOException {
        keepFormer(planned);
        switch (planned.step) {
            case Step.Publish publish -> {
                try {
                    store.disk.publish(publish.upload().draft(), planned.path);
                } catch (NoSuchFileException folderGone) {
                    // Somebody removed the empty folder meanwhile.
                    store.makeFolders(FilePath.parent(planned.path));
                    store.disk.publish(publish.upload().draft(), planned.path);
                }
                publish.upload().published();
            }
            case Step.Remove remove -> store.disk.delete(planned.path);
            case Step.Move move -> {
                if (planned.kind != FileChange.Kind.DELETED) {
                    store.disk.rename(move.path(), move.to());
                }
            }
        }
    }

    /// What is moved away stays what it is; what is replaced or deleted is kept where a rule says so.
    private void keepFormer(Planned planned) throws IOException {
        boolean leaves = planned.step instanceof Step.Move && planned.kind == FileChange.Kind.DELETED;
        if (planned.before == null || leaves) {
            return;
        }
        try {
            store.former.keep(planned.path, planned.before);
        } catch (IOException refused) {
            if (!(planned.step instanceof Step.Remove)
                    || DiskProblems.problem(planned.path, refused).problem() != Problem.STORAGE_FULL) {
                throw refused;
            }
            // On a full disk it must be possible to delete.
            LOG.atWarn().addKeyValue("path", planned.path).log("deleted without a former version: the disk is full");
        }
    }

    /// Makes what was done durable and known, tells it, and forgets the rest.
    private void settle(int done) throws IOException {
        List<Planned> made = plan.subList(0, done);
        List<Planned> failed = plan.subList(done, plan.size());
        if (!failed.isEmpty()) {
            store.journal.note(failed.stream().map(Planned::undone).toList());
        }
        try (Span _ = Trace.step("disk.force_folder")) {
            forceFolders(made);
        } catch (IOException refused) {
            // Seen by readers, and nobody knows whether it lasts: the next start finds out.
            store.journal.fail(refused);
            throw refused;
        }
        List<Made> seen = new ArrayList<>();
        for (Planned planned : made) {
            seen.add(look(planned));
        }
        store.quotas.together(() -> {
            seen.forEach(this::know);
            claims.forEach(Quotas.Claim::release);
        });
        // What others did here before.
        store.announcements.tellSafe();
        try (Span _ = Trace.step("files.announce")) {
            store.announcements.tell(made.stream().map(Planned::change).toList());
        }
    }

    private void forceFolders(List<Planned> made) throws IOException {
        Set<String> folders = new LinkedHashSet<>();
        made.forEach(planned -> folders.add(FilePath.parent(planned.path)));
        if (folders.size() >= FORCE_ALL_FROM && store.disk.canForceAll()) {
            store.disk.forceAll();
        } else {
            for (String folder : folders) {
                forceFolder(folder);
            }
        }
    }

    private void forceFolder(String folder) throws IOException {
        try {
            store.disk.forceFolder(folder);
        } catch (NoSuchFileException | NotDirectoryException gone) {
            // Another program took the folder away, with what was just put into it: nothing is left that could last.
            FileState state = store.disk.look(folder);
            if (state != null && state.isFolder()) {
                store.disk.forceFolder(folder);
            }
        }
    }

    private Made look(Planned planned) throws IOException {
        if (planned.kind == FileChange.Kind.DELETED) {
            return new Made(planned, null);
        }
        FileState state = store.disk.look(planned.path);
        if (state != null && state.isSameContentAs(planned.known.state())) {
            store.journal.note(List.of(new JournalEntry.Touched(planned.path, state)));
            return new Made(planned, planned.known.withState(state));
        }
        // Another program was faster; the next look at the file finds that out.
        return new Made(planned, planned.known);
    }

    private void know(Made made) {
        store.know(made.planned.path, made.planned.before, made.now);
        if (made.planned.step instanceof Step.Publish publish) {
            publish.upload().claim().release();
        }
    }
}
