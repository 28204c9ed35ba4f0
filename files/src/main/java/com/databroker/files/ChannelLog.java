package com.databroker.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// A growing file on a real disk. One appends at a time.
final class ChannelLog implements Disk.Log {
    private final FileChannel channel;
    private long end;

    ChannelLog(FileChannel channel) throws IOException {
        this.channel = channel;
        this.end = channel.size();
    }

    @Override
    public void append(ByteBuffer bytes) throws IOException {
        // What a failed write left beyond the end is written over, or cut off by who knows of it.
        long at = end;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
        end = at;
    }

    @Override
    public void truncate(long size) throws IOException {
        channel.truncate(size);
        end = Math.min(end, size);
    }

    @Override
    public void force() throws IOException {
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
