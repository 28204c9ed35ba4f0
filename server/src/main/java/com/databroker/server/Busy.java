package com.databroker.server;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Counts requests that are being answered, so that a stop can wait for them, and no longer.
final class Busy {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private int requests;

    void begin() {
        lock.lock();
        try {
            requests++;
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            requests--;
            if (requests == 0) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until nothing is being answered.
    ///
    /// @return false where the time was over first
    boolean awaitIdle(Duration time) {
        long left = time.toNanos();
        lock.lock();
        try {
            while (requests > 0 && left > 0) {
                left = idle.awaitNanos(left);
            }
            return requests == 0;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
