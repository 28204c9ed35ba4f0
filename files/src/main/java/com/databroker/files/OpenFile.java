package com.databroker.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// One version of a file, held open: entry and bytes belong together whatever becomes of the path meanwhile.
public final class OpenFile implements AutoCloseable {
    private final FileEntry entry;
    private final @Nullable FileChannel channel;

    OpenFile(FileEntry entry, @Nullable FileChannel channel) {
        this.entry = entry;
        this.channel = channel;
    }

    public FileEntry entry() {
        return entry;
    }

    /// The bytes; the holder closes them by [#close].
    ///
    /// @throws IllegalStateException for a folder, which has none
    public FileChannel channel() {
        if (channel == null) {
            throw new IllegalStateException(entry.path() + " is a folder");
        }
        return channel;
    }

    @Override
    public void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException gone) {
                // It was only read.
            }
        }
    }
}
