package com.databroker.sources;

import org.jspecify.annotations.Nullable;

/// Names are bytes. In text they are lower case, without the dot at their end, and what is not printable or
/// would be read as something else is escaped: `\.` for a dot within a label, `\\`, `\032` for the byte 32.
/// The root is `.`.
final class DnsNames {
    /// The longest name in a message, with its lengths and the end.
    static final int WIRE_MAX = 255;

    private static final int LABEL_MAX = 63;

    private DnsNames() {}

    /// Writes a name, given as labels with a length before each and a zero at the end, within a JSON
    /// string.
    static void write(byte[] wire, int offset, DnsJson json) {
        int at = offset;
        int size = wire[at] & 0xff;
        if (size == 0) {
            json.raw('.');
            return;
        }
        while (size > 0) {
            for (int i = 1; i <= size; i++) {
                escape(wire[at + i], json);
            }
            at += size + 1;
            size = wire[at] & 0xff;
            if (size > 0) {
                json.raw('.');
            }
        }
    }

    /// One byte of a label or a text.
    static void escape(byte each, DnsJson json) {
        if (each == '.' || each == '\\') {
            // The backslash itself is escaped once more by JSON.
            json.raw("\\\\");
            json.character(each);
        } else if (each > ' ' && each < 127) {
            json.character(each);
        } else {
            int value = each & 0xff;
            json.raw("\\\\")
                    .raw((char) ('0' + value / 100))
                    .raw((char) ('0' + value / 10 % 10))
                    .raw((char) ('0' + value % 10));
        }
    }

    static byte lower(byte each) {
        return each >= 'A' && each <= 'Z' ? (byte) (each + 32) : each;
    }

    /// Reads a name from the text of a log into labels with lengths, as it is written there; null where it
    /// is none.
    static byte @Nullable [] parse(String text) {
        byte[] wire = new byte[WIRE_MAX];
        if (text.equals(".")) {
            return new byte[1];
        }
        int begin = 0;
        int at = 1;
        int i = 0;
        while (i < text.length()) {
            char each = text.charAt(i);
            int width = 1;
            int value = each;
            if (each == '\\') {
                width = escapeWidth(text, i);
                value = width == 4 ? Integer.parseInt(text, i + 1, i + 4, 10) : width == 2 ? text.charAt(i + 1) : 256;
            }
            i += width;
            if (each == '.') {
                if (at - begin - 1 == 0) {
                    return null;
                }
                wire[begin] = (byte) (at - begin - 1);
                begin = at;
            } else if (value > 255 || at - begin > LABEL_MAX) {
                return null;
            } else {
                wire[at] = (byte) value;
            }
            at++;
            if (at >= WIRE_MAX) {
                return null;
            }
        }
        if (at - begin == 1) {
            // It ended with a dot, or there was nothing at all.
            return begin == 0 ? null : wire;
        }
        wire[begin] = (byte) (at - begin - 1);
        return wire;
    }

    private static int escapeWidth(String text, int at) {
        int digits = 0;
        while (digits < 3
                && at + 1 + digits < text.length()
                && text.charAt(at + 1 + digits) >= '0'
                && text.charAt(at + 1 + digits) <= '9') {
            digits++;
        }
        if (digits == 3) {
            return 4;
        }
        return digits == 0 && at + 1 < text.length() ? 2 : 1;
    }

    /// Makes a name lower case in place; whether there were both capital and small letters.
    static boolean lowerCase(byte[] wire, int offset) {
        boolean capital = false;
        boolean small = false;
        int at = offset;
        int size = wire[at] & 0xff;
        while (size > 0) {
            for (int i = 1; i <= size; i++) {
                byte each = wire[at + i];
                if (each >= 'A' && each <= 'Z') {
                    capital = true;
                    wire[at + i] = (byte) (each + 32);
                } else if (each >= 'a' && each <= 'z') {
                    small = true;
                }
            }
            at += size + 1;
            size = wire[at] & 0xff;
        }
        return capital && small;
    }
}
