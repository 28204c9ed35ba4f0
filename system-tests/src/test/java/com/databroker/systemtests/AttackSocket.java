package com.databroker.systemtests;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/// A TCP connection that says what no well-behaved client would say. Text is one character a byte.
final class AttackSocket implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    /// One HTTP answer.
    record Answer(int status, String head, String body) {
        String header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    private final Socket socket;

    private AttackSocket(Socket socket) {
        this.socket = socket;
    }

    static AttackSocket connect(int port) throws IOException {
        return connect(port, "127.0.0.1", 64 << 10);
    }

    /// @param from own address, by which the broker counts
    /// @param receiveBuffer bytes that wait unread before the broker must
    static AttackSocket connect(int port, String from, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(receiveBuffer);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), PATIENCE_MILLIS);
        return new AttackSocket(socket);
    }

    /// A connection that is already there, as one under TLS.
    static AttackSocket over(Socket socket) throws IOException {
        socket.setSoTimeout(PATIENCE_MILLIS);
        return new AttackSocket(socket);
    }

    AttackSocket send(String latin1) throws IOException {
        return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    AttackSocket send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /// Sends what the other side may no longer want.
    ///
    /// @return whether it went out
    boolean trySend(byte[] bytes) {
        try {
            send(bytes);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    boolean trySend(String latin1) {
        return trySend(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Sends one byte after the other, a little apart, until the other side ends the connection.
    ///
    /// @return milliseconds it took
    long drip(String text, long everyMillis) throws IOException {
        long start = System.nanoTime();
        socket.setSoTimeout((int) everyMillis);
        for (int i = 0; i < 10_000; i++) {
            if (!trySend(text.substring(i % text.length(), i % text.length() + 1)) || hasEnded()) {
                return (System.nanoTime() - start) / 1_000_000;
            }
        }
        throw new AssertionError("10,000 bytes were dripped and the connection is still open");
    }

    /// Drips until there is an answer.
    String dripUntilAnswered(String text, long everyMillis) throws IOException {
        socket.setSoTimeout((int) everyMillis);
        for (int i = 0; i < 10_000; i++) {
            trySend(text);
            try {
                int first = socket.getInputStream().read();
                socket.setSoTimeout(PATIENCE_MILLIS);
                return first < 0 ? "" : (char) first + readToEnd();
            } catch (SocketTimeoutException notYet) {
                // The next byte, then.
            }
        }
        throw new AssertionError("10,000 bytes were dripped without an answer");
    }

    /// Sends the same again and again until the other side takes no more for a while, or `max` bytes are sent.
    void sendUntilStuck(byte[] bytes, long max) {
        java.util.concurrent.atomic.AtomicLong sent = new java.util.concurrent.atomic.AtomicLong();
        Thread sender = Thread.ofVirtual().start(() -> {
            while (sent.get() < max && trySend(bytes)) {
                sent.addAndGet(bytes.length);
            }
        });
        long seen = -1;
        while (sender.isAlive() && seen != sent.get()) {
            seen = sent.get();
            java.util.concurrent.locks.LockSupport.parkNanos(700_000_000);
        }
    }

    private boolean hasEnded() {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    int read() throws IOException {
        return socket.getInputStream().read();
    }

    byte[] read(int length) throws IOException {
        byte[] bytes = socket.getInputStream().readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("ended after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    /// Everything until the other side ends the connection.
    String readToEnd() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        try {
            InputStream in = socket.getInputStream();
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                all.write(part, 0, n);
            }
        } catch (SocketTimeoutException open) {
            throw new AssertionError("still open; said was: " + all.toString(StandardCharsets.ISO_8859_1), open);
        } catch (IOException reset) {
            // An end like another.
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /// One HTTP answer, without waiting for the end of the connection.
    Answer answer() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = read();
            if (c < 0) {
                throw new IOException("ended within the head: " + head);
            }
            head.append((char) c);
        }
        Answer bare = new Answer(Integer.parseInt(head.substring(9, 12)), head.toString(), "");
        String length = bare.header("content-length");
        byte[] body = read(length.isEmpty() ? 0 : Integer.parseInt(length));
        return new Answer(bare.status, bare.head, new String(body, StandardCharsets.UTF_8));
    }

    boolean isClosedByPeer() {
        try {
            socket.setSoTimeout(1);
            return hasEnded();
        } catch (IOException closed) {
            return true;
        }
    }

    /// No more will be sent.
    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException gone) {
            throw new IllegalStateException(gone);
        }
    }

    /// Waits until something holds.
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("did not come true: " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
    }
}
