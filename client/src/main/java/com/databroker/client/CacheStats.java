package com.databroker.client;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/// What a [RowCache] counts. Hits are counted where they happen, in the entries.
final class CacheStats {
    /// Upper bounds of the histogram in milliseconds; what is longer falls into one more.
    static final int[] LAG_MILLIS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000};

    private final LongAdder misses = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder invalidations = new LongAdder();
    private final LongAdder gaps = new LongAdder();
    private final LongAdder resumes = new LongAdder();
    private final LongAdder resets = new LongAdder();
    private final LongAdder left = new LongAdder();
    private final AtomicLongArray lag = new AtomicLongArray(LAG_MILLIS.length + 1);

    void missed() {
        misses.increment();
    }

    void refused() {
        refused.increment();
    }

    void invalidated() {
        invalidations.increment();
    }

    void gap() {
        gaps.increment();
    }

    void resumed() {
        resumes.increment();
    }

    void reset() {
        resets.increment();
    }

    /// An entry has left with the hits that it had.
    void left(long hits) {
        left.add(hits);
    }

    /// How long after the change the news of it came here.
    void lagged(long millis) {
        int bucket = 0;
        while (bucket < LAG_MILLIS.length && millis > LAG_MILLIS[bucket]) {
            bucket++;
        }
        lag.incrementAndGet(bucket);
    }

    long hitsOfThoseThatLeft() {
        return left.sum();
    }

    long misses() {
        return misses.sum();
    }

    long refusedLoads() {
        return refused.sum();
    }

    long invalidations() {
        return invalidations.sum();
    }

    long gaps() {
        return gaps.sum();
    }

    long resumes() {
        return resumes.sum();
    }

    long resets() {
        return resets.sum();
    }

    long lag(int bucket) {
        return lag.get(bucket);
    }
}
