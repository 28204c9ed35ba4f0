package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A WebSocket server (RFC 6455) on loopback that says what a case tells it to. Of its connections the
/// newest is meant.
final class ConformanceServer implements AutoCloseable {
    /// What a new connection looks like among the frames.
    static final Map<String, @Nullable Object> CONNECTED = Map.of("t", "(connected)");

    private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int HEAD_MAX = 1 << 14;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int FINAL = 0x80;

    private final ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    private final Consumer<Map<String, @Nullable Object>> came;

    // Guarded by this.
    private @Nullable Socket current;
    private ObjectMessages form = ObjectMessages.JSON;

    /// @param came hears of connections and frames, the latter in the form that they have in JSON
    ConformanceServer(Consumer<Map<String, @Nullable Object>> came) throws IOException {
        this.came = came;
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The case is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            ObjectMessages spoken = upgrade(socket, in);
            synchronized (this) {
                current = socket;
                form = spoken;
            }
            came.accept(CONNECTED);
            read(socket, in, spoken);
        } catch (IOException | NoSuchAlgorithmException over) {
            // Whoever waits for more hears that nothing came.
        }
    }

    /// Takes the upgrade in the first of our codecs that the client names.
    private static ObjectMessages upgrade(Socket socket, DataInputStream in)
            throws IOException, NoSuchAlgorithmException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
            if (head.length() > HEAD_MAX) {
                throw new IOException("the request is too long");
            }
        }
        String key = header(head, "sec-websocket-key");
        String offered = header(head, "sec-websocket-protocol").split(",", 2)[0].strip();
        ObjectMessages spoken = ObjectMessages.of(offered);
        byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
        String answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + (offered.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + spoken.subprotocol() + "\r\n")
                + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n";
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        return spoken;
    }

    private static String header(CharSequence head, String name) {
        for (String line : head.toString().lines().toList()) {
            if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
                return line.substring(name.length() + 1).strip();
            }
        }
        return "";
    }

    private void read(Socket socket, DataInputStream in, ObjectMessages spoken) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        while (true) {
            int first = in.readUnsignedByte();
            int second = in.readUnsignedByte() & ~FINAL;
            long length = second == 126 ? in.readUnsignedShort() : second == 127 ? in.readLong() : second;
            if (length < 0 || length + message.size() > ObjectMessages.REQUEST_MAX) {
                throw new IOException("a message of more than " + ObjectMessages.REQUEST_MAX + " bytes");
            }
            byte[] mask = in.readNBytes(4);
            byte[] body = in.readNBytes((int) length);
            for (int i = 0; i < body.length; i++) {
                body[i] ^= mask[i % 4];
            }
            int kind = first & 0xF;
            if (kind == CLOSE) {
                return;
            } else if (kind == PING) {
                write(socket, PONG, body);
            } else if (kind < CLOSE) {
                message.writeBytes(body);
                if ((first & FINAL) != 0) {
                    came.accept(frame(Bytes.wrap(message.toByteArray()), spoken));
                    message.reset();
                }
            }
        }
    }

    private static Map<String, @Nullable Object> frame(Bytes bytes, ObjectMessages spoken) {
        try {
            Bytes json =
                    spoken == ObjectMessages.JSON ? bytes : ObjectMessages.JSON.encode(spoken.decodeRequest(bytes));
            return Json.parseObject(json);
        } catch (ProblemException unreadable) {
            return Map.of("t", "(unreadable)", "why", unreadable.detail());
        }
    }

    private static void write(Socket socket, int kind, byte[] body) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(body.length + 10).put((byte) (FINAL | kind));
        if (body.length < 126) {
            frame.put((byte) body.length);
        } else if (body.length <= 0xFFFF) {
            frame.put((byte) 126).putShort((short) body.length);
        } else {
            frame.put((byte) 127).putLong(body.length);
        }
        frame.put(body);
        synchronized (socket) {
            socket.getOutputStream().write(frame.array(), 0, frame.position());
        }
    }

    /// Sends a frame as it stands in JSON.
    void say(String json) throws IOException {
        Socket socket;
        ObjectMessages spoken;
        synchronized (this) {
            socket = current;
            spoken = form;
        }
        if (socket == null) {
            throw new IOException("the client is not connected");
        }
        Bytes text = Bytes.utf8(json);
        if (spoken == ObjectMessages.JSON) {
            write(socket, TEXT, text.toArray());
        } else {
            write(
                    socket,
                    BINARY,
                    spoken.encode(ObjectMessages.JSON.decodeAnswer(text)).toArray());
        }
    }

    /// Ends the connection as a cable does that is pulled.
    synchronized void cut() throws IOException {
        Socket socket = current;
        current = null;
        if (socket != null) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
