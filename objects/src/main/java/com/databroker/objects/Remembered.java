package com.databroker.objects;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// What was made of texts lately, where it takes long and is always the same. Each text has one place, where the
/// next one that belongs there takes over: so it is bounded, and nobody waits.
final class Remembered {
    private static final int PLACES = 1 << 15;

    private final AtomicReferenceArray<@Nullable Made> places = new AtomicReferenceArray<>(PLACES);

    private record Made(String of, String made) {}

    String of(String text, UnaryOperator<String> make) {
        int hash = text.hashCode();
        int place = (hash ^ (hash >>> 15)) & (PLACES - 1);
        Made there = places.getPlain(place);
        if (there != null && there.of.equals(text)) {
            return there.made;
        }
        String made = make.apply(text);
        places.setRelease(place, new Made(text, made));
        return made;
    }
}
