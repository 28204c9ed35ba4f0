package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.streams.CollectorStatus;
import com.databroker.streams.DeadLetter;
import com.databroker.streams.Field;
import com.databroker.streams.Source;
import com.databroker.streams.StreamAnswer;
import com.databroker.streams.StreamPlane;
import com.databroker.streams.StreamQuery;
import com.databroker.streams.StreamStatus;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// The streams plane over HTTP: `/streams` lists them, `/streams/<name>` answers a search, `/streams/<name>/status`,
/// `/streams/<name>/definition` and `/streams/<name>/dead` tell about it. What is done for it stands in
/// [StreamCareHandler].
final class StreamsHandler {
    private static final int LIMIT = 100;
    private static final String NDJSON = "application/x-ndjson";

    private final StreamSources all;
    private final StreamPlane streams;
    private final StreamCareHandler care;
    private final InstantSource clock;

    StreamsHandler(StreamSources all, StreamCareHandler care, InstantSource clock) {
        this.all = all;
        this.streams = all.plane();
        this.care = care;
        this.clock = clock;
    }

    void handle(Exchange exchange) {
        String tail = exchange.target().tail();
        if (tail.isEmpty()) {
            exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
            exchange.target().allow();
            list(exchange);
            return;
        }
        int slash = tail.indexOf('/');
        String name = slash < 0 ? tail : tail.substring(0, slash);
        // Whoever may not search a stream does not learn whether there is one.
        exchange.require(Action.SEARCH, name);
        Source source = source(name);
        String[] what = (slash < 0 ? "" : tail.substring(slash + 1)).split("/", 2);
        if (what.length == 2) {
            switch (what[0]) {
                case "dead" -> care.dead(exchange, source, what[1]);
                case "collectors" -> care.collect(exchange, source, what[1]);
                default -> throw nothing();
            }
            return;
        }
        switch (what[0]) {
            case "test" -> care.test(exchange, source);
            case "replay" -> care.replay(exchange, source, parameter -> time(exchange, parameter, clock));
            case "" -> read(exchange, () -> search(exchange, source));
            case "status" -> read(exchange, () -> status(exchange, source));
            case "definition" -> read(exchange, () -> definition(exchange, source));
            case "dead" -> read(exchange, () -> dead(exchange, source));
            default -> throw nothing();
        }
    }

