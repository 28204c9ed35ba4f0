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

    /// Adds an id, false where it was there.
    boolean add(String id) {
        byte[] digest = sha256.digest(id.getBytes(StandardCharsets.UTF_8));
        long high = longAt(digest);
        int low = intAt(digest);
        // The empty slot is 0: nobody has it then.
        if (high == 0) {
            high = 1;
        }
        if (!insert(highs, lows, high, low)) {
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

    private static boolean insert(long[] highs, int[] lows, long high, int low) {
        int mask = highs.length - 1;
        int slot = (int) high & mask;
        while (highs[slot] != 0) {
            if (highs[slot] == high && lows[slot] == low) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        highs[slot] = high;
        lows[slot] = low;
        return true;
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
