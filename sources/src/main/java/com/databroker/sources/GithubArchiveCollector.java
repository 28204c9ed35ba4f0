package com.databroker.sources;

import com.databroker.streams.Body;
import com.databroker.streams.Collector;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Takes the hours of GH Archive, one after the other, from a day on.
///
/// ```
///   {"hour": "2026-11-28T07:00:00Z",     the next one
///    "missing": ["2021-08-25-17", …]}    those that the archive does not have, the last hundred
/// ```
/// An hour that is not there yet is waited for; one that is not there after two days is a gap.
///
/// @param base of the addresses, with a slash at its end
/// @param since null for yesterday
record GithubArchiveCollector(
        String name, String lease, URI base, @Nullable LocalDate since) implements Collector {
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd-H", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final long SIZE_MAX = 2L << 30;
    private static final int MISSING_MAX = 100;
    private static final int NOT_FOUND = 404;
    private static final Duration READY = Duration.ofMinutes(70);
    private static final Duration AGAIN = Duration.ofMinutes(30);
    private static final Duration PATIENCE = Duration.ofDays(2);

    @Override
    public String stream() {
        return "github";
    }

    @Override
    public String configured() {
        return base + " " + since;
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        Instant hour = hour(polling);
        Instant ready = hour.plus(READY);
        if (ready.isAfter(polling.now())) {
            return Polled.of(List.of(), cursor(polling, hour, null), ready);
        }
        String file = NAME.format(hour) + ".json.gz";
        PoliteHttp.Answer answer =
                polling.get(PoliteHttp.Query.of(base.resolve(file)).large(SIZE_MAX));
        Instant next = hour.plus(1, ChronoUnit.HOURS);
        polling.note(file);
        if (answer.status() == PoliteHttp.OK) {
            List<Body> bodies = List.of(answer.body(base.resolve(file).toString(), polling.now()));
            return Polled.of(bodies, cursor(polling, next, null), polling.now());
        }
        if (answer.status() != NOT_FOUND) {
            throw answer.unexpected();
        }
        answer.drop();
        if (hour.plus(PATIENCE).isAfter(polling.now())) {
            return Polled.of(
                    List.of(), cursor(polling, hour, null), polling.now().plus(AGAIN));
        }
        polling.suspectGap();
        return Polled.of(List.of(), cursor(polling, next, NAME.format(hour)), polling.now());
    }

    private Instant hour(Polling polling) {
        Instant kept = polling.time("hour");
        if (kept != null) {
            return kept;
        }
        LocalDate today = LocalDate.ofInstant(polling.now(), ZoneOffset.UTC);
        return (since == null ? today.minusDays(1) : since)
                .atStartOfDay(ZoneOffset.UTC)
                .toInstant();
    }

    private static Map<String, @Nullable Object> cursor(Polling polling, Instant hour, @Nullable String missing) {
        List<Object> all = new ArrayList<>();
        if (polling.cursor().get("missing") instanceof List<?> before) {
            all.addAll(before);
        }
        if (missing != null) {
            all.add(missing);
        }
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>();
        cursor.put("hour", hour.toString());
        cursor.put("missing", all.subList(Math.max(all.size() - MISSING_MAX, 0), all.size()));
        return cursor;
    }
}
