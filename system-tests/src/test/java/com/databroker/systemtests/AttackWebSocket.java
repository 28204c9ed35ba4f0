package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.EventMessages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A WebSocket client that sets every bit itself.
final class AttackWebSocket implements AutoCloseable {
    static final int TEXT = 0x81;
    static final int BINARY = 0x82;
    static final int CLOSE = 0x88;
    static final int PING = 0x89;

    /// @param head first byte, with the final bit
    record Frame(int head, Bytes payload) {
        String text() {
            return payload.utf8();
        }

        /// Of a close frame; 0 where it has none.
        int closeCode() {
            return payload.length() < 2 ? 0 : payload.asReadOnlyBuffer().getShort() & 0xFFFF;
        }
    }

    final AttackSocket socket;

    private AttackWebSocket(AttackSocket socket) {
        this.socket = socket;
    }

    static AttackWebSocket open(TestBroker broker, String token) throws IOException {
        return open(AttackSocket.connect(broker.httpPort()), token, EventMessages.JSON.subprotocol());
    }

    /// @param token empty for none
    static AttackWebSocket open(AttackSocket socket, String token, String protocol) throws IOException {
        return open(socket, "/events", token, protocol);
    }

    static AttackWebSocket open(AttackSocket socket, String path, String token, String protocol) throws IOException {
        socket.send(request(path, token, protocol));
        AttackSocket.Answer answer = socket.answer();
        if (answer.status() != 101) {
            throw new IOException(answer.head() + answer.body());
        }
        return new AttackWebSocket(socket);
    }

    static String request(String token, String protocol) {
        return request("/events", token, protocol);
    }

    private static String request(String path, String token, String protocol) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Protocol: " + protocol + "\r\n"
                + (token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n";
    }

    static byte[] frame(int head, byte[] payload) {
        return frame(head, true, payload.length, payload);
    }

    /// @param announced length in the header, whatever follows
    static byte[] frame(int head, boolean masked, long announced, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int mask = masked ? 0x80 : 0;
        out.write(head);
        if (announced < 126) {
            out.write(mask | (int) announced);
        } else if (announced < 65_536) {
            out.write(mask | 126);
            out.writeBytes(ByteBuffer.allocate(2).putShort((short) announced).array());
        } else {
            out.write(mask | 127);
            out.writeBytes(ByteBuffer.allocate(8).putLong(announced).array());
        }
        if (masked) {
            // A mask of zeros is one, and leaves the payload readable here.
            out.writeBytes(new byte[4]);
        }
        out.writeBytes(payload);
        return out.toByteArray();
    }

    AttackWebSocket say(String text) throws IOException {
        socket.send(frame(TEXT, text.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    Frame read() throws IOException {
        int head = socket.read();
        if (head < 0) {
            throw new IOException("ended");
        }
        int length = socket.read();
        if (length == 126) {
            length = ByteBuffer.wrap(socket.read(2)).getShort() & 0xFFFF;
        } else if (length == 127) {
            length = (int) ByteBuffer.wrap(socket.read(8)).getLong();
        }
        return new Frame(head, Bytes.wrap(socket.read(length)));
    }

    /// Reads on until a text has `part` in it.
    String await(String part) throws IOException {
        while (true) {
            Frame frame = read();
            if (frame.head() == CLOSE) {
                throw new IOException("closed: " + frame.closeCode());
            }
            if (frame.text().contains(part)) {
                return frame.text();
            }
        }
    }

    /// Reads on until the connection ends.
    ///
    /// @return the close code, 0 where none was said
    int closeCode() {
        int code = 0;
        long deadline = System.nanoTime() + 15_000_000_000L;
        try {
            while (true) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("still open");
                }
                Frame frame = read();
                if (frame.head() == CLOSE) {
                    code = frame.closeCode();
                    socket.trySend(frame(CLOSE, frame.payload().toArray()));
                }
            }
        } catch (java.net.SocketTimeoutException open) {
            throw new AssertionError("still open", open);
        } catch (IOException ended) {
            return code;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
