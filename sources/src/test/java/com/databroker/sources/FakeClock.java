package com.databroker.sources;

import com.databroker.streams.PoliteHttp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// A time that goes on when a test says so, or when somebody waits.
final class FakeClock implements InstantSource, PoliteHttp.Waiting {
    private volatile Instant now;

    FakeClock(String now) {
        this.now = Instant.parse(now);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public void until(Instant time) {
        now = time.isAfter(now) ? time : now;
    }

    void pass(Duration duration) {
        now = now.plus(duration);
    }
}
