package com.databroker.server;

import java.util.Arrays;

/// Versions by tags, of which there are very many: they lie in one array of numbers, where a map would have three
/// objects for each. Not for several threads at once.
///
/// The tags of the broker are eight bytes in base64url, so each stands for itself. Of any other text there is a hash of
/// as many bits.
final class TagTable {
    static final long ABSENT = -1;

    private static final int SLOTS_MIN = 64;
    private static final int TAG_LENGTH = 11;

    /// Characters that hold six bits; the last one holds four.
    private static final int WHOLE = TAG_LENGTH - 1;

    /// Spreads whatever it multiplies, as the golden ratio does.
    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private static final byte[] BITS = new byte[128];

    static {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        Arrays.fill(BITS, (byte) -1);
        for (int i = 0; i < letters.length(); i++) {
            BITS[letters.charAt(i)] = (byte) i;
        }
    }

    /// Of each slot what stands for the tag, then its version and one; 0 where the slot is free.
    private long[] slots = new long[2 * SLOTS_MIN];

    private int size;

    private static long key(String tag) {
        long key = 0;
        boolean own = tag.length() == TAG_LENGTH;
        for (int i = 0; own && i < TAG_LENGTH; i++) {
            char letter = tag.charAt(i);
            int bits = letter < BITS.length ? BITS[letter] : -1;
            own = bits >= 0 && (i < WHOLE || (bits & 3) == 0);
            key = i < WHOLE ? (key << 6) | bits : (key << 4) | (bits >> 2);
        }
        return own ? key : hash(tag);
    }

    private static long hash(String text) {
        long hash = 0x243f6a8885a308d3L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * SPREAD;
            hash ^= hash >>> 32;
        }
        return hash;
    }

    private int slotOf(long key) {
        int mask = slots.length / 2 - 1;
        int slot = (int) ((key * SPREAD) >>> Integer.SIZE) & mask;
        while (slots[2 * slot + 1] != 0 && slots[2 * slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    int size() {
        return size;
    }

    /// The version that stands there, or [#ABSENT].
    long get(String tag) {
        return slots[2 * slotOf(key(tag)) + 1] - 1;
    }

    /// @param version which counts where there is none, or a lesser one
    void putGreatest(String tag, long version) {
        long key = key(tag);
        int slot = slotOf(key);
        if (slots[2 * slot + 1] == 0) {
            if (3 * (size + 1) > slots.length) {
                grow();
                slot = slotOf(key);
            }
            size++;
        }
        slots[2 * slot] = key;
        slots[2 * slot + 1] = Math.max(slots[2 * slot + 1], version + 1);
    }

    private void grow() {
        long[] before = slots;
        slots = new long[2 * before.length];
        for (int i = 0; i < before.length; i += 2) {
            if (before[i + 1] != 0) {
                int slot = slotOf(before[i]);
                slots[2 * slot] = before[i];
                slots[2 * slot + 1] = before[i + 1];
            }
        }
    }

    void remove(String tag) {
        int mask = slots.length / 2 - 1;
        int gap = slotOf(key(tag));
        if (slots[2 * gap + 1] == 0) {
            return;
        }
        size--;
        slots[2 * gap + 1] = 0;
        // Whoever stands behind the gap only because it was taken comes forward.
        for (int slot = (gap + 1) & mask; slots[2 * slot + 1] != 0; slot = (slot + 1) & mask) {
            long key = slots[2 * slot];
            long version = slots[2 * slot + 1];
            slots[2 * slot + 1] = 0;
            int its = slotOf(key);
            slots[2 * its] = key;
            slots[2 * its + 1] = version;
        }
    }

    void clear() {
        slots = new long[2 * SLOTS_MIN];
        size = 0;
    }
}
