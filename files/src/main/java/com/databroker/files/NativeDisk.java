package com.databroker.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A folder of a Linux disk, held open: whatever is renamed, linked or swapped below it meanwhile, the
/// kernel itself refuses every way out, and there is no moment between check and use.
///
/// Names are UTF-8 whatever the locale says.
final class NativeDisk implements Disk {
    private static final int FOLDER = Libc.READ_ONLY | Libc.DIRECTORY;

    private final Path root;
    private final int folder;
    private final int drafts;

    private NativeDisk(Path root, int folder, int drafts) {
        this.root = root;
        this.folder = folder;
        this.drafts = drafts;
    }

    /// @param root an existing folder
    static NativeDisk open(Path root) throws IOException {
        int folder = Libc.openFolder(root.toString());
        try {
            try {
                Libc.makeFolder(folder, DRAFTS);
            } catch (FileAlreadyExistsException there) {
                // Of an earlier life.
            }
            return new NativeDisk(root, folder, Libc.openBeneath(folder, DRAFTS, FOLDER));
        } catch (IOException refused) {
            Libc.close(folder);
            throw refused;
        }
    }

    @Override
    public Path root() {
        return root;
    }

    @FunctionalInterface
    private interface Use<T extends @Nullable Object> {
        T with(int file) throws IOException;
    }

    private <T extends @Nullable Object> T with(int from, String path, int flags, Use<T> use) throws IOException {
        int file = Libc.openBeneath(from, path, flags);
        try {
            return use.with(file);
        } finally {
            Libc.close(file);
        }
    }

    /// A channel of Java's own on what is open here: Java can open a file only by a name.
    private static FileChannel channel(int file, Set<StandardOpenOption> options) throws IOException {
        return FileChannel.open(Path.of("/proc/self/fd/" + file), options);
    }

    @Override
    public @Nullable FileState look(String path) throws IOException {
        try {
            return with(folder, path, Libc.PATH_ONLY, Libc::state);
        } catch (NoSuchFileException | NotDirectoryException none) {
            return null;
        }
    }

    @Override
    public boolean isStill(String path, FileState state) throws IOException {
        try {
            // One call into the system in the place of three: of small files, most of what a reader waits for.
            return state.equals(Libc.state(folder, path));
        } catch (NoSuchFileException | NotDirectoryException none) {
            return false;
        }
    }

    @Override
    public @Nullable Opened open(String path) throws IOException {
        try {
            return with(folder, path, Libc.READ_ONLY | Libc.NON_BLOCKING, file -> {
                FileState state = Libc.state(file);
                return state.isFile() ? new Opened(state, channel(file, Set.of(StandardOpenOption.READ))) : null;
            });
        } catch (NoSuchFileException | NotDirectoryException none) {
            return null;
        }
    }

    @Override
    public List<Child> children(String path) throws IOException {
        List<Child> children = new ArrayList<>();
        return with(folder, path, FOLDER, file -> {
            List<String> names = new ArrayList<>();
            Libc.names(file, names::add);
            for (String name : names) {
                if (!name.equals(DRAFTS)) {
                    try {
                        children.add(new Child(name, Libc.state(file, name)));
                    } catch (NoSuchFileException goneMeanwhile) {
                        // As if it had never been there.
                    }
                }
            }
            return children;
        });
    }

    @Override
    public int unnamed(String path) throws IOException {
        return with(folder, path, FOLDER, file -> Libc.names(file, name -> {}));
    }

