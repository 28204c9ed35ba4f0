package com.databroker.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.channel.ChannelSession;

/// What goes to the client on a channel. A write waits for the client's window and for the network: nothing
/// piles up for a client that does not read.
///
/// Bytes are put where they are encrypted and sent from, so that a file is not copied on its way.
final class SshOutput {
    private static final int PACKET_MAX = 128 << 10;
    private static final int PENDING_MAX = 8;

    /// The message's number, the channel's and the length, and what encryption adds.
    private static final int OVERHEAD = 16;

    private static final long STDERR = 1;

    /// A client that does not read for that long was ended for its idleness before.
    private static final Duration FOREVER = Duration.ofDays(1);

    /// Bytes that are written where they are asked for.
    @FunctionalInterface
    interface Source {
        /// Fills `into`.
        void fill(ByteBuffer into) throws IOException;
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final ChannelSession channel;
    private final ArrayDeque<IoWriteFuture> pending = new ArrayDeque<>();

    SshOutput(ChannelSession channel) {
        this.channel = channel;
    }

    /// Sends bytes as they are.
    void send(byte[] bytes, int length) throws IOException {
        send(ByteBuffer.wrap(bytes, 0, length), 0, into -> {});
    }

    /// Sends `head`, and behind it `length` bytes of `source`.
    void send(ByteBuffer head, long length, Source source) throws IOException {
        lock.lock();
        try {
            long left = head.remaining() + length;
            while (left > 0) {
                int part = room(left);
                Buffer packet = channel.getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, part + OVERHEAD);
                packet.putUInt(channel.getRecipient());
                packet.putUInt(part);
                int start = packet.wpos();
                packet.ensureCapacity(part);
                ByteBuffer into = ByteBuffer.wrap(packet.array(), start, part);
                int ofHead = Math.min(part, head.remaining());
                into.put(head.slice(head.position(), ofHead));
                head.position(head.position() + ofHead);
                while (into.hasRemaining()) {
                    source.fill(into);
                }
                packet.wpos(start + part);
                write(packet);
                left -= part;
            }
        } finally {
            lock.unlock();
        }
    }

    /// Says something to whoever sits before the client: what stands in an SFTP answer few clients show.
    void say(String text) throws IOException {
        lock.lock();
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                int part = room(bytes.remaining());
                Buffer packet =
                        channel.getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_EXTENDED_DATA, part + OVERHEAD);
                packet.putUInt(channel.getRecipient());
                packet.putUInt(STDERR);
                packet.putUInt(part);
                byte[] piece = new byte[part];
                bytes.get(piece);
                packet.putRawBytes(piece);
                write(packet);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until something can be sent, and takes that much of the client's window.
    private int room(long wanted) throws IOException {
        try {
            long window = channel.getRemoteWindow().waitForSpace(FOREVER);
            int packet = (int) Math.min(PACKET_MAX, channel.getRemoteWindow().getPacketSize());
            int part = (int) Math.min(Math.min(wanted, window), packet);
            channel.getRemoteWindow().consume(part);
            return part;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped", stopped);
        }
    }

    private void write(Buffer packet) throws IOException {
        pending.addLast(channel.writePacket(packet));
        while (!pending.isEmpty()
                && (pending.size() > PENDING_MAX || pending.getFirst().isDone())) {
            IoWriteFuture oldest = pending.removeFirst();
            oldest.await(FOREVER);
            if (!oldest.isWritten()) {
                throw new IOException("the connection is gone", oldest.getException());
            }
        }
    }
}
