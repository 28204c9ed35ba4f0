package com.databroker.server;

import com.databroker.core.Durations;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.streams.CollectorStatus;
import com.databroker.streams.StreamChange;
import com.databroker.streams.StreamPlane;
import com.databroker.streams.StreamStatus;
import com.databroker.streams.ViewStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
    private final MetricBook book;
    private volatile List<StreamStatus> streams = List.of();
    private volatile List<CollectorStatus> collectors = List.of();
    private volatile List<ViewStatus> views = List.of();
    private volatile boolean answering;
    private @Nullable FutureTask<@Nullable Void> asking;

    StreamMetrics(StreamPlane plane, MetricBook book, InstantSource clock) {
        this.plane = plane;
        Map<String, Durations> freshness = new TreeMap<>();
        plane.sources().forEach(source -> freshness.put(source.name(), Durations.slow()));
        plane.changes(changes -> {
            for (StreamChange change : changes) {
                Durations waited = freshness.get(change.stream());
                if (waited != null) {
                    waited.add(
                            Duration.between(change.oldest(), clock.instant()).toNanos(), Span.NONE);
                }
            }
        });
        book.histograms(
                Metric.STREAM_FRESHNESS,
                histograms -> freshness.forEach((stream, waited) -> histograms.put(waited, stream)));
        book.histograms(
                Metric.STREAM_SEARCH,
                histograms -> plane.searches().forEach((stream, took) -> histograms.put(took, stream)));
        this.book = book;
        book.value(Metric.STREAMS_ANSWERING, () -> answering ? 1 : 0);
        book.value(Metric.STREAMS_RAW, () -> plane.raw().bytes());
        streams();
        checkpoints();
        fetched();
        pushed();
        views();
    }

    private void streams() {
        book.values(Metric.STREAM_PHASE, values -> {
            for (StreamStatus stream : streams) {
                for (StreamStatus.Phase phase : StreamStatus.Phase.values()) {
                    values.put(
                            stream.phase() == phase ? 1 : 0,
                            stream.name(),
                            phase.name().toLowerCase(Locale.ROOT));
                }
            }
        });
        of(Metric.STREAM_COLLECTED, StreamStatus::collected);
        of(Metric.STREAM_DEAD, StreamStatus::dead);
        of(Metric.STREAM_LAG, StreamStatus::lag);
        of(Metric.STREAM_OLDEST, each -> Metrics.seconds(each.oldest()));
        of(Metric.STREAM_INBOX, StreamStatus::waiting);
        of(Metric.STREAM_DAMAGE, each -> each.damage().size());
        of(Metric.STREAM_HOT, StreamStatus::hot);
        of(Metric.STREAM_HOT_BYTES, StreamStatus::hotBytes);
        of(Metric.STREAM_COLD, StreamStatus::cold);
        of(Metric.STREAM_COLD_BYTES, StreamStatus::coldBytes);
    }

    private void checkpoints() {
        of(Metric.STREAM_CHECKPOINTS, each -> each.checkpoints().completed());
        of(Metric.STREAM_CHECKPOINT_FAILURES, each -> each.checkpoints().failed());
        of(
                Metric.STREAM_CHECKPOINT_TIME,
                each -> Metrics.seconds(each.checkpoints().last()));
        of(Metric.STREAM_CHECKPOINT_DURATION, each -> each.checkpoints().took().toMillis() / 1000.0);
        of(Metric.STREAM_RESTARTS, each -> each.checkpoints().restarts());
    }

    private void fetched() {
        ofCollectors(Metric.COLLECTOR_REQUESTS, CollectorStatus::requests);
        ofCollectors(Metric.COLLECTOR_NOT_MODIFIED, CollectorStatus::notModified);
        ofCollectors(Metric.COLLECTOR_LIMITED, CollectorStatus::limited);
        ofCollectors(Metric.COLLECTOR_FAILURES, CollectorStatus::failures);
        ofCollectors(Metric.COLLECTOR_GAPS, CollectorStatus::gaps);
        ofCollectors(Metric.COLLECTOR_LAST_POLL, each -> Metrics.seconds(each.lastPoll()));
        ofCollectors(Metric.COLLECTOR_NEXT_POLL, each -> Metrics.seconds(each.nextPoll()));
    }

    private void pushed() {
        ofCollectors(Metric.COLLECTOR_RECEIVED, each -> ofPushed(each, CollectorStatus.Pushed::received));
        ofCollectors(Metric.COLLECTOR_DROPPED, each -> ofPushed(each, CollectorStatus.Pushed::dropped));
        ofCollectors(Metric.COLLECTOR_WAITING, each -> ofPushed(each, CollectorStatus.Pushed::waitingBytes));
    }

    private static double ofPushed(CollectorStatus status, ToDoubleFunction<CollectorStatus.Pushed> value) {
        return status.pushed() == null ? 0 : value.applyAsDouble(status.pushed());
    }

    private void views() {
        ofViews(Metric.VIEW_ROWS, ViewStatus::rows);
        ofViews(Metric.VIEW_RUNS, ViewStatus::done);
        ofViews(Metric.VIEW_FAILED, each -> each.failure().isEmpty() ? 0 : 1);
        ofViews(Metric.VIEW_TIME, each -> Metrics.seconds(each.ended()));
        ofViews(Metric.VIEW_DURATION, each -> each.millis() == null ? 0 : each.millis() / 1000.0);
    }

    private void of(Metric metric, ToDoubleFunction<StreamStatus> value) {
        book.values(metric, values -> streams.forEach(each -> values.put(value.applyAsDouble(each), each.name())));
    }

    private void ofCollectors(Metric metric, ToDoubleFunction<CollectorStatus> value) {
        book.values(
                metric,
                values ->
                        collectors.forEach(each -> values.put(value.applyAsDouble(each), each.stream(), each.name())));
    }

    private void ofViews(Metric metric, ToDoubleFunction<ViewStatus> value) {
        book.values(
                metric,
                values -> views.forEach(each ->
                        values.put(value.applyAsDouble(each), each.view().name())));
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
            answering = false;
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
            if (plane.isReady()) {
                views = plane.views().status();
            }
            answering = plane.isReady();
        } catch (ProblemException failing) {
            answering = false;
            LOG.atDebug().setCause(failing).log("streams could not say how they do");
        }
    }
}
