package com.databroker.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Waits for what another thread brings about.
final class Until {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final long PAUSE_MILLIS = 5;

    private Until() {}

    static void happens(String what, BooleanSupplier condition) throws InterruptedException {
        happens(what, LIMIT, PAUSE_MILLIS, condition);
    }

    static void happens(String what, Duration limit, long pauseMillis, BooleanSupplier condition)
            throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0 || never.await(pauseMillis, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("within " + limit + " not: " + what);
            }
        }
    }
}
