package com.databroker.streams;

import java.io.IOException;

/// Counts by two small numbers, in little memory: open addressing, 12 bytes a slot. Not thread-safe.
final class LuceneTally {
    private static final int SMALLEST = 1024;

    private long[] keys = new long[SMALLEST];
    private int[] counts = new int[SMALLEST];
    private int size;

    /// What was counted.
    interface Visitor {
        void count(int first, int second, int count) throws IOException;
    }

    void add(int first, int second) {
        long key = ((long) first << Integer.SIZE) | (second & 0xFFFF_FFFFL);
        int slot = slot(keys, counts, key);
        if (counts[slot]++ == 0) {
            keys[slot] = key;
            size++;
            if (size > keys.length / 2) {
                grow();
            }
        }
    }

    /// Where a key is, or may be put: a slot that counts nothing is free.
    private static int slot(long[] keys, int[] counts, long key) {
        int mask = keys.length - 1;
        long mixed = key * 0x9E37_79B9_7F4A_7C15L;
        int slot = (int) (mixed >>> 33) & mask;
        while (counts[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] moreKeys = new long[keys.length * 2];
        int[] moreCounts = new int[keys.length * 2];
        for (int i = 0; i < keys.length; i++) {
            if (counts[i] != 0) {
                int slot = slot(moreKeys, moreCounts, keys[i]);
                moreKeys[slot] = keys[i];
                moreCounts[slot] = counts[i];
            }
        }
        keys = moreKeys;
        counts = moreCounts;
    }

    void each(Visitor visitor) throws IOException {
        for (int i = 0; i < keys.length; i++) {
            if (counts[i] != 0) {
                visitor.count((int) (keys[i] >>> Integer.SIZE), (int) keys[i], counts[i]);
            }
        }
    }
}
