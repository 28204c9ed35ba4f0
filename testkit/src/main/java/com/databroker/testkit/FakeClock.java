package com.databroker.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that stands still until it is turned. Safe for threads.
public final class FakeClock implements InstantSource {
    private final AtomicReference<Instant> now;

    /// @param now what it shows
    public FakeClock(Instant now) {
        this.now = new AtomicReference<>(now);
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    /// Turns it on.
    public void advance(Duration time) {
        now.updateAndGet(before -> before.plus(time));
    }
}
