package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.files.FileCopy;
import com.databroker.files.FileState;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// Writes the parts of a backup, and at the end what they are.
final class BackupWriter implements FileCopy {
    private static final int OWN = 0600;
    private static final int FOLDER = 0750;

    private final Archive out;
    private final BackupSums sums = new BackupSums();
    private final List<String> torn = new ArrayList<>();
    private final BackupOmissions omissions = new BackupOmissions();
    private final Path files;
    private final Instant now;

    /// @param format of the data folder
    /// @param files the folder of the files plane
    BackupWriter(Archive out, int format, Path files, Instant now) throws IOException {
        this.out = out;
        this.files = files;
        this.now = now;
        byte[] head = BackupFile.head(format);
        out.file(entry(BackupFile.HEAD, head.length, OWN), new ByteArrayInputStream(head));
    }

    private ArchiveEntry entry(String path, long size, int mode) {
        return new ArchiveEntry(path, false, size, mode, now.getEpochSecond() * 1_000_000_000);
    }

    private void write(ArchiveEntry entry, InputStream bytes) throws IOException {
        MessageDigest digest = Digests.sha256();
        Filled filled = new Filled(entry.path(), bytes, entry.size());
        out.file(entry, new DigestInputStream(filled, digest));
        sums.add(entry.path(), digest.digest());
        if (filled.isTorn()) {
            torn.add(entry.path());
        }
    }

    void items(BackupItems items) throws IOException {
        omissions.addAll(items.omissions());
        for (BackupItems.Item item : items.all()) {
            if (item.entry().isFolder()) {
                out.folder(item.entry());
                continue;
            }
            try (InputStream bytes = Files.newInputStream(item.file())) {
                write(item.entry(), bytes);
            } catch (NoSuchFileException deleted) {
                // Since it was listed, so it is not in the backup.
            }
        }
    }

    void content(String path, Bytes content) throws IOException {
        write(entry(path, content.length(), OWN), new ByteArrayInputStream(content.toArray()));
    }

    /// What is in a zip file, into a folder.
    void unzipped(Path file, String folder) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry each : zip.stream().toList()) {
                try (InputStream bytes = zip.getInputStream(each)) {
                    write(entry(folder + "/" + each.getName(), each.getSize(), OWN), bytes);
                }
            }
        }
    }

    @Override
    public void folder(String path) throws IOException {
        int mode = mode(files.resolve(path), FOLDER);
        out.folder(
                new ArchiveEntry(BackupFile.FILES + "/" + path, true, 0, mode, now.getEpochSecond() * 1_000_000_000));
    }

    private static int mode(Path file, int otherwise) {
        try {
            return FolderArchive.mode(file);
        } catch (IOException gone) {
            return otherwise;
        }
    }

    @Override
    public void file(String path, FileState state, FileChannel bytes) throws IOException {
        int mode = mode(files.resolve(path), OWN);
        ArchiveEntry entry =
                new ArchiveEntry(BackupFile.FILES + "/" + path, false, state.size(), mode, state.modified());
        write(entry, Channels.newInputStream(bytes.position(0)));
    }

    @Override
    public void leftOut(String path) {
        omissions.odd(BackupFile.FILES + "/" + path);
    }

    @Override
    public void unnamed(String folder, int count) {
        omissions.unnamed(folder.isEmpty() ? BackupFile.FILES : BackupFile.FILES + "/" + folder, count);
    }

    /// Ends it.
    void end(boolean running, List<String> leftOut) throws IOException {
        List<String> all = new ArrayList<>(leftOut);
        all.addAll(omissions.told());
        torn.forEach(path -> all.add("the end of " + path + ", which became shorter while it was read"));
        content(BackupFile.FACTS, Bytes.wrap(BackupFile.facts(now.toString(), running, all)));
        byte[] text = sums.text();
        out.file(entry(BackupFile.SUMS, text.length, OWN), new ByteArrayInputStream(text));
        out.close();
    }

    /// As long as it was announced, whatever became of the file: with zeros where bytes are missing.
    private static final class Filled extends BulkInput {
        private final String path;
        private final InputStream in;
        private long left;
        private boolean torn;

        Filled(String path, InputStream in, long size) {
            this.path = path;
            this.in = in;
            this.left = size;
        }

        boolean isTorn() {
            return torn;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0 || length == 0) {
                return left == 0 ? -1 : 0;
            }
            int wanted = (int) Math.min(left, length);
            int read = torn ? -1 : next(into, offset, wanted);
            if (read < 0) {
                torn = true;
                Arrays.fill(into, offset, offset + wanted, (byte) 0);
                read = wanted;
            }
            left -= read;
            return read;
        }

        /// A disk that fails does not say where.
        private int next(byte[] into, int offset, int wanted) throws IOException {
            try {
                return in.read(into, offset, wanted);
            } catch (IOException unreadable) {
                throw new IOException(path + " cannot be read: " + unreadable.getMessage(), unreadable);
            }
        }
    }
}
