package com.databroker.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

/// A draft on a real disk.
final class ChannelDraft implements Disk.Draft {
    /// How a disk looks at one of its files.
    @FunctionalInterface
    interface Look {
        FileState state() throws IOException;
    }

    private final String name;
    private final Path path;
    private final FileChannel channel;
    private final Look look;

    ChannelDraft(String name, Path path, FileChannel channel, Look look) {
        this.name = name;
        this.path = path;
        this.channel = channel;
        this.look = look;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
        return channel.read(into, position);
    }

    @Override
    public void truncate(long size) throws IOException {
        channel.truncate(size);
    }

    @Override
    public void setModified(long nanos) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(nanos, TimeUnit.NANOSECONDS));
    }

    @Override
    public void force() throws IOException {
        channel.force(true);
    }

    @Override
    public FileState state() throws IOException {
        return look.state();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
