package com.databroker.server;

import com.databroker.objects.ObjectChange;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsStatus;
import io.prometheus.metrics.core.metrics.Counter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/// What `/metrics` tells of objects: a value for each store that is configured.
// Counts stay far below 2^53, up to which a double holds every whole number.
@SuppressWarnings("LongDoubleConversion")
final class ObjectMetrics {
    private final MetricBook book;
    private final ObjectPlane plane;
    private final InstantSource clock;
    private final Counter changes;
    private final Map<String, Duration> delays = new ConcurrentHashMap<>();

    private ObjectMetrics(MetricBook book, ObjectPlane plane, InstantSource clock) {
        this.book = book;
        this.plane = plane;
        this.clock = clock;
        this.changes = book.counter(Metric.OBJECT_CHANGES);
    }

    static void enter(MetricBook book, ObjectPlane plane, InstantSource clock) {
        new ObjectMetrics(book, plane, clock).enter();
    }

    private void enter() {
        book.value(Metric.OBJECT_LISTENERS, () -> plane.status().listeners());
        book.value(Metric.OBJECT_ROWS, () -> plane.status().rows());
        ofStores(Metric.OBJECT_TYPES, ObjectsStatus.Store::types);
        ofStores(Metric.OBJECT_STORE_UP, store -> store.reachable() ? 1 : 0);
        ofStores(Metric.OBJECT_COMMITS, ObjectsStatus.Store::commits);
        ofStores(Metric.OBJECT_CONFLICTS, ObjectsStatus.Store::conflicts);
        ofStores(Metric.OBJECT_TOLD, ObjectsStatus.Store::told);
        ofStores(Metric.OBJECT_RESETS, ObjectsStatus.Store::resets);
        ofStores(Metric.OBJECT_RELAY_LOOK, store -> Metrics.seconds(store.relayed()));
        book.values(
                Metric.OBJECT_RELAY_DELAY,
                values -> delays.forEach((store, delay) -> values.put(delay.toMillis() / 1000.0, store)));
        book.histograms(
                Metric.OBJECT_DURATION,
                histograms -> plane.durations().forEach((request, took) -> histograms.put(took, request)));
        book.histograms(
                Metric.OBJECT_STALENESS,
                histograms -> plane.staleness().forEach((store, took) -> histograms.put(took, store)));
        book.values(
                Metric.OBJECT_CANARY_OLD,
                values -> plane.canaries().forEach((store, canary) -> values.put(canary.oldSeconds(), store)));
        book.histograms(
                Metric.OBJECT_CANARY_DELAY,
                histograms -> plane.canaries().forEach((store, canary) -> histograms.put(canary.delays(), store)));
        plane.changes(all -> all.forEach(this::changed));
    }

    private void ofStores(Metric metric, ToDoubleFunction<ObjectsStatus.Store> value) {
        book.values(
                metric,
                values ->
                        plane.status().stores().forEach(store -> values.put(value.applyAsDouble(store), store.name())));
    }

    private void changed(ObjectChange change) {
        changes.labelValues(change.store(), change.kind().name().toLowerCase(Locale.ROOT))
                .inc();
        Duration delay = Duration.between(change.time(), clock.instant());
        delays.put(change.store(), delay.isNegative() ? Duration.ZERO : delay);
    }
}
