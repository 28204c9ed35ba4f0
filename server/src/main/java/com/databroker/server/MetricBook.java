package com.databroker.server;

import com.databroker.core.Durations;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Metrics by their entry in [Metric], so that there is none without one.
final class MetricBook {
    private final PrometheusRegistry registry = new PrometheusRegistry();

    /// Takes a value, and the values of the entry's labels in their order.
    interface Values {
        void put(double value, String... labels);
    }

    /// Takes a histogram, and the values of the entry's labels in their order.
    interface Histograms {
        void put(Durations durations, String... labels);
    }

    /// A value of now.
    interface Reading {
        double read();
    }

    /// A counter or gauge without labels, read when the page is asked for.
    void value(Metric metric, Reading reading) {
        values(metric, values -> values.put(reading.read()));
    }

    /// A counter or gauge whose values are read when the page is asked for.
    void values(Metric metric, Consumer<Values> each) {
        String[] labels = metric.labels().toArray(new String[0]);
        switch (metric.kind()) {
            case COUNTER ->
                CounterWithCallback.builder()
                        .name(metric.title())
                        .unit(unit(metric))
                        .help(metric.help())
                        .labelNames(labels)
                        .callback(callback -> each.accept(callback::call))
                        .register(registry);
            case GAUGE ->
                GaugeWithCallback.builder()
                        .name(metric.title())
                        .unit(unit(metric))
                        .help(metric.help())
                        .labelNames(labels)
                        .callback(callback -> each.accept(callback::call))
                        .register(registry);
            case INFO, HISTOGRAM -> throw new IllegalArgumentException(metric + " has no single value");
        }
    }

    /// Histograms that are read when the page is asked for.
    void histograms(Metric metric, Consumer<Histograms> each) {
        registry.register(() -> {
            HistogramSnapshot.Builder page =
                    HistogramSnapshot.builder().name(metric.title()).help(metric.help());
            page.unit(unit(metric));
            each.accept((durations, labels) -> page.dataPoint(dataPoint(metric, durations.seen(), labels)));
            return page.build();
        });
    }

    private static HistogramSnapshot.HistogramDataPointSnapshot dataPoint(
            Metric metric, Durations.Seen seen, String... labels) {
        List<Double> bounds = new ArrayList<>(seen.bounds());
        bounds.add(Double.POSITIVE_INFINITY);
        Exemplars.Builder exemplars = Exemplars.builder();
        for (Durations.Example example : seen.examples()) {
            exemplars.exemplar(Exemplar.builder()
                    .value(example.seconds())
                    .traceId(example.traceId())
                    .spanId(example.spanId())
                    .timestampMillis(example.epochMillis())
                    .build());
        }
        HistogramSnapshot.HistogramDataPointSnapshot.Builder point =
                HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, seen.counts()));
        point.sum(seen.sum())
                .exemplars(exemplars.build())
                .labels(Labels.of(metric.labels().toArray(new String[0]), labels));
        return point.build();
    }

    private static @Nullable Unit unit(Metric metric) {
        return switch (metric.unit()) {
            case "seconds" -> Unit.SECONDS;
            case "bytes" -> Unit.BYTES;
            default -> null;
        };
    }

    /// A counter that is counted by hand.
    Counter counter(Metric metric) {
        return Counter.builder()
                .name(metric.title())
                .help(metric.help())
                .labelNames(metric.labels().toArray(new String[0]))
                .register(registry);
    }

    void info(Metric metric, String... labels) {
        Info.builder()
                .name(metric.title())
                .help(metric.help())
                .labelNames(metric.labels().toArray(new String[0]))
                .register(registry)
                .setLabelValues(labels);
    }

    MetricSnapshots scrape() {
        return registry.scrape();
    }
}
