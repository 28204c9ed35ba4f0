package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessages;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Over the ZeroMQ port as a DEALER with PLAIN, in ZMTP 3.0 written by hand: greeting, HELLO, INITIATE,
/// then messages of two frames.
final class ConformanceZmq extends ConformanceLink {
    private static final int MORE = 1;
    private static final int LONG = 2;
    private static final int COMMAND = 4;
    private static final int GREETING_LENGTH = 64;
    private static final int FRAME_MAX = 32 << 20;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final byte[] name;
    private volatile boolean closed;

    ConformanceZmq(URI broker, String user, String token, ObjectMessages form) throws IOException {
        super(form);
        name = ("$" + form.subprotocol()).getBytes(StandardCharsets.US_ASCII);
        int patience = (int) PATIENCE.toMillis();
        socket.connect(new InetSocketAddress(broker.getHost(), broker.getPort()), patience);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(patience);
        in = new DataInputStream(socket.getInputStream());
        ByteBuffer greeting = ByteBuffer.allocate(GREETING_LENGTH);
        greeting.put((byte) 0xFF)
                .put(new byte[8])
                .put((byte) 0x7F)
                .put((byte) 3)
                .put((byte) 0);
        greeting.put("PLAIN".getBytes(StandardCharsets.US_ASCII));
        out().write(greeting.array());
        in.readNBytes(GREETING_LENGTH);
        command("HELLO", joined(text(user), text(token)));
        expect("WELCOME");
        byte[] dealer = "DEALER".getBytes(StandardCharsets.US_ASCII);
        command(
                "INITIATE",
                joined(
                        text("Socket-Type"),
                        ByteBuffer.allocate(4).putInt(dealer.length).array(),
                        dealer));
        expect("READY");
        socket.setSoTimeout(0);
        Thread.ofVirtual().start(this::read);
    }

    private OutputStream out() throws IOException {
        return socket.getOutputStream();
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return joined(new byte[] {(byte) bytes.length}, bytes);
    }

    private static byte[] joined(byte[]... parts) {
        byte[] all = {};
        for (byte[] part : parts) {
            int length = all.length;
            all = Arrays.copyOf(all, length + part.length);
            System.arraycopy(part, 0, all, length, part.length);
        }
        return all;
    }

    private static byte[] frame(int flags, byte[] body) {
        ByteBuffer head = body.length > 0xFF
                ? ByteBuffer.allocate(9).put((byte) (flags | LONG)).putLong(body.length)
                : ByteBuffer.allocate(2).put((byte) flags).put((byte) body.length);
        return joined(head.array(), body);
    }

    private void command(String of, byte[] data) throws IOException {
        out().write(frame(COMMAND, joined(text(of), data)));
    }

    private void expect(String of) throws IOException {
        byte[] body = frame();
        if (body.length < 1 || !new String(body, 1, body[0], StandardCharsets.US_ASCII).equals(of)) {
            throw new IOException("the handshake was refused; is the token that of the user?");
        }
    }

    private int flags;

    private byte[] frame() throws IOException {
        flags = in.readUnsignedByte();
        long length = (flags & LONG) == 0 ? in.readUnsignedByte() : in.readLong();
        if (length < 0 || length > FRAME_MAX) {
            throw new IOException("a frame of " + length + " bytes");
        }
        byte[] body = in.readNBytes((int) length);
        if (body.length < length) {
            throw new EOFException("a frame ended too early");
        }
        return body;
    }

    private void read() {
        try {
            boolean named = false;
            while (true) {
                byte[] body = frame();
                if ((flags & COMMAND) == 0) {
                    boolean more = (flags & MORE) != 0;
                    if (named && !more) {
                        came(Bytes.wrap(body));
                    }
                    named = more && Arrays.equals(body, name);
                }
            }
        } catch (IOException over) {
            if (!closed) {
                ended(0);
            }
        }
    }

    @Override
    void send(Bytes bytes) throws IOException {
        out().write(joined(frame(MORE, name), frame(0, bytes.toArray())));
    }

    @Override
    public void close() throws IOException {
        closed = true;
        socket.close();
    }
}
