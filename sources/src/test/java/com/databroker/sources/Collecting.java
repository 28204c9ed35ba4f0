package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.Collector;
import com.databroker.streams.Intake;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Does what the plane does with a collector: polls when it is time, keeps records and cursor together, by a clock
/// of its own.
final class Collecting implements Intake {
    static final Duration TIMEOUT = Duration.ofSeconds(20);

    final FakeClock clock;
    final PoliteHttp http;
    final List<String> ids = new ArrayList<>();
    final List<String> jsons = new ArrayList<>();
    final List<String> rejects = new ArrayList<>();
    private final BodyReader reader;
    private Bytes cursor = Bytes.utf8("{}");
    private @Nullable Instant next;
    private @Nullable String failure;
    Polling last;

    Collecting(FakeClock clock, PoliteHttp http, BodyReader reader) {
        this.clock = clock;
        this.http = http;
        this.reader = reader;
        this.next = clock.instant();
        this.last = new Polling(Map.of(), clock, http);
    }

    static PoliteHttp.Manners manners(Path spool, Duration timeout) {
        return new PoliteHttp.Manners(
                "databroker/test (mail@example.org)",
                true,
                1 << 20,
                timeout,
                Map.of("127.0.0.1", Duration.ofSeconds(3)),
                spool);
    }

    static PoliteHttp http(FakeClock clock, Path spool) {
        return new PoliteHttp(manners(spool, TIMEOUT), clock, clock);
    }

    /// Does the next step, at its time.
    void step(Collector collector) throws IOException {
        if (next != null) {
            clock.until(next);
        }
        last = new Polling(Json.parseObject(cursor), clock, http);
        Collector.Polled polled = collector.poll(last);
        for (Body body : polled.bodies()) {
            try (InputStream bytes = body.bytes()) {
                reader.read(new Body(body.id(), body.name(), body.headers(), body.received(), bytes), this);
            }
        }
        cursor = Json.bytes(out -> Json.writeTree(out, polled.cursor()));
        next = polled.next();
        failure = polled.failure();
    }

    /// Steps until the collector wants to rest.
    void run(Collector collector) throws IOException {
        do {
            step(collector);
        } while (failure == null && next != null && !next.isAfter(clock.instant()));
    }

    @Nullable
    Instant next() {
        return next;
    }

    @Nullable
    String failure() {
        return failure;
    }

    @Nullable
    Object kept(String name) {
        return Json.parseObject(cursor).get(name);
    }

    @Override
    public void record(Collected record) {
        ids.add(record.id());
        jsons.add(record.json().utf8());
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        rejects.add(reason);
    }
}
