package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Files under one folder. Every way in ends in one commit:
///
/// temporary file in the target's folder → hash while writing → validator → fsync → precondition, under the path's lock
/// → rename → fsync of the folder → change.
///
/// A reader sees the old file or the new one. What is returned is on the disk, and has been announced. All calls block,
/// from any thread.
public final class FilePlane {
    private static final int COPY_BYTES = 64 << 10;
    private static final int LOCKS = 256;
    private static final int READ_ATTEMPTS = 100;

    /// What the hash of a file was computed from; another time, size or inode means another file.
    private record Stamp(
            long size, Instant modified, @Nullable Object inode) {}

    private record Known(Stamp stamp, String sha256) {}

    private final FilesConfig config;
    private final Path root;
    private final InstantSource clock;
    private final Map<String, Validator> validators = new ConcurrentHashMap<>();
    private final List<Consumer<FileChange>> listeners = new CopyOnWriteArrayList<>();
    private final Map<Path, Known> hashes = new ConcurrentHashMap<>();
    private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

    private FilePlane(FilesConfig config, Path root, InstantSource clock) {
        this.config = config;
        this.root = root;
        this.clock = clock;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new ReentrantLock();
        }
    }

    /// Opens the folder, makes it where it is missing, and removes what an interrupted upload left.
    ///
    /// @throws ProblemException [Problem#DATA_NOT_WRITABLE]
    public static FilePlane open(FilesConfig config, Path root, InstantSource clock) {
        try {
            Files.createDirectories(root);
            FilePlane plane = new FilePlane(config, root.toRealPath(), clock);
            plane.removeTemporaries();
            return plane;
        } catch (IOException refused) {
            throw new ProblemException(Problem.DATA_NOT_WRITABLE, root + ": " + reason(refused), refused);
        }
    }

    private void removeTemporaries() throws IOException {
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : (Iterable<Path>) tree::iterator) {
                if (path.getFileName().toString().startsWith(FilePath.TEMPORARY)) {
                    Files.delete(path);
                }
            }
        } catch (UncheckedIOException unreadable) {
            throw unreadable.getCause();
        }
    }

    public Path root() {
        return root;
    }

    /// Has uploads to exactly `path` looked at before they become visible.
    public void validate(String path, Validator validator) {
        validators.put(path, validator);
    }

    /// Calls `listener` after each commit, in the thread that made it, before it is acknowledged.
    public void changes(Consumer<FileChange> listener) {
        listeners.add(listener);
    }

    /// Stores a file.
    ///
    /// @param length announced number of bytes, -1 where none was; fewer or more are refused
    /// @throws ProblemException [Problem#PATH_INVALID], [Problem#PAYLOAD_TOO_LARGE], [Problem#BODY_INCOMPLETE],
    ///     [Problem#PRECONDITION_FAILED], [Problem#PATH_CONFLICT], [Problem#STORAGE_FULL], or what the validator
    /// says
    public FileChange put(String path, InputStream body, long length, Precondition precondition, Principal by) {
        List<String> segments = FilePath.parse(path);
        checkSize(length);
        Path temporary = null;
        try {
            Path target = FilePath.under(root, segments);
            Path folder = parent(target);
            createFolders(folder);
            precondition.check(path, etag(target));
            temporary = folder.resolve(FilePath.TEMPORARY + UUID.randomUUID());
            String sha256 = write(temporary, body, length);
            Validator validator = validators.get(path);
            if (validator != null) {
                validator.validate(temporary, by);
            }
            FileChange change = commit(path, temporary, target, sha256, precondition, by);
            temporary = null;
            return change;
        } catch (IOException refused) {
            throw problem(path, refused);
        } finally {
            discard(temporary);
        }
    }

    private FileChange commit(
            String path, Path temporary, Path target, String sha256, Precondition precondition, Principal by)
            throws IOException {
        ReentrantLock lock = lock(path);
        lock.lock();
        try {
            if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new ProblemException(Problem.PATH_CONFLICT, path + " is a folder");
            }
            String before = etag(target);
            precondition.check(path, before);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            sync(parent(target));
            Stamp stamp = stamp(target);
            hashes.put(target, new Known(stamp, sha256));
            FileChange.Kind kind = before == null ? FileChange.Kind.CREATED : FileChange.Kind.UPDATED;
            return announce(kind, path, stamp.size, sha256, by);
        } finally {
            lock.unlock();
        }
    }

    private FileChange announce(FileChange.Kind kind, String path, long size, String sha256, Principal by) {
        FileChange change = new FileChange(kind, path, size, etagOf(sha256), sha256, clock.instant(), by.name());
        listeners.forEach(listener -> listener.accept(change));
        return change;
    }

    private String write(Path temporary, InputStream body, long length) throws IOException {
        MessageDigest digest = sha256();
        long written = 0;
        byte[] buffer = new byte[COPY_BYTES];
        try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                written += read;
                checkSize(written);
                digest.update(buffer, 0, read);
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            if (length >= 0 && written != length) {
                throw new ProblemException(
                        Problem.BODY_INCOMPLETE, written + " bytes came of " + length + " that were announced");
            }
            out.force(true);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void checkSize(long length) {
        if (length > config.sizeMax().bytes()) {
            throw new ProblemException(
                    Problem.PAYLOAD_TOO_LARGE,
                    "the file has more than " + config.sizeMax() + " (limit files.size-max)");
        }
    }

    /// The file or folder at `path`, if there is one; the root has the empty path.
    public Optional<FileEntry> stat(String path) {
        try {
            Path target = path.isEmpty() ? root : FilePath.under(root, FilePath.parse(path));
            return Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                    ? Optional.of(entry(path, target))
                    : Optional.empty();
        } catch (NoSuchFileException goneMeanwhile) {
            return Optional.empty();
        } catch (IOException refused) {
            throw problem(path, refused);
        }
    }

    /// The file or folder at `path`, with the bytes that its entry speaks of.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND]
    public OpenFile read(String path) {
        try {
            Path target = FilePath.under(root, FilePath.parse(path));
            for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
                OpenFile file = tryRead(path, target);
                if (file != null) {
                    return file;
                }
            }
            throw new ProblemException(Problem.UNAVAILABLE, path + " is being replaced again and again");
        } catch (IOException refused) {
            throw problem(path, refused);
        }
    }

    /// Null where the file was replaced between the two looks at it.
    private @Nullable OpenFile tryRead(String path, Path target) throws IOException {
        Stamp before = stamp(target);
        FileEntry entry = entry(path, target);
        if (entry.folder()) {
            return new OpenFile(entry, null);
        }
        FileChannel channel = FileChannel.open(target, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        if (stamp(target).equals(before)) {
            return new OpenFile(entry, channel);
        }
        channel.close();
        return null;
    }

    /// The place on disk of a file that [#stat] found, to send its bytes.
    public Path onDisk(String path) {
        return root.resolve(path);
    }

    /// Who asks for a folder may see some of what is in it.
    @FunctionalInterface
    public interface Visibility {
        boolean isVisible(String path, boolean folder);
    }

    /// The files and folders in a folder, by name.
    ///
    /// @param visible decides before a file is read for its hash
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] where there is no such folder
    public List<FileEntry> list(String folder, Visibility visible) {
        String prefix = folder.isEmpty() ? "" : folder + "/";
        try {
            Path target = folder.isEmpty() ? root : FilePath.under(root, FilePath.parse(folder));
            List<FileEntry> entries = new ArrayList<>();
            try (Stream<Path> children = Files.list(target)) {
                for (Path child : (Iterable<Path>) children::iterator) {
                    String name = child.getFileName().toString();
                    if (!name.startsWith(".") && isOrdinary(child)) {
                        addIfVisible(prefix + name, child, visible, entries);
                    }
                }
            }
            entries.sort(Comparator.comparing(FileEntry::name));
            return entries;
        } catch (NotDirectoryException | NoSuchFileException none) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no folder " + prefix);
        } catch (IOException refused) {
            throw problem(folder, refused);
        }
    }

    private static boolean isOrdinary(Path child) {
        return Files.isRegularFile(child, LinkOption.NOFOLLOW_LINKS)
                || Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS);
    }

    private void addIfVisible(String path, Path child, Visibility visible, List<FileEntry> entries) throws IOException {
        if (visible.isVisible(path, Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS))) {
            try {
                entries.add(entry(path, child));
            } catch (NoSuchFileException goneMeanwhile) {
                // A folder is listed as it was at some moment of the listing.
            }
        }
    }

    /// Deletes a file or an empty folder.
    ///
    /// @return the change, empty for a folder
    /// @throws ProblemException [Problem#FILE_NOT_FOUND], [Problem#PRECONDITION_FAILED], [Problem#PATH_CONFLICT]
    /// for a
    ///     folder that has files
    public Optional<FileChange> delete(String path, Precondition precondition, Principal by) {
        List<String> segments = FilePath.parse(path);
        ReentrantLock lock = lock(path);
        lock.lock();
        try {
            Path target = FilePath.under(root, segments);
            if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path);
            }
            boolean folder = Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS);
            FileEntry before = entry(path, target);
            precondition.check(path, folder ? null : before.etag());
            Files.delete(target);
            sync(parent(target));
            hashes.remove(target);
            return folder
                    ? Optional.empty()
                    : Optional.of(announce(FileChange.Kind.DELETED, path, before.size(), before.sha256(), by));
        } catch (IOException refused) {
            throw problem(path, refused);
        } finally {
            lock.unlock();
        }
    }

    /// Announces a file that another program changed, where it is not what was last seen.
    ///
    /// @return whether it had changed
    public boolean reconcile(String path, Principal by) {
        ReentrantLock lock = lock(path);
        lock.lock();
        try {
            Path target = FilePath.under(root, FilePath.parse(path));
            Known before = hashes.get(target);
            Stamp now = stamp(target);
            if (before == null || before.stamp.equals(now)) {
                return false;
            }
            String sha256 = hash(target);
            announce(FileChange.Kind.UPDATED, path, now.size, sha256, by);
            return true;
        } catch (IOException refused) {
            throw problem(path, refused);
        } finally {
            lock.unlock();
        }
    }

    private FileEntry entry(String path, Path target) throws IOException {
        String name = path.substring(path.lastIndexOf('/') + 1);
        Stamp stamp = stamp(target);
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            return new FileEntry(path, name, true, 0, "", "", stamp.modified);
        }
        String sha256 = hash(target);
        return new FileEntry(path, name, false, stamp.size, etagOf(sha256), sha256, stamp.modified);
    }

    private @Nullable String etag(Path target) throws IOException {
        return Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS) ? etagOf(hash(target)) : null;
    }

    private static String etagOf(String sha256) {
        return sha256.substring(0, 32);
    }

    private String hash(Path target) throws IOException {
        Stamp now = stamp(target);
        Known known = hashes.get(target);
        if (known != null && known.stamp.equals(now)) {
            return known.sha256;
        }
        if (!Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, target.getFileName() + " is not a file");
        }
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(target, LinkOption.NOFOLLOW_LINKS), digest)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        String sha256 = HexFormat.of().formatHex(digest.digest());
        hashes.put(target, new Known(now, sha256));
        return sha256;
    }

    private static Stamp stamp(Path target) throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(target, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return new Stamp(attributes.size(), attributes.lastModifiedTime().toInstant(), attributes.fileKey());
    }

    private void createFolders(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Path above = parent(folder);
        createFolders(above);
        try {
            Files.createDirectory(folder);
        } catch (FileAlreadyExistsException taken) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new ProblemException(Problem.PATH_CONFLICT, root.relativize(folder) + " is a file");
            }
        }
        // The new folder is as durable as the file that is to stand in it.
        sync(above);
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalStateException(path + " has no parent");
        }
        return parent;
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void discard(@Nullable Path temporary) {
        if (temporary != null) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException stays) {
                // It is removed at the next start, and never shown.
            }
        }
    }

    private ReentrantLock lock(String path) {
        return locks[Math.floorMod(path.hashCode(), LOCKS)];
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    private static ProblemException problem(String path, IOException refused) {
        if (refused instanceof NoSuchFileException) {
            return new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path, refused);
        }
        if (refused instanceof DirectoryNotEmptyException) {
            return new ProblemException(Problem.PATH_CONFLICT, "folder " + path + " is not empty", refused);
        }
        String message = String.valueOf(refused.getMessage());
        if (message.contains("No space left") || message.contains("quota exceeded")) {
            return new ProblemException(Problem.STORAGE_FULL, path + " does not fit on the disk", refused);
        }
        return new ProblemException(Problem.STORAGE_FAILED, path + ": " + reason(refused), refused);
    }

    private static String reason(IOException refused) {
        return refused.getClass().getSimpleName().replace("Exception", "");
    }
}
