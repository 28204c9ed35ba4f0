package com.databroker.systemtests;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// A ZeroMQ peer byte by byte, for what no library would send.
final class ZmqRaw implements AutoCloseable {
    /// The body of the broker's PING, without a time to live, in hexadecimal.
    static final String PING = "0450494e470000";

    private final Socket socket = new Socket();
    private final DataInputStream in;

    ZmqRaw(TestBroker broker) throws IOException {
        socket.connect(new InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), broker.zmqPort()));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) Peer.PATIENCE.toMillis());
        in = new DataInputStream(socket.getInputStream());
    }

    /// A peer that has been admitted.
    static ZmqRaw plain(TestBroker broker, String type, String user, String token) throws IOException {
        ZmqRaw raw = new ZmqRaw(broker);
        raw.send(greeting(3, "PLAIN"));
        raw.in.readNBytes(64);
        raw.send(hello(user, token));
        raw.readFrame();
        raw.send(command("INITIATE", socketType(type)));
        raw.readFrame();
        if (type.equals("PUB")) {
            // The broker's subscription to everything.
            raw.readFrame();
        }
        return raw;
    }

    static byte[] greeting(int version, String mechanism) {
        ByteBuffer out =
                ByteBuffer.allocate(64).put((byte) 0xFF).put(new byte[8]).put((byte) 0x7F);
        out.put((byte) version).put((byte) 1).put(mechanism.getBytes(StandardCharsets.US_ASCII));
        return out.array();
    }

    static byte[] hello(String user, String token) {
        return command("HELLO", concat(short8(user), short8(token)));
    }

    static byte[] socketType(String type) {
        byte[] value = type.getBytes(StandardCharsets.US_ASCII);
        return concat(
                short8("Socket-Type"),
                ByteBuffer.allocate(4).putInt(value.length).array(),
                value);
    }

    static byte[] command(String name, byte[] data) {
        return frame(4, concat(short8(name), data));
    }

    static byte[] frame(int flags, byte[] body) {
        ByteBuffer head = ByteBuffer.allocate(9);
        if (body.length > 255) {
            head.put((byte) (flags | 2)).putLong(body.length);
        } else {
            head.put((byte) flags).put((byte) body.length);
        }
        return concat(java.util.Arrays.copyOf(head.array(), head.position()), body);
    }

    /// The header of a frame whose body never comes.
    static byte[] header(int flags, long length) {
        return ByteBuffer.allocate(9).put((byte) flags).putLong(length).array();
    }

    private static byte[] short8(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return concat(new byte[] {(byte) bytes.length}, bytes);
    }

    static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer out = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            out.put(part);
        }
        return out.array();
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /// Sends what the broker may not want to read to its end.
    void sendTo(byte[] bytes) {
        try {
            send(bytes);
        } catch (IOException closedAlready) {
            // That is what is expected of the broker.
        }
    }

    byte[] readBytes(int length) throws IOException {
        return in.readNBytes(length);
    }

    /// The body of the next frame, in hexadecimal.
    String readFrame() throws IOException {
        int flags = in.readUnsignedByte();
        long length = (flags & 2) == 0 ? in.readUnsignedByte() : in.readLong();
        return HexFormat.of().formatHex(in.readNBytes((int) length));
    }

    /// Reads what comes until the broker ends the connection.
    void awaitClosed() throws IOException {
        try {
            while (in.read() >= 0) {
                // What it says before is of no interest.
            }
        } catch (EOFException | SocketException reset) {
            // Ended with a reset, since it had not read everything.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
