package com.databroker.streams;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// One commit for all who wait for one: it covers everything that was put before it began.
///
/// It runs on a thread of its own: one that is interrupted in the middle of it, as those of a job are
/// when it ends, would close the index's files under everybody.
final class LuceneFlush {
    private final Commit commit;
    private final Executor executor;
    private final AtomicLong puts = new AtomicLong();

    /// So many puts are safe.
    private long safe;

    private boolean busy;
    private long begun;
    private long failed;
    private @Nullable Exception failure;

    /// Makes everything safe that was put before.
    interface Commit {
        void run() throws IOException;
    }

    LuceneFlush(Commit commit, Executor executor) {
        this.commit = commit;
        this.executor = executor;
    }

    /// Says that something was put.
    void put() {
        puts.incrementAndGet();
    }

    /// Returns when all that was put before is safe.
    synchronized void flush() throws IOException {
        long wanted = puts.get();
        // One that runs already may have begun before the last of them.
        long mine = begun + 1;
        while (safe < wanted) {
            if (failed >= mine) {
                throw new IOException("a commit failed", failure);
            }
            if (!busy) {
                busy = true;
                begun++;
                long number = begun;
                long covered = puts.get();
                executor.execute(() -> run(number, covered));
            }
            try {
                wait();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while records are made safe", interrupted);
            }
        }
    }

    private void run(long number, long covered) {
        Exception problem = new IOException("the commit ended early");
        try {
            commit.run();
            problem = null;
        } catch (IOException | RuntimeException failing) {
            problem = failing;
        } finally {
            ended(number, covered, problem);
        }
    }

    private synchronized void ended(long number, long covered, @Nullable Exception problem) {
        busy = false;
        if (problem == null) {
            safe = Math.max(safe, covered);
        } else {
            failed = number;
            failure = problem;
        }
        notifyAll();
    }
}
