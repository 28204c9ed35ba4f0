package com.databroker.sources;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Reads and writes Frame Streams, in which dnstap travels:
///
/// ```
///   data:     length(4) bytes                       length is not 0
///   control:  0(4) length(4) type(4) { 1(4) length(4) content type } …
///
///   a file, or one way:   START data … STOP
///   both ways:            READY ▶ ◀ ACCEPT ▶ START data … STOP ▶ ◀ FINISH
/// ```
///
/// Numbers are big-endian. A frame that is too long is the end: what follows would not be at a frame's
/// begin.
final class FrameStream {
    static final String DNSTAP = "protobuf:dnstap.Dnstap";
    static final int FRAME_MAX = 128 << 10;
    static final int CONTROL_MAX = 512;

    private static final int WORD = 4;
    private static final int CONTENT_TYPE = 1;

    /// What [#next] found; control frames with their numbers.
    enum Kind {
        DATA(0),
        ACCEPT(1),
        START(2),
        STOP(3),
        READY(4),
        FINISH(5),
        /// The bytes ended between two frames.
        END(0),
        /// The rest cannot be read; [#reason] says why.
        BROKEN(0);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        private static Kind control(int number) {
            for (Kind kind : values()) {
                if (number > 0 && kind.number == number) {
                    return kind;
                }
            }
            return BROKEN;
        }
    }

    private final DnsInput in;
    private List<String> contentTypes = List.of();
    private String reason = "";
    private int held;

    /// @param in with a window of at least [#FRAME_MAX] and 8 bytes more
    FrameStream(DnsInput in) {
        this.in = in;
    }

    /// Whether the bytes begin with a control frame, of which 12 are there.
    static boolean begins(byte[] bytes, int at) {
        int length = DnsInput.intBe(bytes, at + WORD);
        int type = DnsInput.intBe(bytes, at + 2 * WORD);
        return DnsInput.intBe(bytes, at) == 0 && length >= WORD && length <= CONTROL_MAX && type >= 1 && type <= 5;
    }

    /// Goes to the next frame. Its payload lies in [#array] until then.
    Kind next() throws IOException {
        in.skip(held);
        held = 0;
        if (!in.ensure(WORD)) {
            return in.available() == 0 ? Kind.END : broken("the bytes end within the length of a frame");
        }
        int length = DnsInput.intBe(in.array(), in.offset());
        if (length == 0) {
            return control();
        }
        if (length < 0 || length > FRAME_MAX) {
            return broken("a frame of " + Integer.toUnsignedString(length) + " bytes, where " + FRAME_MAX
                    + " is the most: nothing behind it can be read");
        }
        if (!in.ensure(WORD + length)) {
            return broken("the bytes end within a frame of " + length);
        }
        in.skip(WORD);
        held = length;
        return Kind.DATA;
    }

    /// Whether the next frame is of data and here as a whole: [#next] does not wait for it.
    boolean holdsData() {
        int at = in.offset() + held;
        int left = in.available() - held;
        if (left <= WORD) {
            return false;
        }
        int length = DnsInput.intBe(in.array(), at);
        return length > 0 && length <= left - WORD;
    }

    private Kind control() throws IOException {
        if (!in.ensure(2 * WORD)) {
            return broken("the bytes end within a control frame");
        }
        int length = DnsInput.intBe(in.array(), in.offset() + WORD);
        if (length < WORD || length > CONTROL_MAX) {
            return broken("a control frame of " + Integer.toUnsignedString(length) + " bytes, where " + CONTROL_MAX
                    + " is the most");
        }
        if (!in.ensure(2 * WORD + length)) {
            return broken("the bytes end within a control frame");
        }
        in.skip(2 * WORD);
        held = length;
        int type = DnsInput.intBe(in.array(), in.offset());
        Kind kind = Kind.control(type);
        if (kind == Kind.BROKEN) {
            return broken("a control frame of type " + Integer.toUnsignedString(type));
        }
        return readContentTypes(length) ? kind : broken("a control frame whose fields go beyond it");
    }

    private boolean readContentTypes(int length) {
        List<String> found = new ArrayList<>();
        int at = in.offset() + WORD;
        int end = in.offset() + length;
        while (at < end) {
            int size = end - at < 2 * WORD ? -1 : DnsInput.intBe(in.array(), at + WORD);
            if (size < 0 || size > end - at - 2 * WORD) {
                return false;
            }
            if (DnsInput.intBe(in.array(), at) == CONTENT_TYPE) {
                found.add(new String(in.array(), at + 2 * WORD, size, StandardCharsets.US_ASCII));
            }
            at += 2 * WORD + size;
        }
        contentTypes = List.copyOf(found);
        return true;
    }

    private Kind broken(String why) {
        reason = why;
        return Kind.BROKEN;
    }

    byte[] array() {
        return in.array();
    }

    int offset() {
        return in.offset();
    }

    int length() {
        return held;
    }

    /// Of the last control frame.
    List<String> contentTypes() {
        return contentTypes;
    }

    String reason() {
        return reason;
    }

    /// A control frame as it is sent.
    static byte[] control(Kind kind, String... contentTypes) {
        if (kind.number == 0) {
            throw new IllegalArgumentException(kind + " is no control frame");
        }
        int length = WORD;
        for (String type : contentTypes) {
            length += 2 * WORD + type.length();
        }
        byte[] frame = new byte[2 * WORD + length];
        putInt(frame, WORD, length);
        putInt(frame, 2 * WORD, kind.number);
        int at = 3 * WORD;
        for (String type : contentTypes) {
            byte[] ascii = type.getBytes(StandardCharsets.US_ASCII);
            putInt(frame, at, CONTENT_TYPE);
            putInt(frame, at + WORD, ascii.length);
            System.arraycopy(ascii, 0, frame, at + 2 * WORD, ascii.length);
            at += 2 * WORD + ascii.length;
        }
        return frame;
    }

    /// A data frame as it is sent.
    static byte[] data(byte[] payload) {
        if (payload.length == 0 || payload.length > FRAME_MAX) {
            throw new IllegalArgumentException("a data frame of " + payload.length + " bytes");
        }
        byte[] frame = new byte[WORD + payload.length];
        putInt(frame, 0, payload.length);
        System.arraycopy(payload, 0, frame, WORD, payload.length);
        return frame;
    }

    static void putInt(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >> 24);
        bytes[at + 1] = (byte) (value >> 16);
        bytes[at + 2] = (byte) (value >> 8);
        bytes[at + 3] = (byte) value;
    }
}
