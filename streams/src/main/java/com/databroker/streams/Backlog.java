package com.databroker.streams;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What was pushed to this process and is not in the raw topic yet, of all spools together.
///
/// Where it is much, the jobs of this process take less at a time: what they take rests in the topic
/// and waits for them for days, while what a spool has no room for is lost.
final class Backlog {
    /// From so many bytes on jobs let it pass.
    static final long MUCH = 2 << 20;

    private static final long PASS_MILLIS_MAX = 20;
    private static final AtomicLong BYTES = new AtomicLong();
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Condition LESS = LOCK.newCondition();

    private Backlog() {}

    /// @param bytes more, or less where it is below zero
    static void changed(long bytes) {
        long now = BYTES.addAndGet(bytes);
        if (now < MUCH && now - bytes >= MUCH) {
            LOCK.lock();
            try {
                LESS.signalAll();
            } finally {
                LOCK.unlock();
            }
        }
    }

    static boolean isMuch() {
        return BYTES.get() >= MUCH;
    }

    /// Waits until there is less, and never so long that nothing would be done any more.
    static void letPass() {
        LOCK.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(PASS_MILLIS_MAX);
            while (left > 0 && isMuch()) {
                left = LESS.awaitNanos(left);
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        } finally {
            LOCK.unlock();
        }
    }
}
