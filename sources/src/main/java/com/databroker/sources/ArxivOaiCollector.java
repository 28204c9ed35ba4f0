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
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Harvests a set of arXiv over OAI-PMH, page by page: all that changed since the last harvest.
///
/// ```
///   {"from": "2026-11-27",            of the harvest that is under way, or comes next
///    "token": "…",                    of the next page; missing between two harvests
///    "responseDate": "2026-11-28…",   of the first page: the next harvest begins on that day
///    "restarts": 1}                   how often the token was refused, since the last good page
/// ```
/// A token expires within a day; then the harvest begins again at `from`. Of a day that is harvested twice,
/// the stream drops what it knows.
///
/// @param set null for all of arXiv
/// @param since where to begin; null for yesterday
record ArxivOaiCollector(
        String name,
        String lease,
        URI base,
        @Nullable String set,
        @Nullable LocalDate since,
        Duration interval) implements Collector {
    private static final int DAY_CHARS = "2026-11-28".length();

    @Override
    public String stream() {
        return "arxiv";
    }

    @Override
    public String configured() {
        return base + " " + set + " " + since;
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        String token = polling.text("token");
        String from = from(polling);
        PoliteHttp.Answer answer = polling.get(PoliteHttp.Query.of(address(from, token)));
        ArxivPage page = ArxivPage.of(answer, polling.now());
        String error = page.answer().error();
        if (error != null && !error.equals("noRecordsMatch")) {
            return refused(polling, token, from, error + ": " + page.answer().message());
        }
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>();
        String first = token == null ? page.answer().responseDate() : polling.text("responseDate");
        String next = page.answer().resumptionToken();
        polling.note(page.answer().records() + " records");
        List<Body> bodies = List.of(answer.body(answer.uri().toString(), polling.now()));
        if (next != null) {
            cursor.put("from", from);
            cursor.put("token", next);
            cursor.put("responseDate", first);
            return Polled.of(bodies, cursor, polling.now());
        }
        cursor.put("from", day(first, from));
        return Polled.of(bodies, cursor, polling.now().plus(interval));
    }

    private Polled refused(Polling polling, @Nullable String token, String from, String why) throws IOException {
        if (token == null || !why.startsWith("badResumptionToken")) {
            throw new IOException("arXiv refuses: " + why);
        }
        long restarts = polling.number("restarts") + 1;
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>();
        cursor.put("from", from);
        cursor.put("restarts", restarts);
        polling.note("the token has expired, the harvest begins again on " + from);
        return restarts > 1
                ? Polled.failed(cursor, "arXiv refuses its own tokens, " + restarts + " times now")
                : Polled.of(List.of(), cursor, polling.now());
    }

    private String from(Polling polling) {
        String kept = polling.text("from");
        if (kept != null) {
            return kept;
        }
        LocalDate today = LocalDate.ofInstant(polling.now(), ZoneOffset.UTC);
        return (since == null ? today.minusDays(1) : since).toString();
    }

    /// Never with `until`: what changes while it is harvested would fall between two harvests.
    private URI address(String from, @Nullable String token) {
        String query = "?verb=ListRecords";
        if (token != null) {
            return URI.create(base + query + "&resumptionToken=" + encoded(token));
        }
        String ofSet = set == null ? "" : "&set=" + encoded(set);
        return URI.create(base + query + "&metadataPrefix=arXiv&from=" + from + ofSet);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String day(@Nullable String responseDate, String otherwise) {
        if (responseDate == null || !responseDate.matches("\\d{4}-\\d\\d-\\d\\d.*")) {
            return otherwise;
        }
        return responseDate.substring(0, DAY_CHARS);
    }
}
