package com.databroker.streams;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Waits for what a test expects, and says what it was when it does not come.
final class Await {
    private static final long PATIENCE_SECONDS = 240;
    private static final long PAUSE_MILLIS = 200;

    private Await() {}

    /// What is waited for.
    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(String what, Condition condition) {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
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
