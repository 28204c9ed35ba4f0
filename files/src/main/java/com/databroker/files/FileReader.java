package com.databroker.files;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Opens files: what is given out is one version, its bytes and what is known of it.
final class FileReader {
    private static final int ATTEMPTS = 100;

    private final FileStore store;
    private final FilesConfig config;
    private final IgnoredNames ignored;
    private final SmallFiles small;

    FileReader(FileStore store, FilesConfig config) {
        this.store = store;
        this.config = config;
        this.ignored = new IgnoredNames(config);
        this.small = new SmallFiles(config.cache().bytes());
    }

    Optional<FileEntry> stat(String path) throws IOException {
        FileState state = store.disk.look(path);
        if (state != null && state.isFolder()) {
            return Optional.of(FolderReader.folder(path, state));
        }
        Known known = store.index.get(path);
        if (known != null && known.state().equals(state)) {
            return Optional.of(known.entry(path));
        }
        if (state == null || !state.isFile()) {
            return Optional.empty();
        }
        try (OpenFile file = read(path)) {
            return Optional.of(file.entry());
        }
    }

    OpenFile read(String path) throws IOException {
        OpenFile held = readHeld(path);
        for (int attempt = 0; held == null && attempt < ATTEMPTS; attempt++) {
            held = tryRead(path, attempt);
        }
        if (held == null) {
            throw new ProblemException(Problem.UNAVAILABLE, path + " is being replaced again and again");
        }
        return held;
    }

    /// A file that is what the index says; null where it is not, or not there.
    @Nullable
    FileEntry statKnown(String path) throws IOException {
        Known known = store.index.get(path);
        return known != null && store.disk.isStill(path, known.state()) ? known.entry(path) : null;
    }

    @Nullable
    OpenFile readHeld(String path) throws IOException {
        Known known = store.index.get(path);
        if (known == null || known.state().size() > OpenFile.SMALL_BYTES_MAX) {
            return null;
        }
        OpenFile held = small.get(path, known);
        return held != null && store.disk.isStill(path, known.state()) ? held : null;
    }

    /// Null where the file was replaced between two looks at it.
    private @Nullable OpenFile tryRead(String path, int attempt) throws IOException {
        Disk.Opened opened = store.disk.open(path);
        if (opened == null) {
            FileState state = store.disk.look(path);
            if (state != null && state.isFolder()) {
                return OpenFile.folder(FolderReader.folder(path, state));
            }
            throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path);
        }
        Known known = store.index.get(path);
        if (known != null && known.state().equals(opened.state())) {
            return whole(path, known, opened);
        }
        boolean finished =
                store.journal.broken() == null && store.isQuiet(opened.state(), config.quietTime()) && !isIgnored(path);
        if (attempt == 0 || finished) {
            opened.channel().close();
            // A commit that is under way holds the lock; what another program wrote is looked at.
            store.catchUp(path, finished);
            return null;
        }
        return unfinished(path, opened);
    }

    private boolean isIgnored(String path) {
        // What was uploaded under such a name is one of ours.
        return store.index.get(path) == null && ignored.contain(path);
    }

    private OpenFile whole(String path, Known known, Disk.Opened opened) throws IOException {
        if (known.state().size() > OpenFile.SMALL_BYTES_MAX) {
            return OpenFile.large(known.entry(path), opened.channel());
        }
        try (FileChannel channel = opened.channel()) {
            ByteBuffer buffer = ByteBuffer.allocate((int) known.state().size());
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // Until all is there.
            }
            Bytes bytes = Bytes.wrap(buffer.array());
            OpenFile file = OpenFile.small(known.entry(path), bytes);
            small.put(path, known, file, bytes.length());
            return file;
        }
    }

    /// A file that another program is writing: as it is at this moment, under a tag that no version has.
    private @Nullable OpenFile unfinished(String path, Disk.Opened opened) throws IOException {
        FileChannel channel = opened.channel();
        Sha256 sha256 = FileStore.hash(channel);
        if (!opened.state().equals(store.disk.look(path))) {
            channel.close();
            return null;
        }
        Known now = new Known(0, opened.state(), sha256, Instant.EPOCH, "", FileMetadata.NONE);
        return OpenFile.large(now.entry(path), channel);
    }
}
