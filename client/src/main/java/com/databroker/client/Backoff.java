package com.databroker.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before the next attempt: anything from nothing to a ceiling that doubles from 100 ms to 10
/// s.
///
/// All of the range and not a bit around a middle: a thousand clients that lost the broker at once come back
/// evenly.
final class Backoff {
    private static final long FIRST_MILLIS = 100;
    private static final long LAST_MILLIS = 10_000;

    private final RandomGenerator random;
    private long ceiling = FIRST_MILLIS;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    Duration next() {
        Duration delay = Duration.ofMillis(random.nextLong(ceiling + 1));
        ceiling = Math.min(LAST_MILLIS, ceiling * 2);
        return delay;
    }

    void reset() {
        ceiling = FIRST_MILLIS;
    }
}
