package com.databroker.streams;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What is fetched from outside, what is pushed from there, and how.
public record CollectorsConfig(
        @Setting("A mail address or page that other people's operators find in `User-Agent`, to reach whoever runs this"
                + " broker. Nothing is fetched without one.")
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
        List<String> asking = from.entrySet().stream()
                .filter(each -> each.getValue().kind().asks())
                .map(Map.Entry::getKey)
                .toList();
        if (!asking.isEmpty() && (contact == null || contact.isBlank())) {
            throw new IllegalArgumentException("contact: who collects (" + String.join(", ", asking)
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
        FEED,
        /// What GitHub tells a webhook.
        GITHUB_WEBHOOK,
        /// What name servers send as dnstap.
        DNSTAP,
        /// A file that grows.
        TAIL,
        /// What a program writes, or who opens a named pipe.
        PIPE;

        /// Whether it asks others, rather than being told.
        boolean asks() {
            return this != GITHUB_WEBHOOK && this != DNSTAP && this != TAIL && this != PIPE;
        }

        /// As it is written.
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /// One place to collect from.
    public record From(
            @Setting(
                    "Who answers: `arxiv-oai`, `arxiv-query`, `github-events`, `github-archive`, `feed`; or who tells by"
                            + " itself: `github-webhook`, `dnstap`, `tail`, `pipe`.")
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
            String tokenVariable,

            @Setting("Of `github-webhook`: names of environment variables that hold secrets; any of them may sign.")
            List<String> secretVariables,

            @Setting("Of `github-webhook`: a file with secrets, one a line.") @Nullable
            Path secretFile,

            @Setting("Of `dnstap`: where to listen, `unix:/run/databroker/dnstap.sock` or `tcp:127.0.0.1:6000`.")
            @Nullable
            String listen,

            @Setting(value = "Of `dnstap`: rights of the socket file.", otherwise = "rw-rw----")
            String socketRights,

            @Setting(value = "Of `dnstap`: connections at a time.", otherwise = "64", min = 1, max = 1024)
            int connectionsMax,

            @Setting("Of `tail`: the log. Of `pipe`: a named pipe.") @Nullable
            Path file,

            @Setting("Of `pipe`: a program and its arguments, as `[tcpdump, -U, -w, -, port, domain]`.")
            List<String> command,

            @Setting(
                    value = "Of `dnstap` and `pipe`: room on the disk for what is not in the raw topic yet.",
                    otherwise = "1GiB",
                    min = 4 << 20)
            ByteSize spoolMax) {
        private static final int SOCKET_PATH_MAX = 107;
        private static final int PORT_MAX = 65_535;
        private static final Pattern TCP = Pattern.compile(
                "tcp:(?<host>[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*]?):(?<port>[0-9]{1,5})");

        public From {
            sets = List.copyOf(sets);
            secretVariables = List.copyOf(secretVariables);
            command = List.copyOf(command);
            String named = kind.word();
            need(url != null || (kind != Kind.FEED && kind != Kind.GITHUB_EVENTS), "url: " + named + " needs one");
            need(url == null || kind.asks(), "url: " + named + " asks nobody");
            need(url == null || isAddress(url), "url: \"" + url + "\" is no address of http or https with a host");
            need((query != null) == (kind == Kind.ARXIV_QUERY), "query: arxiv-query needs one, and nobody else");
            need(sets.isEmpty() || kind == Kind.ARXIV_OAI, "sets: only arxiv-oai has some, not " + named);
            boolean past = kind.asks() && kind != Kind.FEED && kind != Kind.GITHUB_EVENTS;
            need(since == null || past, "since: " + named + " has only what is there now");
            need(since == null || isDay(since), "since: \"" + since + "\" is no day; write 2026-11-01");
            need(tokenVariable == null || kind == Kind.GITHUB_EVENTS, "token-variable: only github-events has one");
            need(
                    interval == null || !(interval.isNegative() || interval.isZero()),
                    "interval: it is longer than nothing");
            need(interval == null || kind.asks(), "interval: " + named + " asks nobody");
            boolean signed = !secretVariables.isEmpty() || secretFile != null;
            need(
                    signed == (kind == Kind.GITHUB_WEBHOOK),
                    "secret-variables: github-webhook needs some, or secret-file, and nobody else");
            need((listen != null) == (kind == Kind.DNSTAP), "listen: dnstap needs it, and nobody else");
            need(
                    listen == null || isListened(listen),
                    "listen: \"" + listen + "\" is neither unix:/<path> (up to " + SOCKET_PATH_MAX
                            + " letters) nor tcp:<address>:<port>, as tcp:127.0.0.1:6000");
            need(isRights(socketRights), "socket-rights: \"" + socketRights + "\" are none; write rw-rw----");
            need(command.isEmpty() || kind == Kind.PIPE, "command: only pipe has one");
            need(file == null || kind == Kind.TAIL || kind == Kind.PIPE, "file: only tail and pipe have one");
            need(file != null || kind != Kind.TAIL, "file: tail needs one");
            need(kind != Kind.PIPE || (file == null) != command.isEmpty(), "command: pipe needs either it or file");
        }

        /// One that fetches, with the defaults of all that is pushed.
        public static From asking(
                Kind kind,
                @Nullable String url,
                @Nullable String query,
                List<String> sets,
                @Nullable String since,
                @Nullable Duration interval,
                @Nullable String tokenVariable) {
            return new From(
                    kind,
                    url,
                    query,
                    sets,
                    since,
                    interval,
                    tokenVariable,
                    List.of(),
                    null,
                    null,
                    "rw-rw----",
                    64,
                    null,
                    List.of(),
                    new ByteSize(1 << 30));
        }

        /// Whether one can listen there, as far as the text says.
        private static boolean isListened(String text) {
            if (text.startsWith("unix:/")) {
                return text.length() <= "unix:".length() + SOCKET_PATH_MAX && text.indexOf('\0') < 0;
            }
            Matcher matcher = TCP.matcher(text);
            if (!matcher.matches() || Integer.parseInt(matcher.group("port")) > PORT_MAX) {
                return false;
            }
            try {
                // Nobody is asked: of what the pattern lets through, all are addresses or wrong.
                return InetAddress.getByName(matcher.group("host")) != null;
            } catch (UnknownHostException odd) {
                return false;
            }
        }

        private static boolean isRights(String text) {
            try {
                PosixFilePermissions.fromString(text);
                return true;
            } catch (IllegalArgumentException odd) {
                return false;
            }
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
