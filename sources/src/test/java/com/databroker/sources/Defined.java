package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.Granularity;
import com.databroker.streams.Intake;
import com.databroker.streams.PoisonException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A stream that a test defines, and what it reads.
final class Defined implements Intake {
    static final Instant ARRIVED = Instant.parse("2026-11-28T12:00:00Z");

    final List<String> ids = new ArrayList<>();
    final List<DataRecord> records = new ArrayList<>();
    final List<String> rejects = new ArrayList<>();
    final List<String> excerpts = new ArrayList<>();
    final List<String> heads = new ArrayList<>();
    private final DefinedSource source;

    private Defined(DefinedSource source) {
        this.source = source;
    }

    static DefinedFormat format(DefinedFormat.Kind kind) {
        return new DefinedFormat(kind, null, List.of(), ",", "\"", null, 0, List.of());
    }

    static DefinedFormat lines(String pattern) {
        return new DefinedFormat(DefinedFormat.Kind.LINES, null, List.of(), ",", "\"", pattern, 0, List.of());
    }

    /// @param field `name`, `name:type` or `name:type:from`, with a `!` where it is required and a `*` for a list
    static Definition definition(DefinedFormat format, List<String> id, String... field) {
        Map<String, Definition.Of> fields = new LinkedHashMap<>();
        for (String each : field) {
            String[] parts = each.replaceAll("[!*]", "").split(":", 3);
            fields.put(
                    parts[0],
                    of(
                            parts.length < 2 ? Definition.Type.KEYWORD : Definition.Type.valueOf(parts[1]),
                            parts.length < 3 ? null : parts[2],
                            each.contains("!"),
                            each.contains("*")));
        }
        return with(format, id, fields);
    }

    static Definition.Of of(Definition.Type type, @Nullable String from, boolean required, boolean list) {
        return new Definition.Of(type, from, "", required, list, null, null, null);
    }

    static Definition with(DefinedFormat format, List<String> id, Map<String, Definition.Of> fields) {
        return new Definition(
                "Test",
                format,
                new Definition.Collect(null, Duration.ofHours(1), Map.of()),
                List.of(),
                fields,
                id,
                null,
                List.of(),
                Granularity.DAY,
                true,
                new Definition.Topic(4, Duration.ofDays(7)));
    }

    static Defined of(Definition definition) {
        return new Defined(DefinedSource.of("test", definition, DefinedShape.of(definition)));
    }

    static Defined read(DefinedFormat format, List<String> id, String body, String... field) throws IOException {
        return of(definition(format, id, field)).read(body.getBytes(StandardCharsets.UTF_8));
    }

    Defined read(byte[] body) throws IOException {
        source.reader().read(new Body("id", "name", Map.of(), ARRIVED, new ByteArrayInputStream(body)), this);
        return this;
    }

    /// Reads what was set aside as it is read when it comes again.
    Defined piece(String head, String corrected) throws IOException {
        Map<String, String> headers = Map.of(Body.PIECE, String.valueOf(head.length()));
        byte[] body = (head + corrected).getBytes(StandardCharsets.UTF_8);
        source.reader().read(new Body("", "name", headers, ARRIVED, new ByteArrayInputStream(body)), this);
        return this;
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt, Bytes head) {
        reject(position, reason, excerpt);
        excerpts.add(excerpt.utf8());
        heads.add(head.utf8());
    }

    @Override
    public void record(Collected record) {
        try {
            records.add(source.parser().parse(record, ARRIVED));
            ids.add(record.id());
        } catch (PoisonException poison) {
            rejects.add(record.id() + ": " + poison.reason());
        }
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        rejects.add(position + ": " + reason);
    }

    List<@Nullable Object> values(String field) {
        List<@Nullable Object> values = new ArrayList<>();
        records.forEach(record -> values.add(record.get(field)));
        return values;
    }
}
