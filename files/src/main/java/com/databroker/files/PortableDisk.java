package com.databroker.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A folder of any disk that Java knows. Links are looked for on the way before each use; against somebody
/// who swaps folders for links on this machine at that very moment only [NativeDisk] helps.
final class PortableDisk implements Disk {
    private final Path root;
    private final boolean unix;

    private PortableDisk(Path root) {
        this.root = root;
        this.unix = root.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /// @param root an existing folder
    static PortableDisk open(Path root) throws IOException {
        Files.createDirectories(root.resolve(DRAFTS));
        return new PortableDisk(root);
    }

    @Override
    public Path root() {
        return root;
    }

    /// The place of a path, no link on the way to its last name.
    private Path place(String path) throws IOException {
        Path at = root;
        int start = 0;
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', start)) {
            at = at.resolve(path.substring(start, slash));
            if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
                throw new NoSuchFileException(path);
            }
            start = slash + 1;
        }
        return path.isEmpty() ? root : at.resolve(path.substring(start));
    }

    private Path draft(String name) throws IOException {
        return place(DRAFTS + "/" + name);
    }

    private FileState state(Path place) throws IOException {
        BasicFileAttributes found = Files.readAttributes(place, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        FileState.Kind kind = found.isRegularFile()
                ? FileState.Kind.FILE
                : found.isDirectory() ? FileState.Kind.FOLDER : FileState.Kind.OTHER;
        long changed = 0;
        long inode = found.fileKey() == null ? 0 : found.fileKey().hashCode();
        if (unix) {
            Map<String, Object> more = Files.readAttributes(place, "unix:ctime,ino", LinkOption.NOFOLLOW_LINKS);
            changed = more.get("ctime") instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : 0;
            inode = more.get("ino") instanceof Number number ? number.longValue() : inode;
        }
        long size = kind == FileState.Kind.FILE ? found.size() : 0;
        long modified = found.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        long born = found.creationTime().to(TimeUnit.NANOSECONDS);
        // Where the disk does not tell, Java gives the other time.
        return new FileState(kind, size, modified, changed, inode, born == modified ? 0 : born);
    }

    @Override
    public @Nullable FileState look(String path) throws IOException {
        try {
            FileState state = state(place(path));
            return state.kind() == FileState.Kind.OTHER && Files.isSymbolicLink(place(path)) ? null : state;
        } catch (NoSuchFileException none) {
            return null;
        }
    }

    @Override
    public @Nullable Opened open(String path) throws IOException {
        FileState state = look(path);
        if (state == null || !state.isFile()) {
            return null;
        }
        try {
            FileChannel channel = FileChannel.open(place(path), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            if (state.equals(look(path))) {
                return new Opened(state, channel);
            }
            channel.close();
            return open(path);
        } catch (NoSuchFileException none) {
            return null;
        }
    }

    @Override
    public List<Child> children(String folder) throws IOException {
        Path place = place(folder);
        if (!Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
            throw Files.exists(place, LinkOption.NOFOLLOW_LINKS)
                    ? new NotDirectoryException(folder)
                    : new NoSuchFileException(folder);
        }
        List<Child> children = new ArrayList<>();
        try (DirectoryStream<Path> names = Files.newDirectoryStream(place)) {
            for (Path child : names) {
                String name = String.valueOf(child.getFileName());
                if (!name.equals(DRAFTS)) {
                    try {
                        children.add(new Child(name, state(child)));
                    } catch (NoSuchFileException goneMeanwhile) {
                        // As if it had never been there.
                    }
                }
            }
        }
        return children;
    }

    @Override
    public int unnamed(String folder) throws IOException {
        Path place = place(folder);
        int unnamed = 0;
        try (DirectoryStream<Path> names = Files.newDirectoryStream(place)) {
            for (Path child : names) {
                // What became text in which bytes were replaced does not lead back.
                if (!place.resolve(String.valueOf(child.getFileName())).equals(child)) {
                    unnamed++;
                }
            }
        }
        return unnamed;
    }

    @Override
    public Draft createDraft(String name) throws IOException {
        Path path = draft(name);
        return draft(
                name,
                path,
                FileChannel.open(
                        path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public Draft openDraft(String name) throws IOException {
        Path path = draft(name);
        return draft(name, path, FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private Draft draft(String name, Path path, FileChannel channel) {
        return new ChannelDraft(name, path, channel, () -> state(path));
    }

    @Override
    public List<String> drafts() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(root.resolve(DRAFTS))) {
            found.forEach(path -> names.add(String.valueOf(path.getFileName())));
        }
        return names;
    }

    @Override
    public void deleteDraft(String name) throws IOException {
        Path path = draft(name);
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(path)) {
                for (Path child : found) {
                    deleteDraft(name + "/" + child.getFileName());
                }
            }
        }
        Files.deleteIfExists(path);
    }

    @Override
    public void makeDraftFolder(String name) throws IOException {
        Files.createDirectory(draft(name));
    }

    @Override
    public void lend(String path, String draft) throws IOException {
        Files.createLink(draft(draft), place(path));
    }

    @Override
    public void publish(String draft, String path) throws IOException {
        Files.move(draft(draft), place(path), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(place(from), place(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void makeFolder(String path) throws IOException {
        Files.createDirectory(place(path));
    }

    @Override
    public void delete(String path) throws IOException {
        Files.delete(place(path));
    }

    @Override
    public void forceFile(String path) throws IOException {
        // Not every system forces what is open for reading only.
        try (FileChannel channel = FileChannel.open(place(path), StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    @Override
    public void forceFolder(String folder) throws IOException {
        try (FileChannel channel = FileChannel.open(place(folder), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Nothing here forces a whole file system; each file is forced by itself.
    @Override
    public boolean canForceAll() {
        return false;
    }

    @Override
    public void forceAll() {
        throw new UnsupportedOperationException("ask canForceAll first");
    }

    @Override
    public Log openLog(String path) throws IOException {
        return new ChannelLog(FileChannel.open(place(path), StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    }

    @Override
    public void close() {
        // Holds nothing open.
    }
}
