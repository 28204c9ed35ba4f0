package com.databroker.streams;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// A set of ids in little memory: the first 96 bits of their SHA-256, open addressing, about 17 bytes an id.
///
/// Two of ten million ids share 96 bits with a probability of one in 10^15, also where somebody chooses ids on
/// purpose. Not thread-safe.
final class IdSet {
    private static final int SMALLEST = 1024;
    private static final double FULL = 0.8;
    private static final int BYTES_PER_SLOT = Long.BYTES + Integer.BYTES;

    private final MessageDigest sha256;
    private long[] highs = new long[SMALLEST];
    private int[] lows = new int[SMALLEST];
    private int size;

    IdSet() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every JDK has SHA-256", missing);
        }
    }

    /// What a set keeps of an id: the same in each, so that it is made once for many.
    record Print(long high, int low) {}

    Print print(String id) {
        byte[] digest = sha256.digest(id.getBytes(StandardCharsets.UTF_8));
        long high = longAt(digest);
        // The empty slot is 0: nobody has it then.
        return new Print(high == 0 ? 1 : high, intAt(digest));
    }

    boolean add(String id) {
        return add(print(id));
    }

    boolean has(Print print) {
        return highs[slot(highs, lows, print.high(), print.low())] != 0;
    }

    /// Adds an id, false where it was there.
    boolean add(Print print) {
        if (!insert(highs, lows, print.high(), print.low())) {
            return false;
        }
        size++;
        if (size > FULL * highs.length) {
            grow();
        }
        return true;
    }

    int size() {
        return size;
    }

    /// What it takes of the heap.
    long bytes() {
        return (long) highs.length * BYTES_PER_SLOT;
    }

    /// What so many ids take, just after the set has grown.
    static long bytesAtMost(long ids) {
        return Math.max(SMALLEST * BYTES_PER_SLOT, (long) (ids * 2 * BYTES_PER_SLOT / FULL));
    }

    private static boolean insert(long[] highs, int[] lows, long high, int low) {
        int slot = slot(highs, lows, high, low);
        if (highs[slot] != 0) {
            return false;
        }
        highs[slot] = high;
        lows[slot] = low;
        return true;
    }

    /// Where it is, or would be.
    private static int slot(long[] highs, int[] lows, long high, int low) {
        int mask = highs.length - 1;
        int slot = (int) high & mask;
        while (highs[slot] != 0 && (highs[slot] != high || lows[slot] != low)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] largerHighs = new long[highs.length * 2];
        int[] largerLows = new int[highs.length * 2];
        for (int slot = 0; slot < highs.length; slot++) {
            if (highs[slot] != 0) {
                insert(largerHighs, largerLows, highs[slot], lows[slot]);
            }
        }
        highs = largerHighs;
        lows = largerLows;
    }

    private static long longAt(byte[] digest) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = (value << 8) | (digest[i] & 0xff);
        }
        return value;
    }

    private static int intAt(byte[] digest) {
        int value = 0;
        for (int i = Long.BYTES; i < Long.BYTES + Integer.BYTES; i++) {
            value = (value << 8) | (digest[i] & 0xff);
        }
        return value;
    }
}
