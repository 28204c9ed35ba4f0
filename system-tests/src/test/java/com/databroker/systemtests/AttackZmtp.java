package com.databroker.systemtests;

import com.databroker.core.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A ZeroMQ peer that sets every byte itself.
final class AttackZmtp implements AutoCloseable {
    static final int MORE = 1;
    static final int LONG = 2;
    static final int COMMAND = 4;

    record Frame(int flags, Bytes body) {
        String text() {
            return new String(body.toArray(), StandardCharsets.ISO_8859_1);
        }
    }

    final AttackSocket socket;

    private AttackZmtp(AttackSocket socket) {
        this.socket = socket;
    }

    static byte[] greeting(String mechanism) {
        ByteBuffer out = ByteBuffer.allocate(64);
        out.put((byte) 0xFF).putLong(0).put((byte) 0x7F).put((byte) 3).put((byte) 1);
        out.put(mechanism.getBytes(StandardCharsets.US_ASCII));
        return out.array();
    }

    static byte[] frame(int flags, byte[] body) {
        return frame(flags, body.length, body);
    }

    /// @param announced length in the header, whatever follows
    static byte[] frame(int flags, long announced, byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (announced > 255 || announced < 0) {
            out.write(flags | LONG);
            out.writeBytes(ByteBuffer.allocate(8).putLong(announced).array());
        } else {
            out.write(flags);
            out.write((int) announced);
        }
        out.writeBytes(body);
        return out.toByteArray();
    }

    static byte[] command(String name, String data) {
        return frame(COMMAND, latin1((char) name.length() + name + data));
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String property(String name, String value) {
        return (char) name.length() + name + "\0\0\0" + (char) value.length() + value;
    }

    static AttackZmtp connect(TestBroker broker, String mechanism) throws IOException {
        return connect(AttackSocket.connect(broker.zmqPort()), mechanism);
    }

    static AttackZmtp connect(AttackSocket socket, String mechanism) throws IOException {
        socket.send(greeting(mechanism));
        socket.read(64);
        return new AttackZmtp(socket);
    }

    /// Admitted as the administrator.
    static AttackZmtp open(TestBroker broker, String socketType) throws IOException {
        return connect(broker, "PLAIN").admit("admin", broker.token(), socketType);
    }

    AttackZmtp admit(String user, String token, String socketType) throws IOException {
        socket.send(command("HELLO", (char) user.length() + user + (char) token.length() + token));
        expect("WELCOME");
        socket.send(command("INITIATE", property("Socket-Type", socketType)));
        expect("READY");
        return this;
    }

    private void expect(String command) throws IOException {
        Frame frame = read();
        if (!frame.text().startsWith((char) command.length() + command)) {
            throw new IOException("said was " + frame.text());
        }
    }

    AttackZmtp send(int flags, String body) throws IOException {
        socket.send(frame(flags, latin1(body)));
        return this;
    }

    AttackZmtp subscribe(String prefix) throws IOException {
        socket.send(command("SUBSCRIBE", prefix));
        return this;
    }

    /// Returns when the broker has taken what was said; nothing else may be on its way here.
    AttackZmtp settle() throws IOException {
        socket.send(command("PING", "\0\0"));
        expect("PONG");
        return this;
    }

    Frame read() throws IOException {
        int flags = socket.read();
        if (flags < 0) {
            throw new IOException("ended");
        }
        long length = (flags & LONG) == 0
                ? socket.read()
                : ByteBuffer.wrap(socket.read(8)).getLong();
        return new Frame(flags, Bytes.wrap(socket.read((int) length)));
    }

    @Override
    public void close() {
        socket.close();
    }
}
