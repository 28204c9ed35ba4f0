package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.Intake;
import com.databroker.streams.PoisonException;
import com.databroker.streams.Source;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a reader found in a body.
final class DnsFound implements Intake {
    static final Bytes KEY = Bytes.utf8("a key of 32 bytes for the tests.");
    static final Instant RECEIVED = Instant.parse("2026-11-21T08:00:00Z");

    final List<Collected> records = new ArrayList<>();
    final List<String> rejects = new ArrayList<>();
    final List<Bytes> excerpts = new ArrayList<>();

    @Override
    public void record(Collected record) {
        records.add(record);
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        rejects.add(position + ": " + reason);
        excerpts.add(excerpt);
    }

    /// With addresses as they are.
    static DnsFound in(byte[] body) {
        return in(DnsSource.withAddresses(), body);
    }

    static DnsFound in(Source source, byte[] body) {
        return in(source.reader(), body);
    }

    static DnsFound in(BodyReader reader, byte[] body) {
        DnsFound found = new DnsFound();
        try {
            reader.read(new Body("body", "name", Map.of(), RECEIVED, new ByteArrayInputStream(body)), found);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return found;
    }

    Map<String, @Nullable Object> json(int place) {
        return Json.parseObject(records.get(place).json());
    }

    DataRecord parsed(int place) {
        try {
            return new DnsParser().parse(records.get(place), RECEIVED);
        } catch (PoisonException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
