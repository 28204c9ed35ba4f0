package com.databroker.streams;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Whether the clock can be believed by who deletes what is old: after a jump it has to go evenly for an hour.
///
/// A clock that was set ahead for a moment must not cost ten days of the hot store. Asked every minute, by one thread.
final class ClockWatch {
    private static final Duration JUMP = Duration.ofHours(1);
    private static final int EVEN_MINUTES = 60;

    private final InstantSource clock;
    private @Nullable Instant last;
    private int even = EVEN_MINUTES;

    ClockWatch(InstantSource clock) {
        this.clock = clock;
    }

    /// Looks at the clock.
    void tick() {
        Instant now = clock.instant();
        Instant before = last;
        last = now;
        boolean jumped = before != null && Duration.between(before, now).abs().compareTo(JUMP) > 0;
        even = jumped ? 0 : Math.min(EVEN_MINUTES, even + 1);
    }

    boolean isBelieved() {
        return even == EVEN_MINUTES;
    }
}
