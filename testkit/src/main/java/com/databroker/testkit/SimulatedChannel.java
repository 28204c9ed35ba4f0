package com.databroker.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;

/// A channel for reading a file that is in memory.
final class SimulatedChannel extends FileChannel {
    /// Reads at a place.
    @FunctionalInterface
    interface Source {
        int read(byte[] into, int offset, long position, int length) throws IOException;
    }

    private final Source source;
    private final long size;
    private long position;

    SimulatedChannel(Source source, long size) {
        this.source = source;
        this.size = size;
    }

    @Override
    public int read(ByteBuffer into, long at) throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        byte[] bytes = new byte[Math.clamp(size - at, 0, into.remaining())];
        int count = source.read(bytes, 0, at, bytes.length);
        if (count > 0) {
            into.put(bytes, 0, count);
        }
        return count;
    }

    @Override
    public synchronized int read(ByteBuffer into) throws IOException {
        int count = read(into, position);
        position += Math.max(0, count);
        return count;
    }

    @Override
    public synchronized long read(ByteBuffer[] into, int offset, int length) throws IOException {
        long count = -1;
        for (ByteBuffer each : Arrays.asList(into).subList(offset, offset + length)) {
            int read = read(each);
            if (read < 0) {
                break;
            }
            count = Math.max(0, count) + read;
        }
        return count;
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public synchronized FileChannel position(long to) {
        position = to;
        return this;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long transferTo(long from, long count, WritableByteChannel target) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(count, 1 << 16));
        int read = read(bytes, from);
        return read <= 0 ? 0 : target.write(bytes.flip());
    }

    @Override
    public int write(ByteBuffer bytes) {
        throw new NonWritableChannelException();
    }

    @Override
    public long write(ByteBuffer[] bytes, int offset, int length) {
        throw new NonWritableChannelException();
    }

    @Override
    public int write(ByteBuffer bytes, long at) {
        throw new NonWritableChannelException();
    }

    @Override
    public FileChannel truncate(long to) {
        throw new NonWritableChannelException();
    }

    @Override
    public long transferFrom(ReadableByteChannel from, long at, long count) {
        throw new NonWritableChannelException();
    }

    @Override
    public void force(boolean metadata) {
        // Nothing was written.
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long at, long length) {
        throw new UnsupportedOperationException("a simulated file is not mapped");
    }

    @Override
    public FileLock lock(long at, long length, boolean shared) {
        throw new UnsupportedOperationException("a simulated file is not locked");
    }

    @Override
    public FileLock tryLock(long at, long length, boolean shared) {
        throw new UnsupportedOperationException("a simulated file is not locked");
    }

    @Override
    protected void implCloseChannel() {
        // There is nothing behind it.
    }
}
