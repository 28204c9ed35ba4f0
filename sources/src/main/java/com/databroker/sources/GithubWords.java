package com.databroker.sources;

import com.databroker.core.Utf8;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Looks for bytes eight at a time: an event is three kilobytes of which few bytes mean anything to whoever
/// cuts it.
final class GithubWords {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long NEWLINES = ONES * '\n';
    private static final long QUOTES = ONES * '"';
    private static final long ESCAPES = ONES * '\\';
    private static final long ATS = ONES * '@';

    private GithubWords() {}

    /// The place of the first newline, `to` where there is none.
    static int newline(byte[] bytes, int from, int to) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            long hits = zeros((long) LONGS.get(bytes, at) ^ NEWLINES);
            if (hits != 0) {
                return at + (Long.numberOfTrailingZeros(hits) >> 3);
            }
        }
        while (at < to && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    /// The place of the first quote or backslash, `to` where there is none.
    static int quoteOrEscape(byte[] bytes, int from, int to) {
        return either(bytes, from, to, '"', QUOTES);
    }

    /// The place of the first `@` or backslash, `to` where there is none.
    static int atOrEscape(byte[] bytes, int from, int to) {
        return either(bytes, from, to, '@', ATS);
    }

    private static int either(byte[] bytes, int from, int to, char one, long ones) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            long word = (long) LONGS.get(bytes, at);
            long hits = zeros(word ^ ones) | zeros(word ^ ESCAPES);
            if (hits != 0) {
                return at + (Long.numberOfTrailingZeros(hits) >> 3);
            }
        }
        while (at < to && bytes[at] != one && bytes[at] != '\\') {
            at++;
        }
        return at;
    }

    /// Whether all of them are ASCII.
    static boolean ascii(byte[] bytes, int from, int to) {
        long all = 0;
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            all |= (long) LONGS.get(bytes, at);
        }
        for (; at < to; at++) {
            all |= bytes[at];
        }
        return (all & HIGHS) == 0;
    }

    /// Whether they are UTF-8, strictly.
    static boolean utf8(byte[] bytes, int from, int length) {
        return Utf8.decode(bytes, from, length) != null;
    }

    /// The highest bit of every byte that is zero; bytes above the first one found may be told wrongly.
    private static long zeros(long word) {
        return (word - ONES) & ~word & HIGHS;
    }
}
