package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.EventMessages;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Position;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A real WebSocket server (RFC 6455) on a real socket, whose connections behave one after the other as scripts say.
final class ScriptedBroker implements AutoCloseable {
    static final long EPOCH = 0x19a3f2c1b7dL;

    /// What one connection does, from its upgrade request on. When it returns, the connection is cut.
    interface Script {
        void play(Line line) throws Exception;
    }

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

    ScriptedBroker(Script... script) throws IOException {
        for (Script each : script) {
            scripts.add(each);
        }
        start("scripted-broker", this::accept);
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    int connections() {
        return accepted.get();
    }

    static Position at(long offset) {
        return new Position(EPOCH, offset);
    }

    static Event event(long offset, String topic) {
        return event(offset, topic, Bytes.utf8("{}"));
    }

    static Event event(long offset, String topic, Bytes payload) {
        return new Event(at(offset), Instant.EPOCH, "anna", Publication.of(Topic.of(topic), payload));
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                accepted.incrementAndGet();
                start("scripted-connection", () -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        Script script = scripts.poll();
        try (socket) {
            if (script != null) {
                script.play(new Line(socket));
            }
        } catch (Throwable failure) {
            failures.add(failure);
        }
    }

    /// @throws AssertionError where a script did not end as written
    @Override
    public void close() throws IOException {
        server.close();
        Throwable failure = failures.poll();
        if (failure != null) {
            throw new AssertionError("a script failed", failure);
        }
    }

    /// The broker's end of one connection.
    static final class Line {
        final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        final BlockingQueue<Integer> pings = new LinkedBlockingQueue<>();
        boolean answersPings = true;
        private int closeCode = -1;
        private final DataInputStream in;
        private final OutputStream out;

        Line(Socket socket) throws IOException {
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.readUnsignedByte());
            }
            String[] lines = head.toString().split("\r\n", -1);
            headers.put("request", lines[0]);
            for (int i = 1; i < lines.length && !lines[i].isEmpty(); i++) {
                int colon = lines[i].indexOf(':');
                headers.put(
                        lines[i].substring(0, colon),
                        lines[i].substring(colon + 1).strip());
            }
        }

        void refuse(String status, Bytes problem) throws IOException {
            write("HTTP/1.1 " + status + "\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
                    + "Content-Length: " + problem.length() + "\r\n\r\n" + problem.utf8());
        }

        /// Takes the upgrade, and says welcome.
        Line welcome() throws Exception {
            upgrade("databroker.v1.cbor");
            send(new EventMessage.Welcome("anna", at(0), Map.of()));
            return this;
        }

        void upgrade(String subprotocol) throws Exception {
            String key = headers.get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(key.getBytes(StandardCharsets.US_ASCII));
            write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Protocol: " + subprotocol + "\r\n"
                    + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n");
        }

        private void write(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }

        void send(EventMessage.Answer answer) throws IOException {
            frame(0x82, EventMessages.CBOR.encode(answer).toArray());
        }

        void deliver(Event event) throws IOException {
            send(new EventMessage.Delivery(event));
        }

        void text(String text) throws IOException {
            frame(0x81, text.getBytes(StandardCharsets.UTF_8));
        }

        /// In three fragments, with a ping between the first two.
        void deliverInPieces(Event event) throws IOException {
            byte[] whole =
                    EventMessages.CBOR.encode(new EventMessage.Delivery(event)).toArray();
            int third = whole.length / 3;
            frame(0x02, java.util.Arrays.copyOfRange(whole, 0, third));
            frame(0x89, new byte[] {1});
            frame(0x00, java.util.Arrays.copyOfRange(whole, third, 2 * third));
            frame(0x80, java.util.Arrays.copyOfRange(whole, 2 * third, whole.length));
        }

        void close(int code, String reason) throws IOException {
            byte[] text = reason.getBytes(StandardCharsets.UTF_8);
            frame(
                    0x88,
                    ByteBuffer.allocate(2 + text.length)
                            .putShort((short) code)
                            .put(text)
                            .array());
            untilEnd();
        }

        private void frame(int head, byte[] payload) throws IOException {
            ByteBuffer frame = ByteBuffer.allocate(payload.length + 10).put((byte) head);
            if (payload.length < 126) {
                frame.put((byte) payload.length);
            } else if (payload.length < 1 << 16) {
                frame.put((byte) 126).putShort((short) payload.length);
            } else {
                frame.put((byte) 127).putLong(payload.length);
            }
            frame.put(payload);
            out.write(frame.array(), 0, frame.position());
            out.flush();
        }

        /// The next request of the client. Pings are answered on the way.
        EventMessage.Request next() throws IOException {
            byte[] message = read();
            if (message == null) {
                throw new EOFException("the client closed");
            }
            return EventMessages.CBOR.decodeRequest(Bytes.wrap(message));
        }

        /// As [#next], where objects are spoken of.
        ObjectMessage.Request nextOfObjects() throws IOException {
            byte[] message = read();
            if (message == null) {
                throw new EOFException("the client closed");
            }
            return ObjectMessages.CBOR.decodeRequest(Bytes.wrap(message));
        }

        void send(ObjectMessage answer) throws IOException {
            frame(0x82, ObjectMessages.CBOR.encode(answer).toArray());
        }

        EventMessage.Subscribe takeSubscribe(Position from) throws IOException {
            EventMessage.Subscribe subscribe = (EventMessage.Subscribe) next();
            send(new EventMessage.Ack(subscribe.id(), from));
            return subscribe;
        }

        EventMessage.Publish takePublish(Position position) throws IOException {
            EventMessage.Publish publish = (EventMessage.Publish) next();
            send(new EventMessage.Ack(publish.id(), position));
            return publish;
        }

        /// Reads on until the client is gone.
        ///
        /// @return the code of its close frame, -1 without one
        int untilEnd() throws IOException {
            try {
                byte[] message = read();
                while (message != null) {
                    message = read();
                }
                return closeCode;
            } catch (IOException gone) {
                return closeCode;
            }
        }

        private byte @Nullable [] read() throws IOException {
            while (true) {
                int opcode = in.readUnsignedByte() & 0x0f;
                int length = in.readUnsignedByte() & 0x7f;
                if (length == 126) {
                    length = in.readUnsignedShort();
                } else if (length == 127) {
                    length = Math.toIntExact(in.readLong());
                }
                byte[] mask = in.readNBytes(4);
                byte[] payload = in.readNBytes(length);
                for (int i = 0; i < payload.length; i++) {
                    payload[i] ^= mask[i % 4];
                }
                if (opcode == 8) {
                    closeCode =
                            payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
                    frame(0x88, payload);
                    return null;
                } else if (opcode == 9) {
                    pings.add(length);
                    if (answersPings) {
                        frame(0x8a, payload);
                    }
                } else if (opcode != 10) {
                    return payload;
                }
            }
        }
    }

    /// The next of `queue`, within what a loaded machine needs.
    static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing came within 20 s");
        }
        return next;
    }
}
