package com.databroker.objects;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What was made of texts lately, where it takes long and is always the same. Each text has four places; what is not
/// found takes one of them, not always the same: so it is bounded, and nobody waits.
///
/// @param <V> what is made, immutable
final class Remembered<V> {
    private static final int BITS = 15;
    private static final int TOGETHER = 4;

    /// Keys that count up have hashes that do, too: this spreads them, as the golden ratio spreads whatever it divides.
    private static final int SPREAD = 0x9e3779b9;

    private final AtomicReferenceArray<@Nullable Made<V>> places = new AtomicReferenceArray<>(1 << BITS);

    private record Made<V>(String of, String as, V made) {
        boolean is(String text, String how) {
            return of.equals(text) && as.equals(how);
        }
    }

    /// @param as what else it is made of, the same for many texts
    V of(String text, String as, Function<String, V> make) {
        int hash = (text.hashCode() * 31 + as.hashCode()) * SPREAD;
        int first = hash >>> (Integer.SIZE - BITS);
        int free = -1;
        for (int i = 0; i < TOGETHER; i++) {
            Made<V> there = places.getAcquire(first ^ i);
            if (there == null) {
                free = i;
            } else if (there.is(text, as)) {
                return there.made;
            }
        }
        V made = make.apply(text);
        places.setRelease(first ^ (free < 0 ? hash & (TOGETHER - 1) : free), new Made<>(text, as, made));
        return made;
    }
}
