package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// WebSocket frames of a client (RFC 6455) on bytes that come as they come: masked ones out, whole messages in.
///
/// ```
/// ┌ fin ┬ opcode ┬ mask ┬ length: 7 bits, 126 and 16, or 127 and 64 ┬ masking key ┬ payload ┐
/// │  1  │  0 …  │  1  │                                          │  4 bytes  │         │
/// ```
/// Not for several threads at once, but [#masked] is.
final class Frames {
    static final int CLOSE = 8;
    static final int PONG = 10;
    static final int BINARY = 2;
    private static final int TEXT = 1;
    private static final int PING = 9;
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final int CONTROL_MAX = 125;
    private static final int BUFFER = 1 << 16;
    private static final int SHORT = 126;
    private static final int LONG = 127;

    /// Who is told what came.
    interface Owner {
        void message(Bytes whole);

        void ping(byte[] payload);

        void closed(int code, String reason);
    }

    /// Where bytes come from.
    interface Source {
        /// @return how many came, 0 where there are none yet, -1 at the end
        int read(ByteBuffer into) throws IOException;
    }

    private final Owner owner;
    private final int messageMax;
    private final ByteBuffer in = ByteBuffer.allocate(BUFFER);
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private boolean inParts;

    /// The payload that is being read, where its head has come.
    private byte[] payload = new byte[0];

    private int filled;
    private int head = -1;
    private boolean closed;

    Frames(Owner owner, int messageMax) {
        this.owner = owner;
        this.messageMax = messageMax;
    }

    /// @param first what came behind the handshake
    void begin(byte[] first, int from, int to) {
        in.put(first, from, to - from);
    }

    /// Reads what is there and tells the owner of whole messages, until there is nothing more for now.
    ///
    /// @return false at the end of the stream
    /// @throws ProblemException where the other end breaks the protocol
    boolean read(Source source) throws IOException {
        take();
        while (!closed) {
            boolean large = head >= 0 && payload.length - filled > in.capacity();
            ByteBuffer into = large ? ByteBuffer.wrap(payload, filled, payload.length - filled) : in;
            int wanted = into.remaining();
            int came = source.read(into);
            if (came < 0) {
                return false;
            }
            if (large) {
                filled += came;
            }
            take();
            if (came < wanted) {
                return true;
            }
        }
        return true;
    }

    /// Takes whole frames out of what has come.
    private void take() {
        in.flip();
        while (!closed && (head >= 0 || head())) {
            int some = Math.min(payload.length - filled, in.remaining());
            in.get(payload, filled, some);
            filled += some;
            if (filled < payload.length) {
                break;
            }
            int whole = head;
            byte[] its = payload;
            head = -1;
            frame(whole, its);
        }
        in.compact();
    }

    /// @return whether a whole head was there
    private boolean head() {
        int size = in.remaining() < 2 ? LONG : in.get(in.position() + 1) & 0xff;
        int more = size == SHORT ? 2 : size == LONG ? 8 : 0;
        if (in.remaining() < 2 + more) {
            return false;
        }
        int first = in.get() & 0xff;
        long length = in.get() & 0xff;
        if (length == SHORT) {
            length = in.getShort() & 0xffff;
        } else if (length == LONG) {
            length = in.getLong();
        } else if (length > LONG) {
            throw broken("a frame of the broker's is masked");
        }
        boolean control = (first & 8) != 0;
        if ((first & 0x70) != 0 || (control && ((first & FIN) == 0 || length > CONTROL_MAX))) {
            throw broken("a frame that is none");
        }
        if (length < 0 || length + parts.size() > messageMax) {
            throw new ProblemException(
                    Problem.PAYLOAD_TOO_LARGE, "a message has more than the allowed " + messageMax + " bytes");
        }
        head = first;
        payload = new byte[(int) length];
        filled = 0;
        return true;
    }

    private void frame(int first, byte[] its) {
        int opcode = first & 15;
        boolean last = (first & FIN) != 0;
        switch (opcode) {
            case BINARY, 0 -> {
                if ((opcode == 0) != inParts) {
                    throw broken("a part of no message");
                }
                if (last && !inParts) {
                    owner.message(Bytes.wrap(its));
                    return;
                }
                parts.writeBytes(its);
                inParts = !last;
                if (last) {
                    Bytes whole = Bytes.wrap(parts.toByteArray());
                    parts.reset();
                    owner.message(whole);
                }
            }
            case PING -> owner.ping(its);
            case PONG -> {
                // Nobody asked: beats tell that the other end is there.
            }
            case CLOSE -> {
                closed = true;
                int code = its.length < 2 ? 1005 : ((its[0] & 0xff) << 8) | (its[1] & 0xff);
                owner.closed(code, its.length < 2 ? "" : new String(its, 2, its.length - 2, StandardCharsets.UTF_8));
            }
            case TEXT -> throw broken("the broker sent text where binary is spoken");
            default -> throw broken("a frame of kind " + opcode);
        }
    }

    /// Nothing is told any more.
    void end() {
        closed = true;
    }

    private static ProblemException broken(String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, why);
    }

    /// A whole frame.
    ///
    /// @param key that nobody can foresee
    static ByteBuffer masked(int opcode, ByteBuffer payload, int key) {
        int length = payload.remaining();
        int extra = length < SHORT ? 0 : length < 1 << 16 ? 2 : 8;
        ByteBuffer frame = ByteBuffer.allocate(6 + extra + length);
        frame.put((byte) (FIN | opcode));
        if (extra == 0) {
            frame.put((byte) (MASKED | length));
        } else if (extra == 2) {
            frame.put((byte) (MASKED | SHORT)).putShort((short) length);
        } else {
            frame.put((byte) (MASKED | LONG)).putLong(length);
        }
        frame.putInt(key);
        while (payload.remaining() >= Integer.BYTES) {
            frame.putInt(payload.getInt() ^ key);
        }
        for (int shift = 24; payload.hasRemaining(); shift -= 8) {
            frame.put((byte) (payload.get() ^ (key >> shift)));
        }
        return frame.flip();
    }

    /// The payload of a close frame.
    static ByteBuffer closing(int code) {
        return ByteBuffer.allocate(2).putShort((short) code).flip();
    }
}
