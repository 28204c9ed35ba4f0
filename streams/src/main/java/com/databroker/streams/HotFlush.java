package com.databroker.streams;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One flush of a store for all writers of a stream in this process that come to the same checkpoint.
///
/// The barrier of a checkpoint reaches them within moments of one another: whoever comes waits for the
/// others, and the last one flushes for all. None waits longer than [#PATIENCE_MILLIS]; who does not come
/// in time flushes on its own.
final class HotFlush {
    private static final long PATIENCE_MILLIS = 100;

    /// Those that have writers.
    private static final Map<Key, HotFlush> ALL = new HashMap<>();

    private final Key key;
    private final Source source;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int writers;
    private Round round = new Round();

    private record Key(HotStore store, String stream) {}

    private static final class Round {
        private int waiting;
        private boolean begun;
        private boolean done;
        private @Nullable IOException failure;
    }

    private HotFlush(Key key, Source source) {
        this.key = key;
        this.source = source;
    }

    /// For one more writer, which leaves when it is closed.
    static HotFlush join(HotStore store, Source source) {
        synchronized (ALL) {
            HotFlush flush = ALL.computeIfAbsent(new Key(store, source.name()), first -> new HotFlush(first, source));
            flush.writers(1);
            return flush;
        }
    }

    void leave() {
        synchronized (ALL) {
            if (writers(-1) == 0) {
                ALL.remove(key);
            }
        }
    }

    private int writers(int more) {
        lock.lock();
        try {
            writers += more;
            changed.signalAll();
            return writers;
        } finally {
            lock.unlock();
        }
    }

    /// Returns when everything that this writer put is safe.
    void flush() throws IOException, InterruptedException {
        Round mine;
        lock.lock();
        try {
            mine = round;
            mine.waiting++;
            changed.signalAll();
            long patience = TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
            while (!mine.begun && mine.waiting < writers && patience > 0) {
                patience = changed.awaitNanos(patience);
            }
            if (mine.begun) {
                while (!mine.done) {
                    changed.await();
                }
                if (mine.failure != null) {
                    throw new IOException("the flush of another writer failed", mine.failure);
                }
                return;
            }
            mine.begun = true;
            round = new Round();
        } finally {
            lock.unlock();
        }
        lead(mine);
    }

    private void lead(Round mine) throws IOException {
        IOException failure = new IOException("the flush failed");
        try {
            key.store.flush(source);
            failure = null;
        } catch (IOException failed) {
            failure = failed;
            throw failed;
        } finally {
            lock.lock();
            try {
                mine.failure = failure;
                mine.done = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
