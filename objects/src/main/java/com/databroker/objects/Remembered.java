package com.databroker.objects;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What was made of texts lately, where it takes long and is always the same. Each text has four places; what is not
/// found takes one of them, not always the same: so it is bounded, and nobody waits.
///
/// A page asks for ten thousand of them, and each would be a dozen objects far from one another in memory. So a place
/// has one array of bytes: for whom it was made, of what, and what was made.
final class Remembered {
    /// Bytes in front of what a place is of.
    static final int HEAD = Integer.BYTES;

    private static final int BITS = 15;
    private static final int TOGETHER = 4;

    /// Keys that count up have hashes that do, too: this spreads them, as the golden ratio spreads whatever it divides.
    private static final int SPREAD = 0x9e3779b9;

    private static final int OWNERS_MAX = 10_000;

    private final AtomicReferenceArray<byte @Nullable []> places = new AtomicReferenceArray<>(1 << BITS);

    /// Of each place the hash, so that those of others need not be looked at. Who loses a race finds nothing there.
    private final int[] hashes = new int[1 << BITS];

    private final Map<String, Integer> owners = new ConcurrentHashMap<>();
    private final AtomicInteger lastOwner = new AtomicInteger();
    private final int length;

    /// @param length characters of whatever is made, all of them ASCII
    Remembered(int length) {
        this.length = length;
    }

    /// A number that stands for what else things are made of, and for nothing else, ever.
    int owner(String name) {
        if (owners.size() >= OWNERS_MAX) {
            // What was made for them is not found any more.
            owners.clear();
        }
        return owners.computeIfAbsent(name, absent -> lastOwner.incrementAndGet());
    }

    /// @param owner as [#owner] gave it
    String of(String text, int owner, Supplier<String> make) {
        byte[] its = place(text, owner, make);
        return cut(its, its.length - length, its.length);
    }

    /// As [#of], with what it was made of in front of it: who writes both behind one another has them as one.
    ///
    /// @param make gives ASCII
    /// @return from [#HEAD] on the text as UTF-8, then what was made; not to be written to
    byte[] place(String text, int owner, Supplier<String> make) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int hash = (Arrays.hashCode(bytes) * 31 + owner) * SPREAD;
        int first = hash >>> (Integer.SIZE - BITS);
        int free = -1;
        for (int i = 0; i < TOGETHER; i++) {
            int its = hashes[first ^ i];
            byte[] there = its == hash || its == 0 ? places.getAcquire(first ^ i) : null;
            if (there == null) {
                free = its == 0 ? i : free;
            } else if (is(there, bytes, owner)) {
                return there;
            }
        }
        byte[] made = place(bytes, owner, make.get());
        int place = first ^ (free < 0 ? hash & (TOGETHER - 1) : free);
        places.setRelease(place, made);
        hashes[place] = hash;
        return made;
    }

    /// A text out of a place, of ASCII.
    static String cut(byte[] place, int from, int to) {
        return new String(place, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private boolean is(byte[] place, byte[] text, int owner) {
        return place[0] == (byte) owner
                && place[1] == (byte) (owner >> 8)
                && place[2] == (byte) (owner >> 16)
                && place[3] == (byte) (owner >> 24)
                && Arrays.equals(place, HEAD, place.length - length, text, 0, text.length);
    }

    private byte[] place(byte[] text, int owner, String made) {
        byte[] place = new byte[HEAD + text.length + length];
        for (int i = 0; i < HEAD; i++) {
            place[i] = (byte) (owner >> (Byte.SIZE * i));
        }
        System.arraycopy(text, 0, place, HEAD, text.length);
        System.arraycopy(made.getBytes(StandardCharsets.ISO_8859_1), 0, place, HEAD + text.length, length);
        return place;
    }
}
