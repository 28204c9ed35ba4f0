package com.databroker.sources;

import com.databroker.core.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes one JSON object into a buffer that is used again: the reader's hot path makes no other garbage
/// than the result. Names of members are plain ASCII; values are escaped.
final class DnsJson {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

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
        int digits = 1;
        for (long power = rest; power >= 10; power /= 10) {
            digits++;
        }
        int at = room(digits) + digits;
        length = at;
        do {
            bytes[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        return this;
    }
}
