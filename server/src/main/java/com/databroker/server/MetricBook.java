package com.databroker.server;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Metrics by their entry in [Metric], so that there is none without one.
final class MetricBook {
    private final PrometheusRegistry registry = new PrometheusRegistry();

    /// Takes a value, and the values of the entry's labels in their order.
    interface Values {
        void put(double value, String... labels);
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
            case INFO -> throw new IllegalArgumentException(metric + " has no value");
        }
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
