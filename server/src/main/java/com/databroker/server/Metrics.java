package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.access.Outcome;
import com.databroker.core.Bytes;
import com.databroker.core.FileChange;
import com.databroker.events.DoorCounters;
import com.databroker.events.EventPlane;
import com.databroker.files.FilesStatus;
import com.databroker.streams.StreamPlane;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What `/metrics` tells, in the formats that Prometheus asks for. Labels have few values: never a topic, path or user.
// Counts stay far below 2^53, up to which a double holds every whole number.
@SuppressWarnings("LongDoubleConversion")
final class Metrics {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ExpositionFormats formats = ExpositionFormats.init();
    private final Counter fileChanges;
    private final Counter requests;
    private volatile @Nullable StreamMetrics streams;

    Metrics(EventPlane events, Gate gate, Map<String, ConnectionLimit> limits) {
        Info.builder()
                .name("databroker_build_info")
                .help("The version that runs.")
                .labelNames("version")
                .register(registry)
                .setLabelValues(Version.VERSION);
        doorCounter("databroker_events_published", "Events taken.", events, DoorCounters::published);
        doorCounter("databroker_events_delivered", "Events written to subscribers.", events, DoorCounters::delivered);
        doorCounter(
                "databroker_events_lost",
                "Offsets that slow subscribers were told to have missed.",
                events,
                DoorCounters::lost);
        GaugeWithCallback.builder()
                .name("databroker_event_connections")
                .help("Connections of publishers and subscribers.")
                .labelNames("door")
                .callback(callback -> events.doors().forEach((door, counters) -> {
                    if (!door.equals("broker") && !door.equals(Exchange.DOOR)) {
                        callback.call(counters.connections(), door);
                    }
                }))
                .register(registry);
        gauge("databroker_replay_window_bytes", "Memory that the replay window holds.", events::heldBytes);
        gauge("databroker_replay_window_events", "Events that the replay window holds.", () ->
                (double) (events.next().offset() - events.oldest().offset()));
        GaugeWithCallback.builder()
                .name("databroker_connections")
                .help("Open connections of a door.")
                .labelNames("door")
                .callback(callback -> limits.forEach((door, limit) -> callback.call(limit.open(), door)))
                .register(registry);
        CounterWithCallback.builder()
                .name("databroker_connections_refused")
                .help("Connections turned away at a limit.")
                .labelNames("door")
                .callback(callback -> limits.forEach((door, limit) -> callback.call(limit.refused(), door)))
                .register(registry);
        access(gate);
        fileChanges = Counter.builder()
                .name("databroker_file_changes")
                .help("Files created, updated and deleted.")
                .labelNames("kind")
                .register(registry);
        requests = Counter.builder()
                .name("databroker_http_requests")
                .help("HTTP requests answered.")
                .labelNames("route", "code")
                .register(registry);
        process();
    }

    private void access(Gate gate) {
        CounterWithCallback.builder()
                .name("databroker_access")
                .help("Decisions of the gate.")
                .labelNames("outcome")
                .callback(callback -> {
                    for (Outcome outcome : Outcome.values()) {
                        callback.call(gate.count(outcome), outcome.word());
                    }
                })
                .register(registry);
        CounterWithCallback.builder()
                .name("databroker_access_denied")
                .help("Requests that no grant covered.")
                .labelNames("action")
                .callback(callback -> {
                    for (Action action : Action.values()) {
                        callback.call(gate.denied(action), action.word());
                    }
                })
                .register(registry);
    }

    private void process() {
        var memory = ManagementFactory.getMemoryMXBean();
        gauge(
                "databroker_heap_used_bytes",
                "Java heap in use.",
                () -> memory.getHeapMemoryUsage().getUsed());
        gauge(
                "databroker_threads",
                "Platform threads.",
                () -> ManagementFactory.getThreadMXBean().getThreadCount());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.UnixOperatingSystemMXBean unix) {
            gauge("process_open_fds", "Open file descriptors.", unix::getOpenFileDescriptorCount);
            gauge("process_max_fds", "File descriptors the process may open.", unix::getMaxFileDescriptorCount);
            CounterWithCallback.builder()
                    .name("process_cpu_seconds")
                    .help("CPU time of the process.")
                    .callback(callback -> callback.call(unix.getProcessCpuTime() / 1e9))
                    .register(registry);
        }
    }

    private interface Reading {
        double read();
    }

    private void gauge(String name, String help, Reading reading) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(reading.read()))
                .register(registry);
    }

    private void doorCounter(String name, String help, EventPlane events, ToDoubleFunction<DoorCounters> value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames("door")
                .callback(callback ->
                        events.doors().forEach((door, counters) -> callback.call(value.applyAsDouble(counters), door)))
                .register(registry);
    }

    void count(FileChange change) {
        fileChanges
                .labelValues(change.kind().name().toLowerCase(java.util.Locale.ROOT))
                .inc();
    }

    void countRequest(String route, int code) {
        requests.labelValues(route, Integer.toString(code)).inc();
    }

    /// Counts a request of always the same kind, without looking for its counter each time.
    Runnable counted(String route, int code) {
        return requests.labelValues(route, Integer.toString(code))::inc;
    }

    /// How the files plane is doing.
    void files(Supplier<FilesStatus> status) {
        gauge("databroker_files", "Files known.", () -> status.get().files());
        gauge(
                "databroker_files_bytes",
                "Bytes of the files known.",
                () -> status.get().bytes());
        gauge(
                "databroker_file_uploads",
                "Uploads under way.",
                () -> status.get().uploads());
        gauge(
                "databroker_files_journal_bytes",
                "Size of the journal of files.",
                () -> status.get().journalBytes());
        gauge(
                "databroker_files_read_only",
                "1 where the disk failed and files cannot be changed.",
                () -> status.get().failure().isEmpty() ? 0 : 1);
        gauge(
                "databroker_files_watched_folders",
                "Folders watched.",
                () -> status.get().watching().folders());
        gauge(
                "databroker_files_waiting",
                "Changed files that are not finished or not looked at yet.",
                () -> status.get().watching().waiting());
        gauge(
                "databroker_files_scanning",
                "1 while the folder is compared with the index.",
                () -> status.get().watching().scanning() ? 1 : 0);
        counter(
                "databroker_files_watch_overflows",
                "Times that the system lost changes.",
                () -> status.get().watching().overflows());
        counter(
                "databroker_files_scans",
                "Comparisons of the folder with the index that ended.",
                () -> status.get().watching().scans());
    }

    /// How the streams plane is doing.
    void streams(StreamPlane plane) {
        streams = new StreamMetrics(plane, registry);
    }

    private void counter(String name, String help, Reading reading) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(reading.read()))
                .register(registry);
    }

    /// A page in one of the formats.
    record Page(String contentType, Bytes body) {}

    /// Blocks for a moment where streams are asked how they do.
    Page page(@Nullable String accept) {
        StreamMetrics asked = streams;
        if (asked != null) {
            asked.refresh();
        }
        ExpositionFormatWriter writer = formats.findWriter(accept == null ? "" : accept);
        ByteArrayOutputStream out = new ByteArrayOutputStream(8192);
        try {
            writer.write(out, registry.scrape());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return new Page(writer.getContentType(), Bytes.wrap(out.toByteArray()));
    }
}
