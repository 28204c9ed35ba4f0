package com.databroker.sources;

import com.databroker.core.Bytes;
import java.util.Arrays;

/// Puts `***` in place of who an address of e-mail belongs to, and leaves where: `***@example.org`.
///
/// Of a value that is said to be an address everything before the `@` goes; elsewhere what looks like one.
/// It works on the bytes of the JSON, so that everything else stays as it came. What is masked looks like
/// no address any more: masked again it stays the same. `git@` is nobody's, and stays. Linear in the
/// length. Used again and again.
final class GithubEmails {
    private static final byte[] MASK = {'*', '*', '*'};
    private static final boolean[] LOCAL = new boolean[128];
    private static final boolean[] DOMAIN = new boolean[128];

    static {
        for (char c = 0; c < LOCAL.length; c++) {
            boolean alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            LOCAL[c] = alphanumeric || "._%+-'".indexOf(c) >= 0;
            DOMAIN[c] = alphanumeric || c == '.' || c == '-';
        }
    }

    private static final int NONE = -1;

    private byte[] out = new byte[8 << 10];
    private int size;
    private byte[] in = {};
    private int from;

    /// The bytes with their addresses masked, `before` put in front of them.
    ///
    /// @param skipped how many of the bytes are left out at their front
    /// @param emails begin and end of values that are addresses, from `from`
    Bytes mask(byte[] before, byte[] bytes, int from, int length, int skipped, int[] emails, int emailCount) {
        this.in = bytes;
        this.from = from;
        size = 0;
        int to = from + length;
        put(before, 0, before.length);
        int done = from + skipped;
        int next = 0;
        int at = done;
        while ((at = GithubWords.atOrEscape(bytes, at, to)) < to) {
            int after = at + 1;
            if (bytes[at] == '\\') {
                if (!isEscapedAt(at, to)) {
                    at += 2;
                    continue;
                }
                after = at + 6;
            }
            while (next < emailCount && from + emails[next + 1] <= at) {
                next += 2;
            }
            boolean said = next < emailCount && from + emails[next] < at;
            int local = said ? from + emails[next] + 1 : isDomain(after, to) ? local(at) : NONE;
            if (local != NONE && local < at && !isMasked(local, at)) {
                local = Math.max(local, done);
                put(bytes, done, local - done);
                put(MASK, 0, MASK.length);
                done = at;
            }
            at = after;
        }
        put(bytes, done, to - done);
        return Bytes.copyOf(out, 0, size);
    }

    private void put(byte[] bytes, int offset, int length) {
        if (size + length > out.length) {
            out = Arrays.copyOf(out, Math.max(size + length, out.length * 2));
        }
        System.arraycopy(bytes, offset, out, size, length);
        size += length;
    }

    private boolean isMasked(int local, int at) {
        if (at - local == 3 && in[local] == 'g' && in[local + 1] == 'i' && in[local + 2] == 't') {
            return true;
        }
        int stars = local;
        while (stars < at && in[stars] == '*') {
            stars++;
        }
        return stars == at;
    }

    /// Whether an `@` written as an escape begins here.
    private boolean isEscapedAt(int at, int to) {
        return at + 6 <= to
                && in[at + 1] == 'u'
                && in[at + 2] == '0'
                && in[at + 3] == '0'
                && in[at + 4] == '4'
                && in[at + 5] == '0';
    }

    /// Whether a name begins here in which two letters follow a dot: of `1.2.3` none do.
    private boolean isDomain(int begin, int to) {
        int dot = NONE;
        for (int at = begin; at < to && in[at] >= 0 && DOMAIN[in[at]]; at++) {
            if (in[at] == '.') {
                dot = at;
            } else if (dot > begin && at == dot + 2 && in[at] >= 'A' && in[at - 1] >= 'A') {
                return true;
            }
        }
        return false;
    }

    /// Where the name before the `@` begins, or none.
    private int local(int at) {
        int begin = at;
        while (begin > from) {
            int unit = localUnit(begin);
            if (unit == NONE) {
                break;
            }
            begin = unit;
        }
        while (begin < at - 1 && (in[begin] == '\'' || in[begin] == '.' || in[begin] == '-')) {
            begin++;
        }
        return begin < at ? begin : NONE;
    }

    /// Where the character of a name begins that ends before `end`; none where it is not of a name.
    private int localUnit(int end) {
        if (end - 6 >= from && in[end - 6] == '\\' && in[end - 5] == 'u' && isEscape(end - 6)) {
            int code = hex(end - 4) << 12 | hex(end - 3) << 8 | hex(end - 2) << 4 | hex(end - 1);
            boolean latin = code >= 0xc0 && code < 0x250;
            return latin || (code >= 0 && code < LOCAL.length && LOCAL[code]) ? end - 6 : NONE;
        }
        if (end - 2 >= from && in[end - 2] == '\\' && isEscape(end - 2)) {
            return NONE;
        }
        byte last = in[end - 1];
        if (last >= 0) {
            return LOCAL[last] ? end - 1 : NONE;
        }
        boolean latin =
                end - 2 >= from && last < (byte) 0xc0 && in[end - 2] >= (byte) 0xc3 && in[end - 2] <= (byte) 0xc9;
        return latin ? end - 2 : NONE;
    }

    /// Whether the backslash at a place begins an escape, and is not the second of one.
    private boolean isEscape(int at) {
        int begin = at;
        while (begin > from && in[begin - 1] == '\\') {
            begin--;
        }
        return ((at - begin) & 1) == 0;
    }

    private int hex(int at) {
        return Character.digit(in[at], 16);
    }
}
