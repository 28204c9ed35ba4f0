package com.databroker.server;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Threads that answer about objects. Nearly all of that is a moment's wait for a database, from which a thread
/// of the system's is back sooner than a virtual one, which has to hear of the answer from a poller. There are
/// as many of them as a store has connections; what they have no time for goes to virtual threads.
final class ObjectWork {
    private static final int THREADS = 16;
    private static final long IDLE_SECONDS = 10;

    private ObjectWork() {}

    /// @param more takes what would have to wait
    static ExecutorService open(Executor more) {
        return new ThreadPoolExecutor(
                0,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("objects-", 0).factory(),
                (work, pool) -> more.execute(work));
    }
}
