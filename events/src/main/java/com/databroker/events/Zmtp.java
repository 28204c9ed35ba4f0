package com.databroker.events;

import com.databroker.core.Problem;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/// The bytes of ZMTP 3.0 and 3.1 (ZeroMQ RFC 23 and 37).
///
/// ```
/// greeting  FF 00×8 7F | 03 minor | mechanism, 20 bytes, padded with 0 | as-server | 00×31
/// frame     flags | length: 1 byte, or 8 where flags have LONG | body
/// command   a frame with COMMAND: length of name | name | data
/// ```
final class Zmtp {
    static final int MORE = 0x01;
    static final int LONG = 0x02;
    static final int COMMAND = 0x04;

    static final int GREETING_LENGTH = 64;

    private static final int SHORT_MAX = 255;

    private Zmtp() {}

    /// Bytes of the header whose first byte is `flags`.
    static int headerLength(int flags) {
        return (flags & LONG) == 0 ? 2 : 9;
    }

    /// Bytes of a frame with a body of `length`, in its shortest form.
    static int frameLength(int length) {
        return length + (length > SHORT_MAX ? 9 : 2);
    }

    static void writeHeader(ByteBuf out, int flags, int length) {
        if (length > SHORT_MAX) {
            out.writeByte(flags | LONG).writeLong(length);
        } else {
            out.writeByte(flags).writeByte(length);
        }
    }

    static ByteBuf greeting(String mechanism) {
        ByteBuf out = ByteBufAllocator.DEFAULT.buffer(GREETING_LENGTH);
        out.writeByte(0xFF).writeZero(8).writeByte(0x7F).writeByte(3).writeByte(1);
        out.writeCharSequence(mechanism, StandardCharsets.US_ASCII);
        out.writeZero(20 - mechanism.length());
        // As-server: of the three mechanisms only CURVE distinguishes, and PLAIN's client ignores it.
        out.writeByte(mechanism.equals("NULL") ? 0 : 1).writeZero(31);
        return out;
    }

    /// A command with `data`, which is released.
    static ByteBuf command(String name, ByteBuf data) {
        try {
            int length = 1 + name.length() + data.readableBytes();
            ByteBuf out = ByteBufAllocator.DEFAULT.buffer(9 + length);
            writeHeader(out, COMMAND, length);
            out.writeByte(name.length());
            out.writeCharSequence(name, StandardCharsets.US_ASCII);
            return out.writeBytes(data);
        } finally {
            data.release();
        }
    }

    static ByteBuf text(String text) {
        ByteBuf out = ByteBufAllocator.DEFAULT.buffer(text.length());
        out.writeCharSequence(text, StandardCharsets.US_ASCII);
        return out;
    }

    /// An ERROR command: its reason is at most 255 ASCII characters.
    static ByteBuf error(String reason) {
        String ascii = reason.replaceAll("[^ -~]", "?");
        String cut = ascii.length() > SHORT_MAX ? ascii.substring(0, SHORT_MAX) : ascii;
        return command("ERROR", text("").writeByte(cut.length()).writeBytes(cut.getBytes(StandardCharsets.US_ASCII)));
    }

    /// Appends one metadata property: length of name, name, 4 bytes length of value, value.
    static ByteBuf property(ByteBuf out, String name, String value) {
        out.writeByte(name.length());
        out.writeCharSequence(name, StandardCharsets.US_ASCII);
        out.writeInt(value.length());
        out.writeCharSequence(value, StandardCharsets.US_ASCII);
        return out;
    }

    /// Length of the body of the frame at the reader index when all of it is there, else -1.
    static int completeFrame(ByteBuf in, long max) {
        int readable = in.readableBytes();
        if (readable < 2) {
            return -1;
        }
        int at = in.readerIndex();
        int flags = in.getByte(at);
        if ((flags & ~(MORE | LONG | COMMAND)) != 0 || (flags & 5) == 5) {
            throw new ZmtpRefused("malformed frame");
        }
        boolean isLong = (flags & LONG) != 0;
        if (isLong && readable < 9) {
            return -1;
        }
        long length = isLong ? in.getLong(at + 1) : in.getUnsignedByte(at + 1);
        if (length < 0 || length > max) {
            throw new ZmtpRefused(
                    Problem.PAYLOAD_TOO_LARGE, "frame of " + length + " bytes, at most " + max + " are allowed");
        }
        return readable >= (isLong ? 9 : 2) + length ? (int) length : -1;
    }

    /// Reads the name of a command and leaves its data.
    static String commandName(ByteBuf body) {
        if (!body.isReadable()) {
            throw new ZmtpRefused("malformed command");
        }
        int length = body.readUnsignedByte();
        if (length == 0 || length > body.readableBytes()) {
            throw new ZmtpRefused("malformed command");
        }
        return body.readCharSequence(length, StandardCharsets.US_ASCII).toString();
    }
}
