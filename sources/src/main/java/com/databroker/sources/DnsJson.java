package com.databroker.sources;

import com.databroker.core.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes one JSON object into a buffer that is used again: the reader's hot path makes no other garbage
/// than the result. Names of members are plain ASCII; values are escaped.
final class DnsJson {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private static final int DIGITS_MAX = 19;
    private static final byte[] TENS = new byte[100];
    private static final byte[] ONES = new byte[100];
    private static final long[] POWERS = new long[DIGITS_MAX];

    static {
        for (int i = 0; i < TENS.length; i++) {
            TENS[i] = (byte) ('0' + i / 10);
            ONES[i] = (byte) ('0' + i % 10);
        }
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = 10 * POWERS[i - 1];
        }
    }

    private byte[] bytes = new byte[1024];
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    Bytes copy() {
        return Bytes.copyOf(bytes, 0, length);
    }

    /// Room for `count` more bytes, and where they begin.
    private int room(int count) {
        if (bytes.length - length < count) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + count));
        }
        return length;
    }

    DnsJson raw(char one) {
        room(1);
        bytes[length++] = (byte) one;
        return this;
    }

    /// ASCII that is written as it is.
    @SuppressWarnings("deprecation") // the fastest way from ASCII to bytes, and ASCII it is
    DnsJson raw(String ascii) {
        int at = room(ascii.length());
        ascii.getBytes(0, ascii.length(), bytes, at);
        length += ascii.length();
        return this;
    }

    void append(DnsJson other) {
        int at = room(other.length);
        System.arraycopy(other.bytes, 0, bytes, at, other.length);
        length += other.length;
    }

    /// Begins a member: `,"name":`, without the comma where it is the first of its object.
    DnsJson key(String name) {
        if (length > 0 && bytes[length - 1] != '{') {
            raw(',');
        }
        return raw('"').raw(name).raw("\":");
    }

    void member(String name, long value) {
        key(name).number(value);
    }

    void member(String name, boolean value) {
        key(name).raw(value ? "true" : "false");
    }

    /// A member with ASCII that needs no escape.
    void plain(String name, String value) {
        key(name).raw('"').raw(value).raw('"');
    }

    void text(String name, String value) {
        key(name).quoted(value);
    }

    DnsJson quoted(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        raw('"');
        for (byte each : utf8) {
            character(each);
        }
        return raw('"');
    }

    /// One byte of a JSON string: ASCII, or a part of UTF-8 that is valid.
    void character(byte each) {
        if (each == '"' || each == '\\') {
            raw('\\').raw((char) each);
        } else if (each >= 0 && each < ' ') {
            raw("\\u00");
            int at = room(2);
            bytes[at] = HEX[each >> 4];
            bytes[at + 1] = HEX[each & 15];
            length += 2;
        } else {
            room(1);
            bytes[length++] = each;
        }
    }

    DnsJson number(long value) {
        if (value == Long.MIN_VALUE) {
            return raw("-9223372036854775808");
        }
        long rest = value;
        if (rest < 0) {
            raw('-');
            rest = -rest;
        }
        int at = room(DIGITS_MAX) + digits(rest);
        length = at;
        while (rest > Integer.MAX_VALUE) {
            long hundreds = rest / 100;
            at = pair((int) (rest - hundreds * 100), at);
            rest = hundreds;
        }
        int small = (int) rest;
        while (small >= 100) {
            int hundreds = small / 100;
            at = pair(small - hundreds * 100, at);
            small = hundreds;
        }
        if (small >= 10) {
            pair(small, at);
        } else {
            bytes[at - 1] = (byte) ('0' + small);
        }
        return this;
    }

    /// Writes two digits that end before `at`.
    private int pair(int value, int at) {
        bytes[at - 1] = ONES[value];
        bytes[at - 2] = TENS[value];
        return at - 2;
    }

    private static int digits(long value) {
        int guess = ((Long.SIZE - Long.numberOfLeadingZeros(value | 1)) * 1233) >> 12;
        return value < POWERS[guess] ? Math.max(guess, 1) : guess + 1;
    }
}
