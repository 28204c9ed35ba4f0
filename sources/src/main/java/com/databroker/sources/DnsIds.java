package com.databroker.sources;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The ids of a body's messages: 32 hexadecimal digits of frame and message, mixed under the body's own id.
///
/// Within a body the mixing is a permutation of 128 bits, so two of its messages never have the same id;
/// between bodies it is keyed by SHA-256 of their ids. It costs some nanoseconds where a digest for each
/// message would cost more than all the rest.
final class DnsIds {
    private static final int ROUNDS = 6;
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final long[] keys = new long[ROUNDS];
    private final char[] text = new char[32];

    DnsIds(String body) {
        try {
            ByteBuffer digest =
                    ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));
            for (int i = 0; i < ROUNDS; i++) {
                keys[i] = digest.getLong(i % 4 * Long.BYTES) + i;
            }
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// The id of the `message`th message that was complete with a frame.
    String of(long frame, int message) {
        long left = frame;
        long right = message;
        for (long key : keys) {
            long next = left ^ mix(right + key);
            left = right;
            right = next;
        }
        hex(left, 0);
        hex(right, 16);
        return new String(text);
    }

    private void hex(long value, int at) {
        for (int i = 0; i < 16; i++) {
            text[at + i] = HEX[(int) (value >>> (60 - 4 * i)) & 15];
        }
    }

    /// Every bit of the result depends on every bit of `value`.
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
