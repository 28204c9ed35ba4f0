package com.databroker.opentelemetry;

import com.databroker.core.TraceEngine;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// Spans that ended and wait to be sent: at most so many, of which a thread of its own sends a batch when there is one,
/// or after a while. Where the other side is slow or away, spans are dropped, and counted; nobody waits.
final class OtlpQueue implements SpanProcessor {
    private static final Duration END = Duration.ofSeconds(2);

    private final SpanExporter exporter;
    private final TraceEngine.Settings settings;
    private final Consumer<String> failing;
    private final BlockingQueue<ReadableSpan> queue;
    private final Semaphore wake = new Semaphore(0);
    private final Thread sender;
    final LongAdder sent = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder failed = new LongAdder();
    private boolean isFailing;
    private volatile boolean closed;

    OtlpQueue(SpanExporter exporter, TraceEngine.Settings settings, Consumer<String> failing) {
        this.exporter = exporter;
        this.settings = settings;
        this.failing = failing;
        this.queue = new ArrayBlockingQueue<>(settings.queueMax());
        this.sender = Thread.ofPlatform().daemon().name("traces").start(this::run);
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        // Only what ended is told.
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (!span.getSpanContext().isSampled()) {
            return;
        }
        if (!queue.offer(span)) {
            dropped.increment();
        }
        if (wake.availablePermits() == 0 && queue.size() >= settings.batchMax()) {
            wake.release();
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    private void run() {
        try {
            while (!closed) {
                if (wake.tryAcquire(settings.delay().toMillis(), TimeUnit.MILLISECONDS)) {
                    wake.drainPermits();
                }
                send();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void send() {
        List<SpanData> batch = batch();
        while (!batch.isEmpty()) {
            send(batch);
            batch = batch();
        }
    }

    private List<SpanData> batch() {
        List<ReadableSpan> spans = new ArrayList<>();
        queue.drainTo(spans, settings.batchMax());
        return spans.stream().map(ReadableSpan::toSpanData).toList();
    }

    private void send(List<SpanData> batch) {
        long most = closed ? END.toMillis() : settings.timeout().toMillis() + 1000;
        CompletableResultCode result = exporter.export(batch).join(most, TimeUnit.MILLISECONDS);
        if (result.isSuccess()) {
            sent.add(batch.size());
            isFailing = false;
            return;
        }
        failed.add(batch.size());
        if (!isFailing) {
            isFailing = true;
            Throwable why = result.getFailureThrowable();
            failing.accept(why == null ? "no answer in time, or a refusal" : String.valueOf(why.getMessage()));
        }
    }

    @Override
    public CompletableResultCode shutdown() {
        closed = true;
        wake.release();
        try {
            sender.join(END);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        failed.add(queue.size());
        return exporter.shutdown();
    }
}
