package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.Intake;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Keeps what a reader gives, for tests.
final class GithubKept implements Intake {
    static final Instant ARRIVED = Instant.parse("2026-11-28T12:00:00Z");

    /// A part that could not be read.
    record Reject(String position, String reason, Bytes excerpt) {}

    final List<Collected> records = new ArrayList<>();
    final List<Reject> rejects = new ArrayList<>();

    @Override
    public void record(Collected record) {
        records.add(record);
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        rejects.add(new Reject(position, reason, excerpt));
    }

    static GithubKept of(BodyReader reader, String name, Map<String, String> headers, byte[] bytes) throws IOException {
        GithubKept kept = new GithubKept();
        reader.read(new Body("body", name, headers, ARRIVED, new ByteArrayInputStream(bytes)), kept);
        return kept;
    }

    static GithubKept of(BodyReader reader, String text) throws IOException {
        return of(reader, "body", Map.of(), text.getBytes(StandardCharsets.UTF_8));
    }

    List<String> ids() {
        return records.stream().map(Collected::id).toList();
    }

    List<String> reasons() {
        return rejects.stream()
                .map(reject -> reject.position() + ": " + reject.reason())
                .toList();
    }

    List<DataRecord> parsed(RecordParser parser) throws PoisonException {
        List<DataRecord> parsed = new ArrayList<>();
        for (Collected record : records) {
            parsed.add(parser.parse(record, ARRIVED));
        }
        return parsed;
    }
}
