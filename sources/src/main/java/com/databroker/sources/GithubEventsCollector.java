package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.Collector;
import com.databroker.streams.Intake;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Asks the events API of GitHub for what is new at one address: of everything, a repository, an
/// organisation, a user.
///
/// ```
///   {"etag": "\"…\"",     of the first page, byte for byte
///    "recent": "…",       see GithubRecent
///    "interval": 60,      what X-Poll-Interval said last
///    "url": "…"}          where the address has moved, missing where it has not
/// ```
/// The first page is enough while it holds something that was there before. Where it does not, those behind
/// it are read, up to 300 events, which is all that GitHub gives; if those are all new as well, some were
/// probably missed.
/// Ids of events neither grow nor stay unique, so nothing is concluded from them.
final class GithubEventsCollector implements Collector {
    private static final int PAGES_MAX = 3;
    private static final int NOT_FOUND = 404;
    private static final int INTERVAL_LEAST_SECONDS = 60;
    private static final Pattern NEXT = Pattern.compile("<([^<>]{1,2000})>\\s*;[^,]*rel=\"?next\"?");

    private final String name;
    private final String lease;
    private final URI url;
    private final @Nullable String token;
    private final Duration interval;

    GithubEventsCollector(String name, String lease, URI url, @Nullable String token, Duration interval) {
        this.name = name;
        this.lease = lease;
        this.url = url;
        this.token = token;
        this.interval = interval;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String stream() {
        return "github";
    }

    @Override
    public String lease() {
        return lease;
    }

    @Override
    public String configured() {
        return url.toString();
    }

    @Override
    public Polled poll(Polling polling) throws IOException {
        String kept = polling.text("url");
        URI at = kept == null ? first(url) : URI.create(kept);
        PoliteHttp.Answer answer = polling.get(query(at).with("If-None-Match", polling.text("etag")));
        Map<String, @Nullable Object> cursor = new LinkedHashMap<>(polling.cursor());
        if (answer.moved() != null) {
            cursor.put("url", answer.moved().toString());
        }
        long seconds = seconds(answer, polling);
        cursor.put("interval", seconds);
        Duration asked = Duration.ofSeconds(seconds);
        Duration pause = interval.compareTo(asked) > 0 ? interval : asked;
        if (answer.status() == PoliteHttp.NOT_MODIFIED) {
            return Polled.of(List.of(), cursor, polling.now().plus(pause));
        }
        if (answer.status() == NOT_FOUND && kept != null) {
            cursor.remove("url");
            return Polled.failed(cursor, String.valueOf(answer.unexpected().getMessage()));
        }
        if (answer.status() != PoliteHttp.OK) {
            throw answer.unexpected();
        }
        GithubRecent recent = new GithubRecent(polling.text("recent"));
        Map<String, Body> bodies = new LinkedHashMap<>();
        List<String> ids = pages(polling, answer, recent, bodies);
        recent.add(ids);
        cursor.put("etag", answer.header("etag"));
        cursor.put("recent", recent.written());
        return Polled.of(List.copyOf(bodies.values()), cursor, polling.now().plus(pause));
    }

    /// Adds the pages to `bodies`, those that are the same only once, and gives the ids of all.
    private List<String> pages(Polling polling, PoliteHttp.Answer first, GithubRecent recent, Map<String, Body> bodies)
            throws IOException {
        List<String> all = new ArrayList<>();
        PoliteHttp.Answer answer = first;
        int known = 0;
        for (int page = 1; answer != null; page++) {
            List<String> ids = ids(answer, polling);
            bodies.putIfAbsent(answer.sha256(), answer.body(answer.uri().toString(), polling.now()));
            known += recent.known(ids);
            all.addAll(ids);
            boolean goOn = known == 0 && !ids.isEmpty() && page < PAGES_MAX;
            answer = goOn ? behind(polling, answer) : null;
        }
        polling.note("overlap " + String.format(Locale.ROOT, "%.2f", all.isEmpty() ? 1 : (double) known / all.size()));
        if (known == 0 && !all.isEmpty() && !recent.isEmpty()) {
            polling.suspectGap();
        }
        return all;
    }

    /// The next page. Where it cannot be had, what came before is kept all the same: it would not come again.
    private PoliteHttp.@Nullable Answer behind(Polling polling, PoliteHttp.Answer answer) {
        String links = answer.header("link");
        Matcher next = NEXT.matcher(links == null ? "" : links);
        if (!next.find()) {
            return null;
        }
        try {
            URI at = URI.create(next.group(1));
            if (!String.valueOf(answer.uri().getAuthority()).equals(at.getAuthority())) {
                return null;
            }
            PoliteHttp.Answer more = polling.get(query(at));
            return more.status() == PoliteHttp.OK ? more : null;
        } catch (IOException | IllegalArgumentException notHad) {
            polling.suspectGap();
            return null;
        }
    }

    private static List<String> ids(PoliteHttp.Answer answer, Polling polling) throws IOException {
        List<String> ids = new ArrayList<>();
        new GithubReader().read(answer.body(answer.uri().toString(), polling.now()), new Intake() {
            @Override
            public void record(Collected record) {
                ids.add(record.id());
            }

            @Override
            public void reject(String position, String reason, Bytes excerpt) {
                // Told when the records are taken.
            }
        });
        return ids;
    }

    /// The token is for the server that was configured, and for none to which it leads.
    private PoliteHttp.Query query(URI at) {
        boolean home = String.valueOf(at.getScheme()).equalsIgnoreCase(url.getScheme())
                && String.valueOf(at.getRawAuthority()).equalsIgnoreCase(url.getRawAuthority());
        return PoliteHttp.Query.of(at)
                .with("Accept", "application/vnd.github+json")
                .with("X-GitHub-Api-Version", "2022-11-28")
                .with("Authorization", token == null || !home ? null : "Bearer " + token);
    }

    private static URI first(URI url) {
        return url.getRawQuery() == null ? URI.create(url + "?per_page=100") : url;
    }

    private static long seconds(PoliteHttp.Answer answer, Polling polling) {
        String asked = answer.header("x-poll-interval");
        boolean isNumber = asked != null && asked.strip().matches("\\d{1,6}");
        long seconds = isNumber ? Long.parseLong(Objects.requireNonNull(asked).strip()) : polling.number("interval");
        return Math.max(seconds, INTERVAL_LEAST_SECONDS);
    }

    @Override
    public String toString() {
        return name + " " + url;
    }
}
