package com.databroker.files;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One version of a file, held open: entry and bytes belong together whatever becomes of the path
/// meanwhile.
public final class OpenFile implements AutoCloseable {
    /// Of so many bytes at most a file is small.
    public static final int SMALL_BYTES_MAX = 64 << 10;

    private final FileEntry entry;
    private final @Nullable FileChannel channel;
    private final @Nullable Bytes bytes;
    private final Memo memo = new Memo();

    private OpenFile(FileEntry entry, @Nullable FileChannel channel, @Nullable Bytes bytes) {
        this.entry = entry;
        this.channel = channel;
        this.bytes = bytes;
    }

    static OpenFile folder(FileEntry entry) {
        return new OpenFile(entry, null, null);
    }

    static OpenFile large(FileEntry entry, FileChannel channel) {
        return new OpenFile(entry, channel, null);
    }

    static OpenFile small(FileEntry entry, Bytes bytes) {
        return new OpenFile(entry, null, bytes);
    }

    public FileEntry entry() {
        return entry;
    }

    /// All bytes of a small file, null where it is not small: then there is a [#channel].
    public @Nullable Bytes bytes() {
        return bytes;
    }

    /// The bytes of a file that is not small; the holder closes them by [#close].
    ///
    /// @throws IllegalStateException for a folder, which has none, and for a small file
    public FileChannel channel() {
        if (channel == null) {
            throw new IllegalStateException(entry.path() + " has no channel");
        }
        return channel;
    }

    /// What a door has made of the entry, made once for all who read this version from memory.
    public <T> T memo(Class<T> type, Function<FileEntry, T> maker) {
        return memo.get(type, () -> maker.apply(entry));
    }

    /// All bytes, of a file of any size that fits into memory.
    public Bytes readAll() {
        if (bytes != null) {
            return bytes;
        }
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(entry.size()));
        try {
            while (all.hasRemaining() && channel().read(all, all.position()) >= 0) {
                // Until all is there.
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(entry.path(), refused);
        }
        return Bytes.wrap(all.array());
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
