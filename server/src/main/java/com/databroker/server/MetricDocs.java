package com.databroker.server;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The page of docs/reference about what `/metrics` tells.
final class MetricDocs {
    private record Section(String title, List<String> prefixes) {}

    private static final List<Section> SECTIONS = List.of(
            new Section("The broker", List.of("databroker_build_")),
            new Section("Events", List.of("databroker_event", "databroker_replay_")),
            new Section(
                    "Doors and access",
                    List.of(
                            "databroker_connections",
                            "databroker_http_",
                            "databroker_access",
                            "databroker_sessions",
                            "databroker_tls_")),
            new Section("Files", List.of("databroker_file")),
            new Section("Objects", List.of("databroker_object_")),
            new Section("Streams", List.of("databroker_stream_", "databroker_streams_")),
            new Section("Collectors", List.of("databroker_collector_")),
            new Section("Views", List.of("databroker_view_")),
            new Section(
                    "The process and its disks",
                    List.of(
                            "databroker_disk_",
                            "databroker_heap_",
                            "databroker_buffer_",
                            "databroker_gc_",
                            "databroker_threads",
                            "databroker_trace_",
                            "process_")));

    private MetricDocs() {}

    static String page() {
        StringBuilder out = new StringBuilder("""
                # Metrics

                `GET /metrics` gives them in Prometheus' text format, or as OpenMetrics where `Accept` asks for it. Without
                a token only to this machine, and only while `http.metrics-public` is on; from elsewhere with a token
                that has `admin` on `metrics`.

                Base units stand in the names: seconds, bytes; a `_timestamp_seconds` is a moment since 1970. Counters begin
                at 0 with each start of the broker. A label's values are few: doors, actions and kinds are the broker's own
                words, stores, streams, collectors and views those of the configuration. There is never a topic, a path
                or a user among them.

                A histogram is asked for by `histogram_quantile` over its `_bucket`, or by `_sum` and `_count`. Where traces are
                recorded (see [tracing](../guide/tracing.md)), OpenMetrics has exemplars with `trace_id` and `span_id` beside its
                buckets.

                What is of objects, streams, collectors and views is there only where those are configured. Rules, alerts and
                dashboards made of these are in [deploy](../../deploy/README.md).

                This page is generated from the program.
                """);
        for (Section section : SECTIONS) {
            out.append("\n## ").append(section.title).append("\n\n");
            out.append("| Metric | Kind | Labels | What it tells |\n|---|---|---|---|\n");
            for (Metric metric : Metric.values()) {
                if (sectionOf(metric).equals(section)) {
                    String labels = metric.labels().stream()
                            .map(label -> '`' + label + '`')
                            .collect(Collectors.joining(", "));
                    out.append("| `").append(metric.shown()).append("` | ");
                    out.append(metric.kind().name().toLowerCase(Locale.ROOT)).append(" | ");
                    out.append(labels).append(labels.isEmpty() ? "| " : " | ");
                    out.append(metric.help()).append(" |\n");
                }
            }
        }
        return out.toString();
    }

    private static Section sectionOf(Metric metric) {
        return SECTIONS.stream()
                .filter(section -> section.prefixes.stream().anyMatch(metric.title()::startsWith))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(metric + " has no section"));
    }
}
