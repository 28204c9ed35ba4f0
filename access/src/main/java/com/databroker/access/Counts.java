package com.databroker.access;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// One number for each constant of an enum, which many threads count up.
final class Counts<E extends Enum<E>> {
    private final Map<E, LongAdder> counts;

    Counts(Class<E> type) {
        counts = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            counts.put(constant, new LongAdder());
        }
    }

    void increment(E constant) {
        LongAdder count = counts.get(constant);
        if (count != null) {
            count.increment();
        }
    }

    long get(E constant) {
        LongAdder count = counts.get(constant);
        return count == null ? 0 : count.sum();
    }
}
