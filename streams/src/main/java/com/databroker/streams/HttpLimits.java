package com.databroker.streams;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads from the head of an answer until when the other side wants no more requests.
final class HttpLimits {
    /// What is longer is a mistake of theirs.
    static final Duration WAIT_MOST = Duration.ofDays(7);

    private static final Duration UNKNOWN = Duration.ofMinutes(1);
    private static final int FORBIDDEN = 403;
    private static final int TOO_MANY = 429;
    private static final int UNAVAILABLE = 503;

    private HttpLimits() {}

    /// Whether the answer is none, but asks to wait.
    static boolean isLimited(int status, Map<String, String> headers) {
        boolean named = headers.containsKey("retry-after") || isUsedUp(headers);
        return status == TOO_MANY || status == UNAVAILABLE || (status == FORBIDDEN && named);
    }

    private static boolean isUsedUp(Map<String, String> headers) {
        return "0".equals(headers.get("x-ratelimit-remaining")) && headers.containsKey("x-ratelimit-reset");
    }

    /// Until when to wait; null where this answer does not ask for it.
    static @Nullable Instant until(int status, Map<String, String> headers, Instant now) {
        Instant until = null;
        if (isLimited(status, headers)) {
            until = retryAfter(headers.get("retry-after"), now);
            if (until == null) {
                until = isUsedUp(headers) ? reset(headers, now) : now.plus(UNKNOWN);
            }
        } else if (isUsedUp(headers)) {
            // The last one was answered; the next would be too many.
            until = reset(headers, now);
        }
        return until == null || until.isBefore(now.plus(WAIT_MOST)) ? until : now.plus(WAIT_MOST);
    }

    private static Instant reset(Map<String, String> headers, Instant now) {
        try {
            Instant reset = Instant.ofEpochSecond(Long.parseLong(headers.getOrDefault("x-ratelimit-reset", "")));
            // Their second may be over a little later than ours.
            return reset.isAfter(now) ? reset.plusSeconds(1) : now.plus(UNKNOWN);
        } catch (NumberFormatException | DateTimeException odd) {
            return now.plus(UNKNOWN);
        }
    }

    /// Seconds or a date; null where it is neither, or absent.
    static @Nullable Instant retryAfter(@Nullable String value, Instant now) {
        if (value == null) {
            return null;
        }
        if (value.strip().matches("\\d{1,9}")) {
            return now.plusSeconds(Long.parseLong(value.strip()));
        }
        Instant date = date(value);
        return date == null || date.isAfter(now) ? date : now;
    }

    /// A date of HTTP, in the form that is written today.
    static @Nullable Instant date(String value) {
        try {
            return DateTimeFormatter.RFC_1123_DATE_TIME
                    .withLocale(Locale.US)
                    .withZone(ZoneOffset.UTC)
                    .parse(value.strip(), Instant::from);
        } catch (DateTimeException odd) {
            return null;
        }
    }
}
