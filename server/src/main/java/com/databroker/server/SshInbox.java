package com.databroker.server;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.server.channel.ChannelDataReceiver;
import org.apache.sshd.server.channel.ChannelSession;
import org.jspecify.annotations.Nullable;

/// What a client sent on a channel and nobody has read yet: at most the channel's window, which is opened
/// again only by what was read, however small the packets are that it comes in.
///
/// The network's thread puts in; one other thread takes out.
final class SshInbox implements ChannelDataReceiver {
    private static final int SEGMENT_BYTES = 64 << 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> segments = new ArrayDeque<>();
    private final ChannelSession channel;

    /// Where the first segment is read, and the last is written.
    private int readAt;

    private int writeAt = SEGMENT_BYTES;
    private long held;
    private int taken;
    private boolean ended;
    private boolean aborted;
    private byte @Nullable [] spare;

    SshInbox(ChannelSession channel) {
        this.channel = channel;
    }

    @Override
    public int data(ChannelSession from, byte[] bytes, int start, int length) {
        lock.lock();
        try {
            int at = start;
            for (int left = length; left > 0; ) {
                if (writeAt == SEGMENT_BYTES) {
                    segments.addLast(spare == null ? new byte[SEGMENT_BYTES] : spare);
                    spare = null;
                    writeAt = 0;
                }
                int part = Math.min(left, SEGMENT_BYTES - writeAt);
                System.arraycopy(bytes, at, segments.getLast(), writeAt, part);
                writeAt += part;
                at += part;
                left -= part;
            }
            held += length;
            changed.signalAll();
            // Counted when it is read.
            return 0;
        } finally {
            lock.unlock();
        }
    }

    /// Nothing more comes; what is there can still be read.
    @Override
    public void close() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// The connection is gone: what was not read is nobody's any more.
    void abort() {
        lock.lock();
        try {
            aborted = true;
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isAborted() {
        lock.lock();
        try {
            return aborted;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for bytes and gives at most `max` of them, to be read before the next call; null at the end.
    @Nullable
    ByteBuffer next(int max) throws IOException {
        int read = taken;
        taken = 0;
        if (read > 0) {
            channel.getLocalWindow().release(read);
        }
        lock.lock();
        try {
            held -= read;
            readAt += read;
            if (readAt == SEGMENT_BYTES) {
                spare = segments.removeFirst();
                readAt = 0;
            }
            while (held == 0 && !ended) {
                changed.awaitUninterruptibly();
            }
            if (held == 0 || aborted) {
                return null;
            }
            byte[] first = segments.getFirst();
            int end = segments.size() == 1 ? writeAt : SEGMENT_BYTES;
            taken = Math.min(max, end - readAt);
            return ByteBuffer.wrap(first, readAt, taken);
        } finally {
            lock.unlock();
        }
    }

    /// Fills `into`.
    ///
    /// @return false where the end came before the first byte
    /// @throws EOFException where it came later
    boolean fill(byte[] into, int length) throws IOException {
        for (int at = 0; at < length; ) {
            ByteBuffer part = next(length - at);
            if (part == null) {
                if (at == 0) {
                    return false;
                }
                throw new EOFException("the client ended within a message");
            }
            int count = part.remaining();
            part.get(into, at, count);
            at += count;
        }
        return true;
    }
}
