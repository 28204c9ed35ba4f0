package com.databroker.streams;

import java.io.IOException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a [Collector] is given for one step: its cursor, the time, the way out. It counts what the step does.
public final class Polling {
    private final Map<String, @Nullable Object> cursor;
    private final InstantSource clock;
    private final PoliteHttp http;
    private long requests;
    private long notModified;
    private long gaps;
    private String note = "";

    /// @param cursor as it was committed last; empty at the beginning
    public Polling(Map<String, @Nullable Object> cursor, InstantSource clock, PoliteHttp http) {
        this.cursor = Collections.unmodifiableMap(new LinkedHashMap<>(cursor));
        this.clock = clock;
        this.http = http;
    }

    public Instant now() {
        return clock.instant();
    }

    public Map<String, @Nullable Object> cursor() {
        return cursor;
    }

    /// A text of the cursor, null where there is none.
    public @Nullable String text(String name) {
        return cursor.get(name) instanceof String text ? text : null;
    }

    /// A number of the cursor, 0 where there is none.
    public long number(String name) {
        Object value = cursor.get(name);
        return value instanceof BigInteger || value instanceof Long ? ((Number) value).longValue() : 0;
    }

    /// A time of the cursor, null where there is none.
    public @Nullable Instant time(String name) {
        String text = text(name);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeException written) {
            return null;
        }
    }

    /// As [PoliteHttp#get].
    public PoliteHttp.Answer get(PoliteHttp.Query query) throws IOException {
        PoliteHttp.Answer answer = http.get(query, () -> requests++);
        if (answer.status() == PoliteHttp.NOT_MODIFIED) {
            notModified++;
        }
        return answer;
    }

    /// Tells that something was probably missed.
    public void suspectGap() {
        gaps++;
    }

    /// Says in a few words how it goes, for the status.
    public void note(String words) {
        note = words;
    }

    public long requests() {
        return requests;
    }

    public long notModified() {
        return notModified;
    }

    public long gaps() {
        return gaps;
    }

    public String note() {
        return note;
    }
}
