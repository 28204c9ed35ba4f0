package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Puts the records of one writer on a thread beside the job's, which parses the next ones meanwhile, or stages
/// those of the cold store.
///
/// The order is kept, and what waits has a bound: 1000 records or 16 MiB, and as much that is being put. The thread is
/// there while there is work, and a moment longer. It is never interrupted: in the middle of a put that would close the
/// index's files.
final class HotPuts {
    private static final int RECORDS_MAX = 1000;
    private static final long BYTES_MAX = 16L << 20;

    /// To wake a thread takes as long as to parse a record: under load it looks by itself, so often, before it sleeps.
    private static final long GLANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final int GLANCES = 10;
    private static final int RECORDS_WORTH = 100;
    private static final long STAY_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final HotStore store;
    private final Source source;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final Condition less = lock.newCondition();
    private ArrayDeque<Arrival> waiting = new ArrayDeque<>();
    private long bytes;
    private @Nullable Flush asked;
    private boolean present;

    /// While it waits for a flush, which an interrupt ends.
    private @Nullable Thread flushing;

    private boolean asleep;
    private boolean closed;
    private @Nullable Throwable failure;

    /// Wanted when all that waits is put.
    private record Flush(HotFlush by, CompletableFuture<Void> done) {}

    /// What is done at a time.
    private record Lot(
            ArrayDeque<Arrival> arrivals, @Nullable Flush flush) {}

    HotPuts(HotStore store, Source source) {
        this.store = store;
        this.source = source;
    }

    /// Takes one over; waits where too many wait already.
    void put(Arrival arrival) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (failure == null && (waiting.size() >= RECORDS_MAX || bytes >= BYTES_MAX)) {
                less.await();
            }
            requireSound();
            waiting.add(arrival);
            bytes += ColdWriter.weight(arrival.record());
            if (!present) {
                begin();
            } else if (asleep || waiting.size() == RECORDS_WORTH) {
                more.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Has the store flushed when all that was taken over is put; done when that is safe.
    CompletableFuture<Void> flush(HotFlush by) throws IOException {
        lock.lock();
        try {
            requireSound();
            Flush flush = asked == null ? new Flush(by, new CompletableFuture<>()) : asked;
            asked = flush;
            if (!present) {
                begin();
            }
            more.signal();
            return flush.done();
        } finally {
            lock.unlock();
        }
    }

    private void begin() {
        present = true;
        Thread.ofPlatform().daemon().name("hot-put-" + source.name()).start(this::work);
    }

    private void requireSound() throws IOException {
        if (failure != null) {
            throw new IOException("a record of " + source.name() + " cannot be put", failure);
        }
    }

    /// Gives up what waits, and returns when nothing is put any more.
    void close() {
        lock.lock();
        try {
            closed = true;
            more.signal();
            if (flushing != null) {
                flushing.interrupt();
            }
            while (present) {
                less.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        for (Lot lot = next(new ArrayDeque<>()); lot != null; lot = next(lot.arrivals())) {
            Flush flush = lot.flush();
            if (putAll(lot.arrivals()) && flush != null) {
                complete(flush);
            } else {
                refuse(flush);
            }
        }
    }

    private boolean putAll(ArrayDeque<Arrival> arrivals) {
        try {
            for (Arrival each = arrivals.poll(); each != null; each = arrivals.poll()) {
                store.put(source, each);
            }
            return true;
        } catch (Throwable failed) {
            // Whatever it is, the job must not wait for ever.
            lock.lock();
            try {
                failure = failed;
            } finally {
                lock.unlock();
            }
            return false;
        }
    }

    private void complete(Flush flush) {
        try {
            flushes();
            flush.by().flush();
            flush.done().complete(null);
        } catch (Throwable failed) {
            flush.done().completeExceptionally(failed);
        } finally {
            flushed();
        }
    }

    private void flushes() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the job of " + source.name() + " ends");
            }
            flushing = Thread.currentThread();
        } finally {
            lock.unlock();
        }
    }

    private void flushed() {
        lock.lock();
        try {
            flushing = null;
            // One that came too late is nobody's.
            Thread.interrupted();
        } finally {
            lock.unlock();
        }
    }

    /// What waits, for what is done; null where this thread shall end.
    private @Nullable Lot next(ArrayDeque<Arrival> done) {
        lock.lock();
        try {
            look();
            Flush flush = asked;
            asked = null;
            less.signalAll();
            if ((isIdle() && flush == null) || closed || failure != null) {
                present = false;
                refuse(flush);
                return null;
            }
            Lot lot = new Lot(waiting, flush);
            waiting = done;
            bytes = 0;
            return lot;
        } finally {
            lock.unlock();
        }
    }

    private void refuse(@Nullable Flush flush) {
        if (flush != null) {
            flush.done()
                    .completeExceptionally(new IOException("records of " + source.name() + " are not put", failure));
        }
    }

    private boolean isIdle() {
        return waiting.isEmpty() && asked == null && !closed && failure == null;
    }

    /// Waits until something is to be done, for a while.
    private void look() {
        try {
            for (int glance = 0; isIdle() && glance <= GLANCES; glance++) {
                asleep = glance == GLANCES;
                long left = more.awaitNanos(asleep ? STAY_NANOS : GLANCE_NANOS);
                if (left <= 0 && asleep) {
                    break;
                }
            }
        } catch (InterruptedException nobodyDoes) {
            failure = nobodyDoes;
        }
        asleep = false;
    }
}
