package com.databroker.systemtests;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A name server that sends dnstap, by the book of Frame Streams: READY, ACCEPT, START, data, STOP, FINISH.
final class DnstapSender implements AutoCloseable {
    private static final String CONTENT = "protobuf:dnstap.Dnstap";
    private static final int ACCEPT = 1;
    private static final int START = 2;
    private static final int STOP = 3;
    private static final int READY = 4;
    private static final int FINISH = 5;

    private final SocketChannel channel;
    private final InputStream in;

    /// Whether somebody listens there.
    static boolean isHeard(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException nobody) {
            return false;
        }
    }

    DnstapSender(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        in = Channels.newInputStream(channel);
        send(control(READY));
        expect(ACCEPT);
        send(control(START));
    }

    /// Bytes that need not be a frame.
    void raw(byte... bytes) throws IOException {
        send(bytes);
    }

    /// Waits for what the other end does next: whether it is to close.
    boolean isClosed() throws IOException {
        return in.read() < 0;
    }

    /// Whether a connection is closed before it said anything.
    static boolean isRefused(Path socket) throws IOException {
        try (DnstapSender refused = new DnstapSender(socket)) {
            return refused.isClosed();
        } catch (IOException closed) {
            return true;
        }
    }

    private void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /// Queries for `<prefix>-<number>.<domain>`, all together.
    void queries(String prefix, String domain, int from, int until) throws IOException {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(frames);
        for (int i = from; i < until; i++) {
            byte[] frame = frame(prefix + "-" + i + "." + domain, i);
            out.writeInt(frame.length);
            out.write(frame);
        }
        send(frames.toByteArray());
    }

    /// Says that this was all, and waits until the other end has it.
    void finish() throws IOException {
        send(control(STOP));
        expect(FINISH);
    }

    private void expect(int type) throws IOException {
        byte[] head = in.readNBytes(12);
        int found = head.length < 12 ? -1 : ByteBuffer.wrap(head).getInt(8);
        if (found != type) {
            throw new IOException("not " + type + " but " + found);
        }
        in.readNBytes(ByteBuffer.wrap(head).getInt(4) - 4);
    }

    private static byte[] control(int type) {
        byte[] content = CONTENT.getBytes(StandardCharsets.US_ASCII);
        boolean named = type == READY || type == START;
        int length = 4 + (named ? 8 + content.length : 0);
        ByteBuffer frame =
                ByteBuffer.allocate(8 + length).putInt(0).putInt(length).putInt(type);
        if (named) {
            frame.putInt(1).putInt(content.length).put(content);
        }
        return frame.array();
    }

    /// A CLIENT_QUERY, over UDP and IPv4.
    static byte[] frame(String name, int number) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        varint(message, 1, 5);
        varint(message, 2, 1);
        varint(message, 3, 1);
        bytes(message, 4, new byte[] {(byte) 192, 0, 2, (byte) number});
        varint(message, 6, 40_000 + number % 20_000);
        varint(message, 8, 1_795_000_000L + number);
        bytes(message, 10, question(name, number));
        ByteArrayOutputStream tap = new ByteArrayOutputStream();
        bytes(tap, 1, "sender".getBytes(StandardCharsets.US_ASCII));
        bytes(tap, 14, message.toByteArray());
        varint(tap, 15, 1);
        return tap.toByteArray();
    }

    /// A question for an address, as it is on the wire.
    static byte[] question(String name, int number) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) (number >> 8), (byte) number, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        for (String label : name.split("\\.", -1)) {
            out.write(label.length());
            out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes(new byte[] {0, 0, 1, 0, 1});
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int field, long value) {
        number(out, (long) field << 3);
        number(out, value);
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
        number(out, (long) field << 3 | 2);
        number(out, value.length);
        out.writeBytes(value);
    }

    private static void number(ByteArrayOutputStream out, long value) {
        long rest = value;
        while (rest >= 0x80) {
            out.write((int) (rest | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
