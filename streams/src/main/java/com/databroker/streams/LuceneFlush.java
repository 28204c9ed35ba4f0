package com.databroker.streams;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/// One commit for all who wait for one: it covers everything that was put before it began.
final class LuceneFlush {
    private final Commit commit;
    private final AtomicLong puts = new AtomicLong();
    private long safe;
    private boolean busy;

    /// Makes everything safe that was put before.
    interface Commit {
        void run() throws IOException;
    }

    LuceneFlush(Commit commit) {
        this.commit = commit;
    }

    /// Says that something was put.
    void put() {
        puts.incrementAndGet();
    }

    /// Returns when all that was put before is safe.
    void flush() throws IOException {
        long wanted = puts.get();
        long covered;
        synchronized (this) {
            while (busy && safe < wanted) {
                pause();
            }
            if (safe >= wanted) {
                return;
            }
            busy = true;
            covered = puts.get();
        }
        boolean done = false;
        try {
            commit.run();
            done = true;
        } finally {
            synchronized (this) {
                busy = false;
                safe = done ? covered : safe;
                notifyAll();
            }
        }
    }

    @SuppressWarnings("WaitNotInLoop") // Its caller loops.
    private void pause() throws IOException {
        try {
            wait();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while others make their records safe", interrupted);
        }
    }
}
