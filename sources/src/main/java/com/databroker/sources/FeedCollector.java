package com.databroker.sources;

import com.databroker.streams.Body;
import com.databroker.streams.Collector;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Asks for a feed, only for what has changed, as seldom as the feed wants: at most hourly, at most daily where the
/// server does not know conditional requests.
///
/// ```
///   {"etag": "W/\"…\"", "modified": "…",    byte for byte, of the last answer with a document
///    "hash": "…",                           of that document
///    "schedule": "60/0,1/7",                what it says of itself, see FeedSchedule
///    "moved": "…", "moves": 2,              where it was redirected to for good, how often in a row
///    "url": "…"}                            where it is asked for since; missing: where it was configured
/// ```
record FeedCollector(String name, String lease, URI configuredUrl, Duration interval) implements Collector {
    private static final Duration HOURLY = Duration.ofHours(1);
    private static final Duration DAILY = Duration.ofDays(1);
    private static final int MOVES = 3;
    private static final int GONE = 410;
    private static final int NOT_FOUND = 404;

    @Override
    public String stream() {
        return "news";
    }

    @Override
    public String configured() {
        return configuredUrl.toString();
    }

    @Override
    public Pause pause() {
        return new Pause(HOURLY, DAILY);
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        String kept = polling.text("url");
        URI at = kept == null ? configuredUrl : URI.create(kept);
        PoliteHttp.Answer answer = polling.get(PoliteHttp.Query.of(at)
                .with("If-None-Match", polling.text("etag"))
                .with("If-Modified-Since", polling.text("modified")));
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>(polling.cursor());
        moved(cursor, answer, polling);
        return switch (answer.status()) {
            case PoliteHttp.OK -> changed(polling, answer, cursor);
            case PoliteHttp.NOT_MODIFIED -> Polled.of(List.of(), cursor, next(polling, answer, cursor));
            case GONE -> {
                polling.note("the feed is gone, and is not asked for again");
                yield Polled.of(List.of(), cursor, null);
            }
            case NOT_FOUND -> {
                // It may have been moved wrongly, so next time where it was configured.
                cursor.remove("url");
                yield Polled.failed(cursor, String.valueOf(answer.unexpected().getMessage()));
            }
            default -> throw answer.unexpected();
        };
    }

    /// One redirect may be a mistake, for instance of a hotel's network.
    private static void moved(Map<String, @Nullable Object> cursor, PoliteHttp.Answer answer, Polling polling) {
        boolean answered = answer.status() == PoliteHttp.OK || answer.status() == PoliteHttp.NOT_MODIFIED;
        URI moved = answered ? answer.moved() : null;
        if (moved == null) {
            cursor.remove("moved");
            cursor.remove("moves");
            return;
        }
        String to = moved.toString();
        long moves = to.equals(polling.text("moved")) ? polling.number("moves") + 1 : 1;
        if (moves < MOVES) {
            cursor.put("moved", to);
            cursor.put("moves", moves);
        } else {
            cursor.put("url", to);
            cursor.remove("moved");
            cursor.remove("moves");
        }
    }

    private Polled changed(Polling polling, PoliteHttp.Answer answer, Map<String, @Nullable Object> cursor)
            throws IOException {
        // Both, each time, also where only one of them is another: some servers forget to change the other.
        cursor.put("etag", answer.header("etag"));
        cursor.put("modified", answer.header("last-modified"));
        if (Objects.equals(answer.sha256(), polling.text("hash"))) {
            return Polled.of(List.of(), cursor, next(polling, answer, cursor));
        }
        String document = FeedCharset.decode(answer.bytes().toArray(), answer.header("content-type"));
        cursor.put("hash", answer.sha256());
        cursor.put("schedule", FeedSchedule.read(document).written());
        // The feed's name is the address that was configured: its ids stay when it moves.
        List<Body> bodies = List.of(answer.body(configuredUrl.toString(), polling.now()));
        return Polled.of(bodies, cursor, next(polling, answer, cursor));
    }

    private Instant next(Polling polling, PoliteHttp.Answer answer, Map<String, @Nullable Object> cursor) {
        boolean conditional = cursor.get("etag") != null || cursor.get("modified") != null;
        Duration least = conditional ? HOURLY : DAILY;
        Duration wanted = interval.compareTo(least) > 0 ? interval : least;
        FeedSchedule schedule = FeedSchedule.of(cursor.get("schedule") instanceof String text ? text : null);
        return schedule.next(answer, wanted, polling.now());
    }
}
