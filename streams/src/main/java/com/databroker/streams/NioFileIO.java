package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.FileIO;
import io.delta.kernel.defaults.engine.fileio.InputFile;
import io.delta.kernel.defaults.engine.fileio.OutputFile;
import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The Delta kernel's files on `java.nio`, without a Hadoop file system: nothing is seen before it is on
/// the disk.
///
/// ```
///   .name.17.tmp ──write, force──▶ name        linked where none may be replaced, renamed elsewhere
///                                  folder      forced
/// ```
///
/// The kernel writes paths as `file:/x`; the part after the colon is taken as it stands, no percent sign
/// has a meaning. Names that begin with a dot are drafts and are not listed.
final class NioFileIO implements FileIO {
    private static final String SCHEME = "file:";

    private final Map<String, String> settings;

    /// @param settings of Parquet and of the kernel, by their own names
    NioFileIO(Map<String, String> settings) {
        this.settings = Map.copyOf(settings);
    }

    /// The path of `file:/x`, `file:///x` or `/x`.
    static Path path(String location) {
        String path = location.startsWith(SCHEME) ? location.substring(SCHEME.length()) : location;
        return Path.of(path.startsWith("//") ? path.substring(2) : path);
    }

    /// `file:/x`.
    static String location(Path path) {
        return SCHEME + path.toAbsolutePath().normalize();
    }

    @Override
    public CloseableIterator<FileStatus> listFrom(String location) throws IOException {
        Path from = path(location);
        Path folder = Folders.of(from);
        String first = from.getFileName().toString();
        List<FileStatus> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                folder, entry -> isListed(entry.getFileName().toString(), first))) {
            for (Path entry : entries) {
                addFile(found, entry);
            }
        } catch (NoSuchFileException | NotDirectoryException missing) {
            throw notFound(folder, missing);
        }
        found.sort(Comparator.comparing(FileStatus::getPath));
        return Utils.toCloseableIterator(found.iterator());
    }

    /// Decided by the name, before the file is looked at: a log has many thousands of files.
    private static boolean isListed(String name, String first) {
        return name.compareTo(first) >= 0 && !name.startsWith(".");
    }

    private static void addFile(List<FileStatus> found, Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (attributes.isRegularFile()) {
                found.add(status(file, attributes));
            }
        } catch (NoSuchFileException removedMeanwhile) {
            // The log is tidied while others list it.
        }
    }

    private static FileStatus status(Path file, BasicFileAttributes attributes) {
        return FileStatus.of(
                location(file), attributes.size(), attributes.lastModifiedTime().toMillis());
    }

    private static FileNotFoundException notFound(Path file, IOException cause) {
        FileNotFoundException missing = new FileNotFoundException(file.toString());
        missing.initCause(cause);
        return missing;
    }

    @Override
    public FileStatus getFileStatus(String location) throws IOException {
        Path file = path(location);
        try {
            return status(file, Files.readAttributes(file, BasicFileAttributes.class));
        } catch (NoSuchFileException missing) {
            throw notFound(file, missing);
        }
    }

    @Override
    public String resolvePath(String location) {
        return location(path(location));
    }

    @Override
    public boolean mkdirs(String location) throws IOException {
        Folders.make(path(location));
        return true;
    }

    @Override
    public boolean delete(String location) throws IOException {
        return Files.deleteIfExists(path(location));
    }

    @Override
    public Optional<String> getConf(String key) {
        return Optional.ofNullable(settings.get(key));
    }

    @Override
    public void copyFileAtomically(String from, String to, boolean overwrite) throws IOException {
        try (NioDraft draft = new NioDraft(path(to));
                FileChannel source = FileChannel.open(path(from))) {
            for (long at = 0; at < source.size(); ) {
                at += source.transferTo(at, source.size() - at, draft.channel());
            }
            draft.publish(overwrite);
        } catch (NoSuchFileException missing) {
            throw notFound(path(from), missing);
        }
    }

    @Override
    public InputFile newInputFile(String location, long size) {
        return new NioInput(path(location), location, size);
    }

    @Override
    public OutputFile newOutputFile(String location) {
        return new Output(location);
    }

    private record Output(String path) implements OutputFile {
        @Override
        public PositionOutputStream create(boolean atomic) throws IOException {
            return new NioOutput(NioFileIO.path(path));
        }

        @Override
        public void writeAtomically(CloseableIterator<String> lines, boolean overwrite) throws IOException {
            Path file = NioFileIO.path(path);
            try (lines) {
                // Asked first, since a log's next version is often taken; decided when the draft is linked.
                if (!overwrite && Files.exists(file)) {
                    throw new FileAlreadyExistsException(file.toString());
                }
                try (NioDraft draft = new NioDraft(file)) {
                    while (lines.hasNext()) {
                        draft.write(ByteBuffer.wrap((lines.next() + '\n').getBytes(StandardCharsets.UTF_8)));
                    }
                    draft.publish(overwrite);
                }
            }
        }
    }

    /// Folders that are on the disk before what lies in them is.
    static final class Folders {
        private Folders() {}

        static Path of(Path file) {
            Path folder = file.toAbsolutePath().getParent();
            if (folder == null) {
                throw new IllegalArgumentException(file + " is no file");
            }
            return folder;
        }

        static void make(Path folder) throws IOException {
            Deque<Path> missing = new ArrayDeque<>();
            for (Path at = folder.toAbsolutePath(); at != null && !Files.isDirectory(at); at = at.getParent()) {
                missing.push(at);
            }
            Files.createDirectories(folder);
            for (Path made : missing) {
                Forced.force(of(made));
            }
        }
    }
}
