package com.databroker.sources;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What people wrote in an event, and what can be found in it.
final class GithubText {
    static final int CHARS_MAX = 32_768;
    private static final int URLS_MAX = 100;
    private static final int URL_CHARS_MAX = 2048;
    private static final String ENDINGS = ".,;:!?'*_~";

    /// Logins of programs that do not end in `[bot]`.
    private static final Set<String> BOTS = Set.of(
            "actions-user",
            "allcontributors",
            "codecov-io",
            "codecov-commenter",
            "coveralls",
            "crowdin-bot",
            "dependabot",
            "dependabot-preview",
            "dependabot-support",
            "github-actions",
            "greenkeeperio-bot",
            "googlebot",
            "imgbot",
            "k8s-ci-robot",
            "mergify",
            "netlify-bot",
            "pull",
            "pyup-bot",
            "renovate",
            "renovate-bot",
            "rust-highfive",
            "rust-timer",
            "bors",
            "semantic-release-bot",
            "snyk-bot",
            "traviscibot",
            "web-flow",
            "weblate");

    private static final DateTimeFormatter OLD = DateTimeFormatter.ofPattern("yyyy/MM/dd HH:mm:ss Z", Locale.ROOT);
    private static final long MICROS = 1_000_000;

    private final StringBuilder text = new StringBuilder();

    void clear() {
        text.setLength(0);
    }

    void add(@Nullable String piece) {
        if (piece == null || piece.isBlank() || text.length() >= CHARS_MAX) {
            return;
        }
        if (!text.isEmpty()) {
            text.append('\n');
        }
        int room = CHARS_MAX - text.length();
        int end = Math.min(room, piece.length());
        if (end > 0 && end < piece.length() && Character.isHighSurrogate(piece.charAt(end - 1))) {
            end--;
        }
        text.append(piece, 0, end);
    }

    /// All pieces, one a line; null where there is none.
    @Nullable
    String all() {
        return text.isEmpty() ? null : text.toString();
    }

    static boolean isBot(String login) {
        return login.endsWith("[bot]") || BOTS.contains(login);
    }

    /// The addresses in a text, each once, in their order.
    static List<String> urls(String text) {
        int at = text.indexOf("://");
        if (at < 0) {
            return List.of();
        }
        Set<String> urls = new LinkedHashSet<>();
        while (at >= 0 && urls.size() < URLS_MAX) {
            int end = at + 3;
            int begin = text.startsWith("https", at - 5) ? at - 5 : text.startsWith("http", at - 4) ? at - 4 : -1;
            if (begin >= 0) {
                end = urlEnd(text, at + 3);
                if (end > at + 3) {
                    urls.add(text.substring(begin, end));
                }
            }
            at = text.indexOf("://", Math.max(end, at + 3));
        }
        return new ArrayList<>(urls);
    }

    private static int urlEnd(String text, int begin) {
        int end = begin;
        int open = 0;
        int to = Math.min(text.length(), begin + URL_CHARS_MAX);
        while (end < to && isUrl(text.charAt(end))) {
            char c = text.charAt(end);
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (open < 0) {
                break;
            }
            end++;
        }
        while (end > begin && ENDINGS.indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return end;
    }

    private static boolean isUrl(char c) {
        return c > ' ' && "\"<>`[]{}|\\^".indexOf(c) < 0 && c != 0x7f && !Character.isWhitespace(c);
    }

    /// Microseconds since 1970, null where it is no time.
    static @Nullable Long time(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            if (text.length() == 20 && text.charAt(19) == 'Z') {
                long day = LocalDate.of(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2))
                        .toEpochDay();
                int hour = number(text, 11, 2);
                int minute = number(text, 14, 2);
                int second = number(text, 17, 2);
                return (day * 86_400 + hour * 3600L + minute * 60L + second) * MICROS;
            }
            OffsetDateTime time = text.indexOf('/') == 4
                    ? OffsetDateTime.parse(text, OLD)
                    : OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME);
            OffsetDateTime utc = time.withOffsetSameInstant(ZoneOffset.UTC);
            return utc.toEpochSecond() * MICROS + utc.getNano() / 1000;
        } catch (DateTimeException | NumberFormatException notTime) {
            return null;
        }
    }

    private static int number(String text, int begin, int length) {
        return Integer.parseInt(text, begin, begin + length, 10);
    }
}
