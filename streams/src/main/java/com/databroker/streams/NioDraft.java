package com.databroker.streams;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// A file that is being written beside the place where it will be seen. Closing it without publishing
/// removes it.
final class NioDraft implements Closeable {
    static final String SUFFIX = ".tmp";

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;
    private final Path draft;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    NioDraft(Path file) throws IOException {
        this.file = file;
        Path folder = NioFileIO.Folders.of(file);
        NioFileIO.Folders.make(folder);
        // Machines that share the folder may write the same file at the same time.
        this.draft = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + SUFFIX);
        this.channel = FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    FileChannel channel() {
        return channel;
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                drain();
            }
            int length = Math.min(bytes.remaining(), buffer.remaining());
            buffer.put(buffer.position(), bytes, bytes.position(), length);
            buffer.position(buffer.position() + length);
            bytes.position(bytes.position() + length);
        }
    }

    private void drain() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /// Forces what was written and gives it its name.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException where there is one and it may not be replaced
    void publish(boolean overwrite) throws IOException {
        drain();
        channel.force(true);
        channel.close();
        if (overwrite) {
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } else {
            // A link fails where the name is taken, whoever else is at it at the same time.
            Files.createLink(file, draft);
        }
        Forced.force(NioFileIO.Folders.of(file));
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(draft);
    }
}
