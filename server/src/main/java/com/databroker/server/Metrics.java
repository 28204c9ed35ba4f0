package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.access.Outcome;
import com.databroker.core.Bytes;
import com.databroker.core.Durations;
import com.databroker.core.FileChange;
import com.databroker.core.Span;
import com.databroker.core.TraceEngine;
import com.databroker.events.DoorCounters;
import com.databroker.events.EventPlane;
import com.databroker.files.FilePlane;
import com.databroker.files.FilesStatus;
import com.databroker.objects.ObjectPlane;
import com.databroker.streams.StreamPlane;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What `/metrics` tells, in the formats that Prometheus asks for. Labels have few values: never a topic, path or user.
// Counts stay far below 2^53, up to which a double holds every whole number.
@SuppressWarnings("LongDoubleConversion")
final class Metrics {
    private final MetricBook book = new MetricBook();
    private final ExpositionFormats formats = ExpositionFormats.init();
    private final Counter fileChanges;
    private final Counter filesRefused;
    private final Counter requests;
    private final RequestDurations durations = new RequestDurations(HttpDoor.ROUTES);
    private volatile @Nullable StreamMetrics streams;

    Metrics(EventPlane events, Gate gate, Map<String, ConnectionLimit> limits) {
        book.info(Metric.BUILD_INFO, Version.VERSION);
        events(events);
        doors(limits);
        access(gate);
        fileChanges = book.counter(Metric.FILE_CHANGES);
        filesRefused = book.counter(Metric.FILES_REFUSED);
        requests = book.counter(Metric.HTTP_REQUESTS);
        book.histograms(Metric.HTTP_DURATION, durations::put);
        ProcessMetrics.enter(book);
    }

    private void events(EventPlane events) {
        ofDoors(Metric.EVENTS_PUBLISHED, events, DoorCounters::published);
        ofDoors(Metric.EVENTS_DELIVERED, events, DoorCounters::delivered);
        ofDoors(Metric.EVENTS_LOST, events, DoorCounters::lost);
        book.values(
                Metric.EVENT_CONNECTIONS,
                values -> events.doors().forEach((door, counters) -> {
                    if (!door.equals("broker") && !door.equals(Exchange.DOOR)) {
                        values.put(counters.connections(), door);
                    }
                }));
        book.value(Metric.REPLAY_WINDOW_BYTES, events::heldBytes);
        book.value(
                Metric.REPLAY_WINDOW_MAX_BYTES, () -> events.config().window().bytes());
        book.value(Metric.REPLAY_WINDOW_EVENTS, () ->
                (double) (events.next().offset() - events.oldest().offset()));
        book.value(Metric.REPLAY_WINDOW_OLDEST, () -> seconds(events.oldestTime()));
    }

    private void ofDoors(Metric metric, EventPlane events, ToDoubleFunction<DoorCounters> value) {
        book.values(
                metric,
                values -> events.doors().forEach((door, counters) -> values.put(value.applyAsDouble(counters), door)));
    }

    private void doors(Map<String, ConnectionLimit> limits) {
        ofLimits(Metric.CONNECTIONS, limits, ConnectionLimit::open);
        ofLimits(Metric.CONNECTIONS_MAX, limits, ConnectionLimit::max);
        ofLimits(Metric.CONNECTIONS_REFUSED, limits, ConnectionLimit::refused);
    }

    private void ofLimits(Metric metric, Map<String, ConnectionLimit> limits, ToDoubleFunction<ConnectionLimit> value) {
        book.values(metric, values -> limits.forEach((door, limit) -> values.put(value.applyAsDouble(limit), door)));
    }

    private void access(Gate gate) {
        book.values(Metric.ACCESS, values -> {
            for (Outcome outcome : Outcome.values()) {
                values.put(gate.count(outcome), outcome.word());
            }
        });
        book.values(Metric.ACCESS_DENIED, values -> {
            for (Action action : Action.values()) {
                values.put(gate.denied(action), action.word());
            }
        });
        book.value(Metric.SESSIONS, gate::sessionCount);
    }

    /// 0 for a time that there is not.
    static double seconds(@Nullable Instant time) {
        return time == null ? 0 : time.toEpochMilli() / 1000.0;
    }

    void count(FileChange change) {
        fileChanges.labelValues(change.kind().name().toLowerCase(Locale.ROOT)).inc();
    }

    /// Another program wrote a file that its validator refuses.
    void countRefused() {
        filesRefused.inc();
    }

    /// @param nanos how long it took; negative where its answer stays open
    void countRequest(String route, int code, long nanos, Span span) {
        requests.labelValues(route, Integer.toString(code)).inc();
        if (nanos >= 0) {
            durations.add(route, code, nanos, span);
        }
    }

    /// Counts requests of always the same kind, by how many nanoseconds they took, without looking for their counter
    /// each time.
    LongConsumer counted(String route, int code) {
        CounterDataPoint one = requests.labelValues(route, Integer.toString(code));
        Durations took = durations.of(route, code);
        return nanos -> {
            one.inc();
            took.add(nanos, Span.NONE);
        };
    }

    /// How the recording of traces is doing.
    void traces(TraceEngine.Recorder recorder) {
        book.values(Metric.TRACE_SPANS, values -> {
            values.put(recorder.sent(), "sent");
            values.put(recorder.dropped(), "dropped");
            values.put(recorder.failed(), "failed");
        });
    }

    /// How the files plane is doing.
    void files(FilePlane plane) {
        Supplier<FilesStatus> status = plane::status;
        book.histograms(Metric.FILE_COMMITS, histograms -> histograms.put(plane.commits()));
        book.value(Metric.FILES, () -> status.get().files());
        book.value(Metric.FILES_BYTES, () -> status.get().bytes());
        book.value(Metric.FILE_UPLOADS, () -> status.get().uploads());
        book.value(Metric.FILES_JOURNAL, () -> status.get().journalBytes());
        book.value(Metric.FILES_READ_ONLY, () -> status.get().failure().isEmpty() ? 0 : 1);
        book.value(Metric.FILES_WATCHED_FOLDERS, () -> status.get().watching().folders());
        book.value(Metric.FILES_WAITING, () -> status.get().watching().waiting());
        book.value(Metric.FILES_SCANNING, () -> status.get().watching().scanning() ? 1 : 0);
        book.value(Metric.FILES_WATCH_OVERFLOWS, () -> status.get().watching().overflows());
        book.value(Metric.FILES_SCANS, () -> status.get().watching().scans());
    }

    /// How the objects plane is doing.
    void objects(ObjectPlane plane, InstantSource clock) {
        ObjectMetrics.enter(book, plane, clock);
    }

    /// How the door to RabbitMQ is doing.
    void amqp(AmqpDoor door) {
        door.enter(book);
    }

    /// How the streams plane is doing.
    void streams(StreamPlane plane, InstantSource clock) {
        streams = new StreamMetrics(plane, book, clock);
    }

    /// The disks on which data and files lie, and when the certificate of the HTTP door ends.
    void around(Path data, Path files, Tls tls) {
        ProcessMetrics.disks(book, Map.of("data", data, "files", files));
        book.values(Metric.CERTIFICATE, values -> {
            if (tls.enabled()) {
                values.put(seconds(tls.expiry()));
            }
        });
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
            writer.write(out, book.scrape());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return new Page(writer.getContentType(), Bytes.wrap(out.toByteArray()));
    }
}
