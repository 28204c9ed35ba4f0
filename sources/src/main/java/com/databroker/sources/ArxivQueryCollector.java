package com.databroker.sources;

import com.databroker.streams.Body;
import com.databroker.streams.Collector;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Asks arXiv's API for what a query finds, once a day, the latest update first, back to two days before the
/// watermark: pages shift while they are read, and papers get in late.
///
/// ```
///   {"watermark": "2026-11-27T…",   the latest update of all runs that came to their end
///    "start": 500,                  of the next page; missing between two runs
///    "newest": "2026-11-28T…"}      of this run, its watermark when it ends
/// ```
/// The API sometimes gives an empty page where there is more: it is asked for again, three times; then the
/// run has failed, and begins again from the front.
///
/// @param since what the first run goes back to; null for yesterday
record ArxivQueryCollector(
        String name,
        String lease,
        URI base,
        String query,
        @Nullable LocalDate since,
        Duration interval,
        int page) implements Collector {
    static final int PAGE = 500;
    private static final int RESULTS_MAX = 30_000;
    private static final int EMPTY_MAX = 3;
    private static final Duration BEHIND = Duration.ofDays(2);
    private static final Duration DAILY = Duration.ofDays(1);

    @Override
    public String stream() {
        return "arxiv";
    }

    @Override
    public String configured() {
        return base + " " + query + " " + since;
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        long start = polling.number("start");
        Instant back = back(polling);
        for (int empty = 0; empty <= EMPTY_MAX; empty++) {
            PoliteHttp.Answer answer = polling.get(PoliteHttp.Query.of(address(start)));
            ArxivPage found = ArxivPage.of(answer, polling.now());
            if (found.answer().error() != null) {
                throw new IOException("arXiv refuses: " + found.answer().message());
            }
            Long total = found.answer().total();
            boolean atEnd = total != null && start >= total;
            if (found.answer().records() > 0 || atEnd) {
                List<Body> bodies = List.of(answer.body(answer.uri().toString(), polling.now()));
                return page(polling, found, back, bodies);
            }
        }
        Map<String, @Nullable Object> anew = new LinkedHashMap<>();
        anew.put("watermark", polling.text("watermark"));
        return Polled.failed(anew, "page " + start + " came back empty " + (EMPTY_MAX + 1) + " times");
    }

    private Polled page(Polling polling, ArxivPage found, Instant back, List<Body> bodies) {
        Instant newest = later(polling.time("newest"), found.newest());
        long next = polling.number("start") + found.answer().records();
        Long total = found.answer().total();
        boolean isPast = found.oldest() != null && found.oldest().isBefore(back);
        boolean isEnd = found.answer().records() == 0 || isPast || (total != null && next >= total);
        boolean isTooFar = next + page > RESULTS_MAX;
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>();
        if (isEnd || isTooFar) {
            if (!isEnd) {
                // arXiv gives no more of one query.
                polling.suspectGap();
            }
            polling.note(next + " papers");
            Instant watermark = later(newest, polling.time("watermark"));
            cursor.put("watermark", watermark == null ? null : watermark.toString());
            Duration pause = interval.compareTo(DAILY) > 0 ? interval : DAILY;
            return Polled.of(bodies, cursor, polling.now().plus(pause));
        }
        cursor.put("watermark", polling.text("watermark"));
        cursor.put("start", next);
        cursor.put("newest", newest == null ? null : newest.toString());
        return Polled.of(bodies, cursor, polling.now());
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isAfter(other) ? one : other;
    }

    /// How far a run goes back.
    private Instant back(Polling polling) {
        Instant watermark = polling.time("watermark");
        if (watermark != null) {
            return watermark.minus(BEHIND);
        }
        LocalDate today = LocalDate.ofInstant(polling.now(), ZoneOffset.UTC);
        return (since == null ? today.minusDays(1) : since)
                .atStartOfDay(ZoneOffset.UTC)
                .toInstant();
    }

    private URI address(long start) {
        return URI.create(base + "?search_query=" + URLEncoder.encode(query, StandardCharsets.UTF_8) + "&start=" + start
                + "&max_results=" + page + "&sortBy=lastUpdatedDate&sortOrder=descending");
    }
}
