package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder that holds everything a broker keeps: one broker at a time, one format at a time.
///
/// ```
/// lock               held while a broker runs; its process id inside
/// format             version of what lies here
/// context.json       address and administrator's token, for the command line (0600)
/// certificate.pem    the certificate that the HTTP door shows
/// admin.token        the first administrator's token (0600)
/// curve.key          secret CURVE key (0600)
/// ssh_host_key       secret key of the SSH door (0600)
/// dns.key            by which addresses of DNS clients are made anonymous (0600)
/// imported.yaml      settings that came with definitions, below the configuration (0600)
/// audit.log          who was refused what, and who did what to users
/// files/             the files plane, broker_users.xml among them
/// streams/           the streams plane, drawn in its StreamPlane
/// sources/           definitions of streams, where streams.definitions names no other folder
/// plugins/           jars with streams, where streams.plugins names no other folder
/// format-1/          what a migration changes, as it was, until it is done
/// restoring          while a restore fills the folder, and after one that was cut off
/// restored/          what a restore brought that belongs outside of the folder
/// .backup            what a backup has of streams and objects, while it is read
/// ```
final class DataFolder implements AutoCloseable {
    static final String CONTEXT = "context.json";

    /// The certificate that the HTTP door shows.
    static final String CERTIFICATE = "certificate.pem";
    static final String TOKEN = "admin.token";

    /// Made by a restore before anything else, and removed when all is there.
    static final String RESTORING = "restoring";

    static final String LOCK = "lock";
    private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);
    private static final int SECRET_BYTES = 32;

    private final Path path;
    private final FileChannel channel;
    private final FileLock lock;

    private DataFolder(Path path, FileChannel channel, FileLock lock) {
        this.path = path;
        this.channel = channel;
        this.lock = lock;
    }

    /// @throws ProblemException [Problem#DATA_NOT_WRITABLE], [Problem#DATA_IN_USE], [Problem#DATA_VERSION],
    ///     [Problem#STORAGE_FULL]
    static DataFolder open(Path path) {
        DataFolder folder = lock(path);
        try {
            if (Files.exists(path.resolve(RESTORING))) {
                throw new ProblemException(Problem.DATA_INCOMPLETE, path + " was being restored, and that did not end");
            }
            DataFormat.bring(folder);
            return folder;
        } catch (IOException refused) {
            folder.close();
            throw problem(path, refused);
        } catch (RuntimeException refused) {
            folder.close();
            throw refused;
        }
    }

    /// The folder for this process alone, whatever is in it.
    static DataFolder lock(Path path) {
        try {
            create(path);
            Path lockFile = path.resolve(LOCK);
            FileChannel channel = FileChannel.open(
                    lockFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String owner = Files.readString(lockFile).strip();
                channel.close();
                throw new ProblemException(
                        Problem.DATA_IN_USE,
                        path + " is used by another broker" + (owner.isEmpty() ? "" : ", process " + owner));
            }
            sign(channel);
            return new DataFolder(path, channel, lock);
        } catch (IOException refused) {
            throw problem(path, refused);
        }
    }

    /// Says who has the lock, where the disk has room for that: over what stands there, so that it needs none. Who is
    /// refused reads it, and nobody else.
    private static void sign(FileChannel lock) throws IOException {
        ByteBuffer owner =
                StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n");
        try {
            lock.truncate(lock.write(owner, 0));
        } catch (IOException refused) {
            if (!isFull(refused)) {
                throw refused;
            }
            lock.truncate(0);
        }
    }

    private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException inThisProcess) {
            return null;
        }
    }

    /// For the broker's user alone: whoever else can read the folder would pass by the gate.
    private static void create(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        createPrivate(path);
    }

    /// A new folder for the broker's user alone, where the file system knows users.
    static void createPrivate(Path path) throws IOException {
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(path);
        }
    }

    /// Whether a process has the folder.
    static boolean isLocked(Path path) {
        if (!Files.exists(path.resolve(LOCK))) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(path.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock lock = tryLock(channel)) {
            return lock == null;
        } catch (IOException refused) {
            throw problem(path, refused);
        }
    }

    Path path() {
        return path;
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    /// Writes a small file so that it is there whole or not at all.
    ///
    /// @param secret whether only the broker's user may read it
    void write(String name, String content, boolean secret) {
        Path target = path.resolve(name);
        Path temporary = path.resolve(name + ".new");
        try {
            Files.deleteIfExists(temporary);
            if (secret && path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } else {
                Files.createFile(temporary);
            }
            try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel folder = FileChannel.open(path, StandardOpenOption.READ)) {
                folder.force(true);
            }
        } catch (IOException refused) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException stays) {
                refused.addSuppressed(stays);
            }
            throw problem(target, refused);
        }
    }

    /// Writes what others only read to find this broker. A full disk is no reason not to start, since what makes room
    /// goes through the broker: then nothing stands there, and the log says so. What a former one said must go all
    /// the same. Whoever has its port by now would be sent the token; and its room may be what the new one needs.
    void tell(String name, String content, boolean secret) {
        try {
            write(name, content, secret);
        } catch (ProblemException refused) {
            if (refused.problem() != Problem.STORAGE_FULL) {
                throw refused;
            }
            tellAgain(name, content, secret);
        }
    }

    private void tellAgain(String name, String content, boolean secret) {
        Path former = path.resolve(name);
        try {
            Files.deleteIfExists(former);
            write(name, content, secret);
        } catch (IOException stays) {
            throw problem(former, stays);
        } catch (ProblemException refused) {
            if (refused.problem() != Problem.STORAGE_FULL) {
                throw refused;
            }
            LOG.atWarn()
                    .addKeyValue("path", former)
                    .addKeyValue("problem", refused.line())
                    .log("not written; until the next start with room the command line needs --url and --token");
        }
    }

    /// A secret of 32 bytes, made at the first time; in the file as hexadecimal digits.
    Bytes secret(String name, SecureRandom random) {
        Path file = path.resolve(name);
        try {
            if (!Files.exists(file)) {
                byte[] fresh = new byte[SECRET_BYTES];
                random.nextBytes(fresh);
                write(name, HexFormat.of().formatHex(fresh) + "\n", true);
            }
            return secret(file);
        } catch (IOException refused) {
            throw problem(file, refused);
        }
    }

    private static Bytes secret(Path file) throws IOException {
        try {
            return Bytes.wrap(HexFormat.of().parseHex(Files.readString(file).strip()));
        } catch (IllegalArgumentException malformed) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    file + " is not a key of " + 2 * SECRET_BYTES + " hexadecimal digits");
        }
    }

    /// A secret of the folder at `path`, which a broker may have open. It is not made here: whoever has the folder
    /// does.
    static Bytes secretOf(Path path, String name) {
        Path file = path.resolve(name);
        try {
            return secret(file);
        } catch (NoSuchFileException absent) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "data: there is no " + file
                            + "; start a broker with this data folder once, so that jobs have its key",
                    absent);
        } catch (IOException refused) {
            throw problem(file, refused);
        }
    }

    static ProblemException problem(Path path, IOException refused) {
        if (isFull(refused)) {
            return new ProblemException(Problem.STORAGE_FULL, "the disk of " + path + " is full", refused);
        }
        return new ProblemException(
                Problem.DATA_NOT_WRITABLE,
                path + " cannot be written ("
                        + refused.getClass().getSimpleName().replace("Exception", "") + ")",
                refused);
    }

    private static boolean isFull(IOException refused) {
        return String.valueOf(refused.getMessage()).contains("No space left");
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException gone) {
            // The operating system lets go of it with the process.
        }
    }
}
