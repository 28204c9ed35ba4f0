package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A backup that is a folder, or files put to where they belong. What was written is on the disk when
/// [#close] returns.
final class FolderArchive implements Archive {
    private static final int BUFFER = 1 << 16;
    private static final Set<StandardOpenOption> NEW =
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    /// From that of the greatest bit on.
    private static final List<PosixFilePermission> BITS = List.of(PosixFilePermission.values());

    private final Places places;
    private final Map<Path, Integer> folders = new LinkedHashMap<>();

    /// Where an entry belongs.
    @FunctionalInterface
    interface Places {
        Path of(String path);
    }

    FolderArchive(Places places) {
        this.places = places;
    }

    @Override
    public void folder(ArchiveEntry entry) throws IOException {
        Path place = places.of(entry.path());
        make(place);
        folders.put(place, entry.mode());
    }

    /// Folders that no entry made are the owner's alone.
    private void make(Path folder) throws IOException {
        Path above = folder.getParent();
        if (Files.isDirectory(folder)) {
            folders.putIfAbsent(folder, mode(folder));
            return;
        }
        if (above != null) {
            make(above);
        }
        Files.createDirectory(folder);
        permit(folder, 0700);
        folders.put(folder, 0700);
    }

    @Override
    public void file(ArchiveEntry entry, InputStream bytes) throws IOException {
        Path place = places.of(entry.path());
        make(Objects.requireNonNull(place.getParent()));
        // Closed to others from the first byte on: it may be a secret.
        try (FileChannel out = FileChannel.open(place, NEW, PosixFilePermissions.asFileAttribute(set(0600)))) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            long left = entry.size();
            while (left > 0) {
                int read = bytes.readNBytes(buffer.array(), 0, (int) Math.min(BUFFER, left));
                if (read == 0) {
                    throw new EOFException(entry.path() + " ends early");
                }
                buffer.clear().limit(read);
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
                left -= read;
            }
            out.force(true);
        }
        permit(place, entry.mode());
        Files.setLastModifiedTime(place, FileTime.from(entry.modified(), TimeUnit.NANOSECONDS));
    }

    @Override
    public void close() throws IOException {
        for (Map.Entry<Path, Integer> folder : folders.entrySet()) {
            try (FileChannel opened = FileChannel.open(folder.getKey(), StandardOpenOption.READ)) {
                opened.force(true);
            }
            permit(folder.getKey(), folder.getValue() | 0700);
        }
    }

    static int mode(Path file) throws IOException {
        int mode = 0;
        Set<PosixFilePermission> has = Files.getPosixFilePermissions(file);
        for (int bit = 0; bit < BITS.size(); bit++) {
            mode |= has.contains(BITS.get(bit)) ? 0400 >> bit : 0;
        }
        return mode;
    }

    private static void permit(Path file, int mode) throws IOException {
        Files.setPosixFilePermissions(file, set(mode));
    }

    private static Set<PosixFilePermission> set(int mode) {
        Set<PosixFilePermission> all = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < BITS.size(); bit++) {
            if ((mode & (0400 >> bit)) != 0) {
                all.add(BITS.get(bit));
            }
        }
        return all;
    }

    /// What stands for a file or folder of this machine, as it is now.
    static ArchiveEntry entry(String path, Path file) throws IOException {
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
        return new ArchiveEntry(
                path,
                found.isDirectory(),
                found.isDirectory() ? 0 : found.size(),
                mode(file),
                found.lastModifiedTime().to(TimeUnit.NANOSECONDS));
    }

    /// Reads a backup that is a folder: what says that it is one first, the sums last.
    static final class Reader implements ArchiveReader {
        private final List<ArchiveEntry> entries = new ArrayList<>();
        private final Path root;
        private int next;
        private @Nullable InputStream open;

        Reader(Path root) throws IOException {
            this.root = root;
            try (Stream<Path> all = Files.walk(root)) {
                for (Path each : all.sorted().toList()) {
                    String path = root.relativize(each).toString();
                    if (path.isEmpty()) {
                        continue;
                    }
                    boolean plain = Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)
                            || Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS);
                    if (!plain) {
                        throw new ProblemException(
                                Problem.BACKUP_UNSAFE, "it has \"" + path + "\", which is no file or folder");
                    }
                    entries.add(entry(ArchivePaths.checked(path), each));
                }
            }
            entries.sort((one, other) -> rank(one.path()) - rank(other.path()));
        }

        private static int rank(String path) {
            return switch (path) {
                case BackupFile.HEAD -> 0;
                case BackupFile.FACTS -> 2;
                case BackupFile.SUMS -> 3;
                default -> 1;
            };
        }

        @Override
        public @Nullable ArchiveEntry next() throws IOException {
            close();
            return next == entries.size() ? null : entries.get(next++);
        }

        @Override
        public InputStream bytes() throws IOException {
            InputStream bytes =
                    Files.newInputStream(root.resolve(entries.get(next - 1).path()));
            open = bytes;
            return bytes;
        }

        @Override
        public void close() throws IOException {
            if (open != null) {
                open.close();
                open = null;
            }
        }
    }
}
