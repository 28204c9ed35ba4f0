package com.databroker.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// How long something took, how often: a histogram for any number of threads, which neither wait for one another nor
/// make garbage. Of work that was traced the last of each bucket is kept by its name.
public final class Durations {
    private static final double[] QUICK = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60
    };
    private static final double[] SLOW = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200};
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final double[] bounds;
    private final long[] nanos;
    private final LongAdder[] counts;
    private final LongAdder sum = new LongAdder();
    private final AtomicReferenceArray<@Nullable Example> examples;

    /// One of those that were counted.
    ///
    /// @param epochMillis when
    public record Example(String traceId, String spanId, double seconds, long epochMillis) {}

    /// What was counted until now.
    ///
    /// @param bounds of the buckets in seconds, each the greatest that it holds; the last holds what is greater
    /// @param counts of each bucket, one more than bounds
    public record Seen(List<Double> bounds, List<Long> counts, double sum, List<Example> examples) {
        public Seen {
            bounds = List.copyOf(bounds);
            counts = List.copyOf(counts);
            examples = List.copyOf(examples);
        }

        public long count() {
            return counts.stream().mapToLong(Long::longValue).sum();
        }
    }

    private Durations(double[] bounds) {
        this.bounds = bounds;
        this.nanos = new long[bounds.length];
        this.counts = new LongAdder[bounds.length + 1];
        this.examples = new AtomicReferenceArray<>(bounds.length + 1);
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
            if (i < bounds.length) {
                nanos[i] = Math.round(bounds[i] * NANOS);
            }
        }
    }

    /// Of what somebody waits for: from a tenth of a millisecond to a minute.
    public static Durations quick() {
        return new Durations(QUICK);
    }

    /// Of what comes by itself: from ten milliseconds to two hours.
    public static Durations slow() {
        return new Durations(SLOW);
    }

    /// For [#since].
    public static long now() {
        return System.nanoTime();
    }

    /// Counts what began at a [#now], as a part of what is under way.
    public void since(long began) {
        add(System.nanoTime() - began, Trace.current());
    }

    /// Counts what took so long.
    ///
    /// @param span in which it happened
    public void add(long took, Span span) {
        int bucket = 0;
        while (bucket < nanos.length && took > nanos[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        sum.add(Math.max(took, 0));
        if (span.isRecording()) {
            examples.set(
                    bucket,
                    new Example(span.traceId(), span.spanId(), Math.max(took, 0) / NANOS, System.currentTimeMillis()));
        }
    }

    public Seen seen() {
        List<Double> upper = new ArrayList<>();
        List<Long> each = new ArrayList<>();
        List<Example> named = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (i < bounds.length) {
                upper.add(bounds[i]);
            }
            each.add(counts[i].sum());
            Example example = examples.get(i);
            if (example != null) {
                named.add(example);
            }
        }
        return new Seen(upper, each, sum.sum() / NANOS, named);
    }
}
