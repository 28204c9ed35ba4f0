package com.databroker.streams;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is fetched from outside, and how.
public record CollectorsConfig(
        @Setting("A mail address or page that other people's operators find in `User-Agent`, to reach whoever runs this"
                + " broker. Nothing is collected without one.")
        @Nullable
        String contact,

        @Setting(value = "Whether addresses of this machine and of private networks may be asked.", otherwise = "false")
        boolean privateAddresses,

        @Setting(
                value = "Largest answer, packed and unpacked; hours of GH Archive may have 2GiB.",
                otherwise = "10MiB",
                min = 1024,
                max = 1L << 30)
        ByteSize sizeMax,

        @Setting(value = "Time for an answer as a whole.", otherwise = "2m", min = 100, max = 3_600_000)
        Duration timeout,

        @Setting("What to collect, by a name of your choice.")
        Map<String, From> from) {
    public CollectorsConfig {
        from = Collections.unmodifiableMap(new LinkedHashMap<>(from));
        if (!from.isEmpty() && (contact == null || contact.isBlank())) {
            throw new IllegalArgumentException("contact: who collects (" + String.join(", ", from.keySet())
                    + ") says how to be reached; give a mail address or a page");
        }
        if (contact != null && !contact.matches("[\\x20-\\x7e]{0,200}")) {
            throw new IllegalArgumentException("contact: up to 200 letters of ASCII, it stands in a header");
        }
    }

    /// The defaults of every setting.
    public static CollectorsConfig defaults() {
        return new CollectorsConfig(null, false, new ByteSize(10 << 20), Duration.ofMinutes(2), Map.of());
    }

    /// Who answers, in which form.
    public enum Kind {
        /// Pages of OAI-PMH of arXiv.
        ARXIV_OAI,
        /// Pages of the query API of arXiv.
        ARXIV_QUERY,
        /// The events API of GitHub.
        GITHUB_EVENTS,
        /// Hours of GH Archive.
        GITHUB_ARCHIVE,
        /// A feed of news.
        FEED
    }

    /// One place to collect from.
    public record From(
            @Setting("Who answers: `arxiv-oai`, `arxiv-query`, `github-events`, `github-archive` or `feed`.")
            Kind kind,

            @Setting("The address, of http or https. Needed for `feed` and `github-events`; the others have one.")
            @Nullable
            String url,

            @Setting("Of `arxiv-query`: what to search for, as `cat:cs.DB`.") @Nullable
            String query,

            @Setting("Of `arxiv-oai`: the sets, as `cs`; none named is all of arXiv.")
            List<String> sets,

            @Setting("Of the three with a past: from which day on, as `2026-11-01`; not named, from yesterday.")
            @Nullable
            String since,

            @Setting("How often at the most; not named, as often as the other side allows.") @Nullable
            Duration interval,

            @Setting("Of `github-events`: the name of the environment variable that holds a token.") @Nullable
            String tokenVariable) {
        public From {
            sets = List.copyOf(sets);
            String named = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
            need(url != null || (kind != Kind.FEED && kind != Kind.GITHUB_EVENTS), "url: " + named + " needs one");
            need(url == null || isAddress(url), "url: \"" + url + "\" is no address of http or https with a host");
            need((query != null) == (kind == Kind.ARXIV_QUERY), "query: arxiv-query needs one, and nobody else");
            need(sets.isEmpty() || kind == Kind.ARXIV_OAI, "sets: only arxiv-oai has some, not " + named);
            boolean past = kind != Kind.FEED && kind != Kind.GITHUB_EVENTS;
            need(since == null || past, "since: " + named + " has only what is there now");
            need(since == null || isDay(since), "since: \"" + since + "\" is no day; write 2026-11-01");
            need(tokenVariable == null || kind == Kind.GITHUB_EVENTS, "token-variable: only github-events has one");
            need(
                    interval == null || !(interval.isNegative() || interval.isZero()),
                    "interval: it is longer than nothing");
        }

        private static void need(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException(otherwise);
            }
        }

        private static boolean isAddress(String text) {
            try {
                URI uri = URI.create(text);
                String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
                return uri.getHost() != null && (scheme.equals("http") || scheme.equals("https"));
            } catch (IllegalArgumentException odd) {
                return false;
            }
        }

        private static boolean isDay(String text) {
            try {
                LocalDate.parse(text);
                return true;
            } catch (DateTimeException odd) {
                return false;
            }
        }
    }
}