    private static void read(Exchange exchange, Runnable answer) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        answer.run();
    }

    private static ProblemException nothing() {
        return new ProblemException(
                Problem.NOT_FOUND,
                "of a stream there are status, definition, dead, dead/<offset>, collectors/<name>, replay and test");
    }

    /// @throws ProblemException [Problem#NOT_FOUND], with the reason where it was left out
    private Source source(String name) {
        for (StreamDefinitions.Refused refused : all.refused()) {
            if (refused.name().equals(name)
                    && streams.sources().stream()
                            .noneMatch(source -> source.name().equals(name))) {
                throw new ProblemException(
                        Problem.NOT_FOUND, "the stream " + name + " was left out at the start: " + refused.line());
            }
        }
        return streams.source(name);
    }

    private void list(Exchange exchange) {
        Principal principal = exchange.principal();
        exchange.blocking(() -> {
            List<StreamStatus> statuses = streams.status().stream()
                    .filter(status -> principal.may(Action.SEARCH, status.name()))
                    .toList();
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartArray();
                statuses.forEach(status -> write(json, streams.source(status.name()), status));
                all.refused().stream()
                        .filter(refused -> principal.may(Action.SEARCH, refused.name()))
                        .forEach(refused -> write(json, refused));
                json.writeEndArray();
            }));
        });
    }

    private void status(Exchange exchange, Source source) {
        exchange.target().allow();
        exchange.blocking(() -> {
            StreamStatus status = streams.status().stream()
                    .filter(each -> each.name().equals(source.name()))
                    .findFirst()
                    .orElseThrow();
            exchange.onLoop(() -> exchange.json(200, json -> write(json, source, status)));
        });
    }

    private void write(JsonGenerator json, Source source, StreamStatus status) {
        json.writeStartObject();
        json.writeStringProperty("name", status.name());
        json.writeStringProperty("title", source.title());
        json.writeStringProperty("phase", status.phase().name().toLowerCase(Locale.ROOT));
        if (!status.detail().isEmpty()) {
            json.writeStringProperty("detail", status.detail());
        }
        json.writeNumberProperty("collected", status.collected());
        json.writeNumberProperty("lag", status.lag());
        if (status.oldest() != null) {
            json.writeStringProperty("oldest", status.oldest().toString());
        }
        json.writeNumberProperty("dead", status.dead());
        json.writeNumberProperty("waiting", status.waiting());
        json.writeNumberProperty("hot", status.hot());
        json.writeNumberProperty("hotBytes", status.hotBytes());
        json.writeNumberProperty("cold", status.cold());
        json.writeNumberProperty("coldBytes", status.coldBytes());
        write(json, status.checkpoints());
        json.writeName("damage");
        json.writeStartArray();
        status.damage().forEach(json::writeString);
        json.writeEndArray();
        json.writeName("collectors");
        json.writeStartArray();
        streams.collectors().stream()
                .filter(collector -> collector.stream().equals(status.name()))
                .forEach(collector -> write(json, collector));
        json.writeEndArray();
        all.capture(status.name()).ifPresent(capture -> write(json, capture));
        json.writeEndObject();
    }

    /// In the list, so that nobody looks for it elsewhere.
    private static void write(JsonGenerator json, StreamDefinitions.Refused refused) {
        json.writeStartObject();
        json.writeStringProperty("name", refused.name());
        json.writeStringProperty("title", "left out: " + refused.line());
        json.writeStringProperty("phase", "failed");
        json.writeStringProperty("detail", refused.why());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, EventCapture.Status capture) {
        json.writeName("capture");
        json.writeStartObject();
        json.writeName("patterns");
        json.writeStartArray();
        capture.patterns().forEach(json::writeString);
        json.writeEndArray();
        json.writeStringProperty("position", capture.position());
        json.writeNumberProperty("events", capture.events());
        json.writeNumberProperty("gaps", capture.gaps());
        json.writeNumberProperty("lost", capture.lost());
        json.writeStringProperty("trouble", capture.trouble());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, StreamStatus.Checkpoints checkpoints) {
        json.writeName("checkpoints");
        json.writeStartObject();
        json.writeNumberProperty("completed", checkpoints.completed());
        json.writeNumberProperty("failed", checkpoints.failed());
        if (checkpoints.last() != null) {
            json.writeStringProperty("last", checkpoints.last().toString());
        }
        json.writeNumberProperty("millis", checkpoints.took().toMillis());
        json.writeNumberProperty("restarts", checkpoints.restarts());
        json.writeEndObject();
    }

    static void write(JsonGenerator json, CollectorStatus collector) {
        json.writeStartObject();
        json.writeStringProperty("name", collector.name());
        if (collector.lastPoll() != null) {
            json.writeStringProperty("lastPoll", collector.lastPoll().toString());
        }
        if (collector.nextPoll() != null) {
            json.writeStringProperty("nextPoll", collector.nextPoll().toString());
        }
        json.writeNumberProperty("requests", collector.requests());
        json.writeNumberProperty("notModified", collector.notModified());
        json.writeNumberProperty("limited", collector.limited());
        json.writeNumberProperty("failures", collector.failures());
        json.writeNumberProperty("gaps", collector.gaps());
        json.writeStringProperty("trouble", collector.trouble());
        json.writeStringProperty("note", collector.note());
        json.writeNumberProperty("steps", collector.steps());
        json.writeNumberProperty("brought", collector.brought());
        json.writeNumberProperty("rejected", collector.rejected());
        CollectorStatus.Pushed pushed = collector.pushed();
        if (pushed != null) {
            json.writeNumberProperty("received", pushed.received());
            json.writeNumberProperty("dropped", pushed.dropped());
            json.writeNumberProperty("waitingBytes", pushed.waitingBytes());
        }
        json.writeEndObject();
    }

    private static void definition(Exchange exchange, Source source) {
        exchange.target().allow();
        exchange.json(200, json -> {
            json.writeStartObject();
            json.writeStringProperty("name", source.name());
            json.writeStringProperty("title", source.title());
            json.writeStringProperty("schema", source.schema().name());
            json.writeStringProperty("topic", source.topic().name());
            json.writeStringProperty("dead", source.topic().dead());
            json.writeStringProperty("retention", source.topic().retention().toString());
            json.writeStringProperty("timeField", source.timeField());
            json.writeStringProperty(
                    "partitionedBy", source.granularity().name().toLowerCase(Locale.ROOT));
            json.writeBooleanProperty("repeats", source.repeats());
            json.writeName("fields");
            json.writeStartArray();
            for (Field field : source.schema().fields()) {
                json.writeStartObject();
                json.writeStringProperty("name", field.name());
                json.writeStringProperty("type", field.type().toString().toLowerCase(Locale.ROOT));
                json.writeStringProperty("description", field.description());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private void dead(Exchange exchange, Source source) {
        exchange.target().allow("after", "limit");
        long after = number(exchange, "after", -1, Long.MAX_VALUE, -1);
        int limit = (int) number(exchange, "limit", 1, StreamQuery.LIMIT_MAX, LIMIT);
        exchange.blocking(() -> {
            List<DeadLetter> letters = streams.dead(source.name(), after, limit);
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartArray();
                letters.forEach(letter -> write(json, letter));
                json.writeEndArray();
            }));
        });
    }

    private static void write(JsonGenerator json, DeadLetter letter) {
        json.writeStartObject();
        json.writeNumberProperty("offset", letter.offset());
        json.writeStringProperty("at", letter.at().toString());
        json.writeStringProperty("place", letter.place());
        if (letter.id() != null) {
            json.writeStringProperty("id", letter.id());
        }
        json.writeStringProperty("reason", letter.reason());
        json.writeStringProperty(
                "base64", Base64.getEncoder().encodeToString(letter.bytes().toArray()));
        if (letter.head().length() > 0) {
            json.writeStringProperty(
                    "head_base64",
                    Base64.getEncoder().encodeToString(letter.head().toArray()));
        }
        json.writeEndObject();
    }

    private void search(Exchange exchange, Source source) {
        exchange.target().allow("q", "from", "to", "limit", "after", "facet", "histogram");
        StreamQuery query = query(exchange);
        String accept = exchange.request().getHeader("Accept");
        boolean lines = accept != null && accept.contains(NDJSON);
        exchange.blocking(() -> {
            StreamAnswer answer = streams.search(source.name(), query);
            if (lines) {
                Bytes body = lines(answer);
                exchange.onLoop(() -> exchange.answer(200, NDJSON, body));
            } else {
                Bytes body = Json.bytes(json -> write(json, source, answer));
                exchange.onLoop(() -> exchange.answer(200, Exchange.JSON, body));
            }
        });
    }

    private StreamQuery query(Exchange exchange) {
        String q = exchange.target().parameter("q");
        String after = exchange.target().parameter("after");
        String facet = exchange.target().parameter("facet");
        String histogram = exchange.target().parameter("histogram");
        return new StreamQuery(
                q == null ? "" : q,
                time(exchange, "from", clock),
                time(exchange, "to", clock),
                (int) number(exchange, "limit", 1, StreamQuery.LIMIT_MAX, LIMIT),
                after == null ? null : StreamQuery.Cursor.parse(after),
                facet == null ? null : new StreamQuery.Facet(facet, 20),
                histogram == null ? null : duration("histogram", histogram));
    }

    static long number(Exchange exchange, String name, long min, long max, long otherwise) {
        String text = exchange.target().parameter(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            // Refused below, as a number out of range is.
        }
        throw new ProblemException(Problem.BAD_REQUEST, name + " is a number from " + min + " to " + max);
    }

    /// An instant, `2026-11-28T12:00:00Z`, a day, `2026-11-28`, or so long ago, `3d`.
    static @Nullable Instant time(Exchange exchange, String name, InstantSource clock) {
        String text = exchange.target().parameter(name);
        if (text == null) {
            return null;
        }
        try {
            if (text.matches("\\d{4}-\\d{2}-\\d{2}")) {
                return Instant.parse(text + "T00:00:00Z");
            }
            return text.contains("-") ? Instant.parse(text) : clock.instant().minus(duration(text));
        } catch (DateTimeException | IllegalArgumentException noTime) {
            throw new ProblemException(
                    Problem.BAD_REQUEST,
                    name + " \"" + Text.excerpt(text)
                            + "\" is not a time; write 2026-11-28T12:00:00Z, 2026-11-28, or 3d"
                            + " for three days ago");
        }
    }

    private static Duration duration(String text) {
        return (Duration) new SettingType(SettingType.Form.DURATION, Duration.class).parse(text);
    }

    private static Duration duration(String name, String text) {
        try {
            return duration(text);
        } catch (IllegalArgumentException noDuration) {
            throw new ProblemException(Problem.BAD_REQUEST, name + " " + noDuration.getMessage());
        }
    }

    private static void write(JsonGenerator json, Source source, StreamAnswer answer) {
        json.writeStartObject();
        json.writeStringProperty("stream", source.name());
        json.writeName("columns");
        json.writeStartArray();
        json.writeString(source.timeField());
        source.headline().forEach(json::writeString);
        json.writeEndArray();
        json.writeName("records");
        json.writeStartArray();
        for (StreamQuery.Hit hit : answer.hits()) {
            json.writeRawValue(hit.json().utf8());
        }
        json.writeEndArray();
        json.writeNumberProperty("total", answer.total());
        json.writeBooleanProperty("exact", answer.exact());
        if (answer.partial() != null) {
            json.writeStringProperty("partial", answer.partial());
        }
        if (answer.next() != null) {
            json.writeStringProperty("next", answer.next().text());
        }
        json.writeName("cold");
        json.writeStartObject();
        json.writeNumberProperty("partitionsRead", answer.read().partitions());
        json.writeNumberProperty("partitions", answer.read().ofPartitions());
        json.writeNumberProperty("filesRead", answer.read().files());
        json.writeNumberProperty("files", answer.read().ofFiles());
        json.writeEndObject();
        if (!answer.values().isEmpty()) {
            json.writeName("values");
            json.writeStartArray();
            for (StreamQuery.Count count : answer.values()) {
                json.writeStartObject();
                json.writeStringProperty("value", count.value());
                json.writeNumberProperty("count", count.count());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        if (!answer.steps().isEmpty()) {
            json.writeName("steps");
            json.writeStartArray();
            for (StreamQuery.Step step : answer.steps()) {
                json.writeStartObject();
                json.writeStringProperty("begin", step.begin().toString());
                json.writeNumberProperty("count", step.count());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static Bytes lines(StreamAnswer answer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (StreamQuery.Hit hit : answer.hits()) {
            out.writeBytes(hit.json().toArray());
            out.write('\n');
        }
        return Bytes.wrap(out.toByteArray());
    }
}
