package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A folder in which another program finds files of the plane and leaves others, which then go the way of
/// every change: grants, validators, quotas, versions, announcements. Nobody else sees the folder.
///
/// ```text
/// .dbk/w-<name>/         what the program needs for itself
/// .dbk/w-<name>/files/   its files: those of the plane as second names, new ones as it leaves them
/// ```
///
/// The program must never write into a file that it finds; to replace one, it renames another over it. What
/// has another inode afterwards is new, and what is gone was deleted. Not safe for threads.
public final class Workspace implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Workspace.class);
    private static final String TREE = "/files";
    private static final int BATCH = 512;

    /// Who may do what, asked for each path before anything is done to it; throws to refuse.
    public interface Rights {
        /// @throws ProblemException [Problem#FORBIDDEN] and others
        void write(String path);

        /// @throws ProblemException [Problem#FORBIDDEN] and others
        void delete(String path);

        /// Told what was refused, and why.
        void refused(String path, ProblemException why);
    }

    private record Lent(Known known, String etag) {}

    private final FilePlane plane;
    private final FileStore store;
    private final String name;
    private final Map<String, Lent> lent = new HashMap<>();
    private final Set<String> made = new HashSet<>();

    private Workspace(FilePlane plane, FileStore store, String name) {
        this.plane = plane;
        this.store = store;
        this.name = name;
    }

    static Workspace make(FilePlane plane, FileStore store, String name) {
        try {
            plane.disk().makeDraftFolder(name);
            plane.disk().makeDraftFolder(name + TREE);
            return new Workspace(plane, store, name);
        } catch (IOException refused) {
            throw DiskProblems.problem("", refused);
        }
    }

    /// Where the program may keep what it needs for itself.
    public Path folder() {
        return plane.disk().root().resolve(Disk.DRAFTS).resolve(name);
    }

    /// Where the program works.
    public Path tree() {
        return plane.disk().root().resolve(Disk.DRAFTS).resolve(name + TREE);
    }

    private String draft(String path) {
        return name + TREE + "/" + path;
    }

    /// Puts there a file, or a folder with all that is below it, and the folders above; only those where
    /// nothing of that path is known.
    ///
    /// @param visible nothing else is put there
    public void lend(String path, Listing.Visibility visible) {
        if (!path.isEmpty() && !FilePath.isValid(path)) {
            // Nothing can be there, and who asks decides how deep it is.
            return;
        }
        try {
            Known file = path.isEmpty() ? null : store.index.get(path);
            if (file != null) {
                makeFolders(FilePath.parent(path));
                lend(path, file, visible);
                return;
            }
            makeFolders(FilePath.parent(path));
            if (store.index.isFolder(path)) {
                lendFolder(path, visible);
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    private void lendFolder(String path, Listing.Visibility visible) throws IOException {
        makeFolders(path);
        List<Index.Named> children = store.index.children(path, "", Integer.MAX_VALUE);
        for (Index.Named child : children == null ? List.<Index.Named>of() : children) {
            String below = FilePath.child(path, child.name());
            if (child.known() != null) {
                lend(below, child.known(), visible);
            } else if (visible.isVisible(below, true)) {
                lendFolder(below, visible);
            }
        }
    }

    private void lend(String path, Known known, Listing.Visibility visible) throws IOException {
        if (lent.containsKey(path) || !visible.isVisible(path, false)) {
            return;
        }
        makeFolders(FilePath.parent(path));
        if (plane.lend(path, known.version(), draft(path))) {
            Known fresh = store.index.get(path);
            lent.put(path, new Lent(fresh == null ? known : fresh, known.etag()));
        }
    }

    private void makeFolders(String path) throws IOException {
        if (path.isEmpty() || !made.add(path)) {
            return;
        }
        makeFolders(FilePath.parent(path));
        plane.disk().makeDraftFolder(draft(path));
    }

    /// What is there now.
    private static final class Found {
        final List<String> files = new ArrayList<>();
        final Set<String> there = new HashSet<>();
        final List<String> folders = new ArrayList<>();
        final List<String> others = new ArrayList<>();
        final List<String> touched = new ArrayList<>();
        final Map<String, Long> sizes = new HashMap<>();
        String newest = "";
        private long newestChange = Long.MIN_VALUE;

        void addNew(String path, FileState state) {
            files.add(path);
            sizes.put(path, state.size());
            if (state.changed() > newestChange) {
                newestChange = state.changed();
                newest = path;
            }
        }
    }

    private void look(String folder, Found found) throws IOException {
        String place = Disk.DRAFTS + "/" + name + TREE + (folder.isEmpty() ? "" : "/" + folder);
        for (Disk.Child child : plane.disk().children(place)) {
            String path = FilePath.child(folder, child.name());
            FileState state = child.state();
            if (child.name().startsWith(".")) {
                // What the program had not finished.
                continue;
            }
            switch (state.kind()) {
                case FILE -> {
                    Lent before = lent.get(path);
                    found.there.add(path);
                    if (before == null || before.known.state().inode() != state.inode()) {
                        found.addNew(path, state);
                    } else if (before.known.state().modified() != state.modified()) {
                        found.touched.add(path);
                    }
                }
                case FOLDER -> {
                    if (!made.contains(path)) {
                        found.folders.add(path);
                    }
                    look(path, found);
                }
                case OTHER -> found.others.add(path);
            }
        }
    }

    /// Makes what the program left there the plane's.
    ///
    /// @param whole whether the program ended well: otherwise nothing is deleted, and what it changed last is
    ///     left out, since that may be a part of a file
    public void takeIn(Principal by, Rights rights, boolean whole) {
        Found found = new Found();
        try {
            look("", found);
        } catch (IOException refused) {
            throw DiskProblems.problem("", refused);
        }
        found.others.forEach(path ->
                rights.refused(path, new ProblemException(Problem.PATH_CONFLICT, "it is neither a file nor a folder")));
        found.touched.forEach(path -> keepTime(path, rights));
        if (whole) {
            delete(found.there, by, rights);
        } else {
            found.files.remove(found.newest);
        }
        found.files.sort(null);
        for (int i = 0; i < found.files.size(); i += BATCH) {
            publish(found.files.subList(i, Math.min(i + BATCH, found.files.size())), found, by, rights);
        }
        if (whole) {
            folders(found.folders, rights);
        }
    }

    /// A time that was set is the file's own; who may not write it has not set it.
    private void keepTime(String path, Rights rights) {
        try {
            if (!attempt(path, rights, () -> rights.write(path))) {
                Lent before = lent.get(path);
                try (Disk.Draft draft = plane.disk().openDraft(draft(path))) {
                    draft.setModified(before == null ? 0 : before.known.state().modified());
                }
            }
            store.observe(path);
        } catch (IOException refused) {
            LOG.atWarn().addKeyValue("path", path).setCause(refused).log("the time of a file is not what it was");
        }
    }

    private void delete(Set<String> there, Principal by, Rights rights) {
        List<Step> steps = new ArrayList<>();
        for (String path : new TreeSet<>(lent.keySet())) {
            Lent before = lent.get(path);
            if (before != null && !there.contains(path) && attempt(path, rights, () -> rights.delete(path))) {
                steps.add(new Step.Remove(path, Precondition.version(before.etag)));
            }
        }
        for (int i = 0; i < steps.size(); i += BATCH) {
            change(steps.subList(i, Math.min(i + BATCH, steps.size())), by, rights);
        }
    }

    private void publish(List<String> paths, Found found, Principal by, Rights rights) {
        List<Step> steps = new ArrayList<>();
        List<Upload> uploads = new ArrayList<>();
        try {
            for (String path : paths) {
                attempt(path, rights, () -> {
                    FilePath.parse(path);
                    rights.write(path);
                    Upload upload = receive(path, found.sizes.getOrDefault(path, 0L), by);
                    uploads.add(upload);
                    upload.validate();
                    steps.add(new Step.Publish(path, upload, Precondition.NONE, FileMetadata.NONE));
                });
            }
            change(steps, by, rights);
        } finally {
            uploads.forEach(Upload::close);
        }
    }

    private Upload receive(String path, long size, Principal by) {
        plane.rules().checkSize(path, size);
        Quotas.Claim claim = plane.quotas().claim(path, size);
        try {
            return plane.resume(path, draft(path), by, claim, size);
        } catch (RuntimeException refused) {
            claim.release();
            throw refused;
        }
    }

    /// All at once; where that is refused, half of them and the other half.
    private void change(List<Step> steps, Principal by, Rights rights) {
        if (steps.isEmpty()) {
            return;
        }
        try {
            plane.change(steps, by);
        } catch (ProblemException refused) {
            if (steps.size() == 1) {
                rights.refused(steps.getFirst().path(), refused);
                return;
            }
            int half = steps.size() / 2;
            change(steps.subList(0, half), by, rights);
            change(steps.subList(half, steps.size()), by, rights);
        }
    }

    /// Folders that the program made, and those that it removed, as far as they are empty.
    private void folders(List<String> fresh, Rights rights) {
        for (String path : fresh) {
            attempt(path, rights, () -> {
                if (plane.stat(path).isEmpty()) {
                    rights.write(path);
                    plane.makeFolder(path);
                }
            });
        }
        Set<String> gone = new TreeSet<>(java.util.Comparator.reverseOrder());
        gone.addAll(made);
        for (String path : gone) {
            removeFolder(path, rights);
        }
    }

    private void removeFolder(String path, Rights rights) {
        try {
            if (plane.disk().look(Disk.DRAFTS + "/" + draft(path)) == null) {
                FileState there = plane.disk().look(path);
                if (there != null
                        && there.isFolder()
                        && plane.disk().children(path).isEmpty()) {
                    rights.delete(path);
                    plane.delete(path, Precondition.NONE, Principal.broker());
                }
            }
        } catch (IOException | ProblemException stays) {
            // It holds what the program did not see, or may stay for another reason: an empty folder is no file.
            LOG.atDebug().addKeyValue("path", path).setCause(stays).log("a folder stays");
        }
    }

    private static boolean attempt(String path, Rights rights, Runnable work) {
        try {
            work.run();
            return true;
        } catch (ProblemException refused) {
            rights.refused(path, refused);
            return false;
        }
    }

    /// Removes the folder with all that is left in it.
    @Override
    public void close() {
        lent.forEach((path, before) -> plane.giveBack(path, draft(path)));
        try {
            plane.disk().deleteDraft(name);
        } catch (IOException stays) {
            // It is removed at the next start, and never shown.
            LOG.atWarn().addKeyValue("name", name).setCause(stays).log("a workspace stays");
        }
    }
}
