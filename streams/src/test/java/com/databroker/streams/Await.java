package com.databroker.streams;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Waits for what a test expects, and says what it was when it does not come.
final class Await {
    /// For what takes as long as there are records, in the long form of a test that is run on demand, too.
    static final Duration LONG = Duration.ofMinutes(20);

    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final long PAUSE_MILLIS = 200;

    private Await() {}

    /// What is waited for.
    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(String what, Condition condition) {
        until(what, PATIENCE, condition);
    }

    static void until(String what, Duration patience, Condition condition) {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (!condition.holds()) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("it never was that " + what);
                }
                if (never.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new AssertionError("nobody counts");
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting until " + what, interrupted);
        } catch (RuntimeException failed) {
            throw failed;
        } catch (Exception failed) {
            throw new AssertionError("failed while waiting until " + what, failed);
        }
    }
}
