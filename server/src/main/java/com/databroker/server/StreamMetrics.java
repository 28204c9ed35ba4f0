package com.databroker.server;

import com.databroker.core.ProblemException;
import com.databroker.streams.CollectorStatus;
import com.databroker.streams.StreamPlane;
import com.databroker.streams.StreamStatus;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What `/metrics` tells of streams: a value for each stream, and for each collector that is configured.
///
/// Engines are asked once for a page. One that does not answer in time leaves the values of the page before.
// Counts stay far below 2^53, up to which a double holds every whole number.
@SuppressWarnings("LongDoubleConversion")
final class StreamMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(StreamMetrics.class);
    private static final long PATIENCE_MILLIS = 2000;

    private final StreamPlane plane;
    private final PrometheusRegistry registry;
    private volatile List<StreamStatus> streams = List.of();
    private volatile List<CollectorStatus> collectors = List.of();
    private @Nullable FutureTask<@Nullable Void> asking;

    StreamMetrics(StreamPlane plane, PrometheusRegistry registry) {
        this.plane = plane;
        this.registry = registry;
        gauge(
                "running",
                "1 where the job of a stream runs.",
                each -> each.phase() == StreamStatus.Phase.RUNNING ? 1 : 0);
        counter("collected_records", "Records that came in.", StreamStatus::collected);
        gauge("dead_records", "What was set aside and is open.", StreamStatus::dead);
        gauge("lag_records", "Offsets of the raw topic that the job has not made safe.", StreamStatus::lag);
        gauge(
                "oldest_timestamp_seconds",
                "When the oldest of them was collected, 0 for none.",
                each -> seconds(each.oldest()));
        gauge("inbox_files", "Files that wait to be taken in.", StreamStatus::waiting);
        gauge("hot_records", "Records in the hot store.", StreamStatus::hot);
        gauge("hot_bytes", "Size of the hot store.", StreamStatus::hotBytes);
        gauge("cold_records", "Records in the cold store.", StreamStatus::cold);
        gauge("cold_bytes", "Size of the cold store.", StreamStatus::coldBytes);
        counter(
                "checkpoints",
                "Checkpoints of the job that were completed.",
                each -> each.checkpoints().completed());
        counter(
                "checkpoint_failures",
                "Checkpoints of the job that failed.",
                each -> each.checkpoints().failed());
        gauge(
                "checkpoint_timestamp_seconds",
                "When the last one was complete, 0 before the first.",
                each -> seconds(each.checkpoints().last()));
        gauge(
                "checkpoint_duration_seconds",
                "How long the last one took.",
                each -> each.checkpoints().took().toMillis() / 1000.0);
        counter(
                "restarts",
                "Starts of the job after failures.",
                each -> each.checkpoints().restarts());
        counterOf("requests", "Requests that a collector sent.", CollectorStatus::requests);
        counterOf("not_modified", "Answers that nothing is new.", CollectorStatus::notModified);
        counterOf("limited", "Steps that the other side asked to put off.", CollectorStatus::limited);
        counterOf("failures", "Steps that failed.", CollectorStatus::failures);
        counterOf("gaps", "How often something was probably missed.", CollectorStatus::gaps);
        gaugeOf(
                "last_poll_timestamp_seconds",
                "When the last step was done, 0 before the first.",
                each -> seconds(each.lastPoll()));
        gaugeOf(
                "next_poll_timestamp_seconds",
                "When the next step is due, 0 where there is none.",
                each -> seconds(each.nextPoll()));
        pushed();
        GaugeWithCallback.builder()
                .name("databroker_streams_raw_bytes")
                .help("Bytes of the fetched bodies that are kept.")
                .callback(callback -> callback.call(plane.raw().bytes()))
                .register(registry);
    }

    private void pushed() {
        counterOf("received", "Units taken that were pushed.", each -> of(each, CollectorStatus.Pushed::received));
        counterOf(
                "dropped",
                "Units that were pushed and dropped, as there was no room.",
                each -> of(each, CollectorStatus.Pushed::dropped));
        gaugeOf(
                "waiting_bytes",
                "What was pushed and is not in the raw topic yet.",
                each -> of(each, CollectorStatus.Pushed::waitingBytes));
    }

    private static double of(CollectorStatus status, ToDoubleFunction<CollectorStatus.Pushed> value) {
        return status.pushed() == null ? 0 : value.applyAsDouble(status.pushed());
    }

    private static double seconds(@Nullable Instant time) {
        return time == null ? 0 : time.toEpochMilli() / 1000.0;
    }

    private void gauge(String name, String help, ToDoubleFunction<StreamStatus> value) {
        GaugeWithCallback.builder()
                .name("databroker_stream_" + name)
                .help(help)
                .labelNames("stream")
                .callback(callback -> streams.forEach(each -> callback.call(value.applyAsDouble(each), each.name())))
                .register(registry);
    }

    private void counter(String name, String help, ToDoubleFunction<StreamStatus> value) {
        CounterWithCallback.builder()
                .name("databroker_stream_" + name)
                .help(help)
                .labelNames("stream")
                .callback(callback -> streams.forEach(each -> callback.call(value.applyAsDouble(each), each.name())))
                .register(registry);
    }

    private void gaugeOf(String name, String help, ToDoubleFunction<CollectorStatus> value) {
        GaugeWithCallback.builder()
                .name("databroker_collector_" + name)
                .help(help)
                .labelNames("stream", "collector")
                .callback(callback -> collectors.forEach(
                        each -> callback.call(value.applyAsDouble(each), each.stream(), each.name())))
                .register(registry);
    }

    private void counterOf(String name, String help, ToDoubleFunction<CollectorStatus> value) {
        CounterWithCallback.builder()
                .name("databroker_collector_" + name)
                .help(help)
                .labelNames("stream", "collector")
                .callback(callback -> collectors.forEach(
                        each -> callback.call(value.applyAsDouble(each), each.stream(), each.name())))
                .register(registry);
    }

    /// Asks the engines how they do, and waits for them for a moment.
    void refresh() {
        FutureTask<@Nullable Void> task;
        synchronized (this) {
            if (asking == null || asking.isDone()) {
                asking = new FutureTask<>(this::ask, null);
                Thread.ofVirtual().name("stream-metrics").start(asking);
            }
            task = asking;
        }
        try {
            task.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException old) {
            // Another page may have newer ones; a gap in all metrics would be worse.
            LOG.atDebug().setCause(old).log("streams did not say how they do");
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask() {
        try {
            streams = plane.status();
            collectors = plane.collectors();
        } catch (ProblemException failing) {
            LOG.atDebug().setCause(failing).log("streams could not say how they do");
        }
    }
}