    @Override
    public Draft createDraft(String name) throws IOException {
        return draft(name, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public Draft openDraft(String name) throws IOException {
        return draft(name, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private Draft draft(String name, Set<StandardOpenOption> options) throws IOException {
        Path path = root.resolve(DRAFTS).resolve(name);
        return new ChannelDraft(
                name, path, FileChannel.open(path, options), () -> with(drafts, name, Libc.PATH_ONLY, Libc::state));
    }

    @Override
    public List<String> drafts() throws IOException {
        List<String> names = new ArrayList<>();
        // A folder that stays open is read once; each look needs its own.
        return with(drafts, "", FOLDER, file -> {
            Libc.names(file, names::add);
            return names;
        });
    }

    @Override
    public void deleteDraft(String name) throws IOException {
        try {
            if (with(drafts, name, Libc.PATH_ONLY, Libc::state).isFolder()) {
                emptyDraft(name);
                in(drafts, name, (parent, last) -> Libc.delete(parent, last, true));
            } else {
                in(drafts, name, (parent, last) -> Libc.delete(parent, last, false));
            }
        } catch (NoSuchFileException | NotDirectoryException none) {
            try {
                // Also a link, which is not looked at.
                in(drafts, name, (parent, last) -> Libc.delete(parent, last, false));
            } catch (NoSuchFileException | NotDirectoryException gone) {
                // Nothing to remove.
            }
        }
    }

    private void emptyDraft(String name) throws IOException {
        List<String> names = new ArrayList<>();
        with(drafts, name, FOLDER, file -> {
            Libc.names(file, names::add);
            return names;
        });
        for (String child : names) {
            deleteDraft(name + "/" + child);
        }
    }

    @FunctionalInterface
    private interface InFolder {
        void run(int parent, String last) throws IOException;
    }

    /// Works on the last name of a path, in its folder.
    private void in(int from, String path, InFolder work) throws IOException {
        int slash = path.lastIndexOf('/');
        String above = slash < 0 ? "" : path.substring(0, slash);
        with(from, above, Libc.PATH_ONLY | Libc.DIRECTORY, parent -> {
            work.run(parent, path.substring(slash + 1));
            return "";
        });
    }

    @Override
    public void publish(String draft, String path) throws IOException {
        in(
                drafts,
                draft,
                (fromFolder, from) -> in(folder, path, (toFolder, to) -> Libc.rename(fromFolder, from, toFolder, to)));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        in(
                folder,
                from,
                (fromFolder, fromName) ->
                        in(folder, to, (toFolder, toName) -> Libc.rename(fromFolder, fromName, toFolder, toName)));
    }

    @Override
    public void lend(String path, String draft) throws IOException {
        in(
                folder,
                path,
                (fromFolder, from) -> in(drafts, draft, (toFolder, to) -> Libc.link(fromFolder, from, toFolder, to)));
    }

    @Override
    public void makeDraftFolder(String name) throws IOException {
        in(drafts, name, Libc::makeFolder);
    }

    @Override
    public void makeFolder(String path) throws IOException {
        in(folder, path, Libc::makeFolder);
    }

    @Override
    public void delete(String path) throws IOException {
        FileState state = look(path);
        if (state == null) {
            throw new NoSuchFileException(path);
        }
        try {
            in(folder, path, (parent, last) -> Libc.delete(parent, last, state.isFolder()));
        } catch (FileAlreadyExistsException notEmpty) {
            // What some file systems say.
            throw new DirectoryNotEmptyException(path);
        }
    }

    @Override
    public void forceFile(String path) throws IOException {
        with(folder, path, Libc.READ_ONLY | Libc.NON_BLOCKING, file -> {
            if (Libc.state(file).isFile()) {
                force(file);
            }
            return "";
        });
    }

    @Override
    public void forceFolder(String path) throws IOException {
        with(folder, path, FOLDER, file -> {
            force(file);
            return "";
        });
    }

    /// Java's way, which lets other virtual threads run meanwhile.
    private static void force(int file) throws IOException {
        try (FileChannel channel = channel(file, Set.of(StandardOpenOption.READ))) {
            channel.force(true);
        }
    }

    @Override
    public void forceAll() throws IOException {
        with(folder, "", FOLDER, file -> {
            Libc.forceFileSystem(file);
            return "";
        });
    }

    @Override
    public Log openLog(String path) throws IOException {
        return new ChannelLog(
                FileChannel.open(root.resolve(path), StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    }

    @Override
    public void close() {
        Libc.close(drafts);
        Libc.close(folder);
    }
}
