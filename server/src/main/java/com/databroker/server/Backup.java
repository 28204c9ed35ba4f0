package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FilePlane;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/// Backups, for the command line: what a broker that is stopped leaves, what a running one sends, and the
/// way back. Archives are tar files that nobody packed; packing is the caller's business.
public final class Backup {
    private Backup() {}

    /// What a backup says of itself.
    ///
    /// @param program the version that wrote it
    /// @param created when, as of ISO 8601
    /// @param broker `running` or `stopped`
    /// @param bytes of all files together
    /// @param leftOut what is not in it
    public record Summary(String program, String created, String broker, int files, long bytes, List<String> leftOut) {}

    /// A backup that was restored.
    ///
    /// @param aside what lies in the folder `restored` of the data folder, since it belongs elsewhere
    public record Restored(Summary summary, List<String> aside) {}

    /// Whether a broker, or a restore, has the data folder.
    public static boolean isInUse(Path data) {
        return DataFolder.isLocked(data);
    }

    /// Writes a backup of a broker that is stopped.
    ///
    /// @throws ProblemException [Problem#DATA_IN_USE], [Problem#DATA_INCOMPLETE], [Problem#NOT_FOUND]
    ///     where there is no such folder
    public static void stopped(ConfigReader.Result read, OutputStream tar, InstantSource clock) throws IOException {
        Config config = read.config();
        Path data = config.data();
        if (!Files.exists(data.resolve(DataFormat.FILE))) {
            throw new ProblemException(Problem.NOT_FOUND, "there is no data folder " + data);
        }
        try (DataFolder folder = DataFolder.lock(data)) {
            if (Files.exists(folder.resolve(DataFolder.RESTORING))) {
                throw new ProblemException(Problem.DATA_INCOMPLETE, data + " was being restored, and that did not end");
            }
            if (DataFormat.of(data) < DataFormat.NOW) {
                new BackupSource(config, read.origins(), data, null, null, null).write(tar, clock.instant());
                return;
            }
            try (FilePlane files =
                    FilePlane.open(config.files(), BackupRestore.files(config), data.resolve("index"), clock)) {
                new BackupSource(config, read.origins(), data, files, null, null).write(tar, clock.instant());
            }
        }
    }

    /// Passes a backup on as a tar file, and looks at everything in it.
    ///
    /// @throws ProblemException [Problem#BACKUP_DAMAGED], [Problem#BACKUP_VERSION],
    ///     [Problem#BACKUP_UNSAFE]; what was passed on is to be thrown away then
    public static Summary pass(InputStream tar, OutputStream to) throws IOException {
        try (Tar.Reader in = new Tar.Reader(tar)) {
            Tar.Writer out = new Tar.Writer(to);
            Summary summary = BackupFile.pass(in, out);
            out.close();
            return summary;
        }
    }

    /// As [#pass], into a new folder.
    public static Summary unpack(InputStream tar, Path folder) throws IOException {
        DataFolder.createPrivate(folder);
        try (Tar.Reader in = new Tar.Reader(tar);
                FolderArchive out = new FolderArchive(folder::resolve)) {
            return BackupFile.pass(in, out);
        }
    }

    /// Looks at everything in a backup.
    public static Summary verify(InputStream tar) throws IOException {
        try (Tar.Reader in = new Tar.Reader(tar)) {
            return BackupFile.pass(in, new Nowhere());
        }
    }

    /// As above, of one that is a folder.
    public static Summary verify(Path folder) throws IOException {
        try (FolderArchive.Reader in = new FolderArchive.Reader(folder)) {
            return BackupFile.pass(in, new Nowhere());
        }
    }

    /// Fills the data folder of a configuration.
    ///
    /// @throws ProblemException as [#pass], and [Problem#DATA_NOT_EMPTY], [Problem#DATA_IN_USE]; the
    ///     folder is as empty as before then
    public static Restored restore(InputStream tar, ConfigReader.Result to) throws IOException {
        try (Tar.Reader in = new Tar.Reader(tar)) {
            return BackupRestore.run(in, to);
        }
    }

    /// As above, from one that is a folder.
    public static Restored restore(Path folder, ConfigReader.Result to) throws IOException {
        try (FolderArchive.Reader in = new FolderArchive.Reader(folder)) {
            return BackupRestore.run(in, to);
        }
    }

    private static final class Nowhere implements Archive {
        @Override
        public void folder(ArchiveEntry entry) {}

        @Override
        public void file(ArchiveEntry entry, InputStream bytes) throws IOException {
            long size = bytes.transferTo(OutputStream.nullOutputStream());
            if (size != entry.size()) {
                throw Tar.damaged(entry.path() + " has another size than it says");
            }
        }

        @Override
        public void close() {}
    }
}
