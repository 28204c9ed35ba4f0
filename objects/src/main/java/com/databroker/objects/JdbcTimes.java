package com.databroker.objects;

import com.databroker.core.ObjectTypes.Kind;
import com.databroker.objects.spi.Values;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Dates and times as PostgreSQL's *to_jsonb* writes them, and those that its driver does not.
final class JdbcTimes {
    private static final String BEFORE_CHRIST = " BC";
    private static final int FOUR_DIGITS = 9999;

    /// What is earlier the driver sends as the end of time, though the database has some of it and refuses the rest.
    private static final LocalDateTime SENT = LocalDate.of(-4712, 1, 1).atStartOfDay();

    private JdbcTimes() {}

    /// The text of a time that the driver does not send as it is, null of all others.
    static @Nullable String early(@Nullable Object value) {
        return switch (value) {
            case LocalDate date when !date.equals(LocalDate.MIN) -> early(date.atStartOfDay(), "");
            case LocalDateTime time when !time.equals(LocalDateTime.MIN) -> early(time, "");
            case Instant instant
            when instant.isBefore(SENT.toInstant(ZoneOffset.UTC)) && !instant.equals(Instant.MIN) ->
                early(LocalDateTime.ofInstant(instant, ZoneOffset.UTC), "+00");
            case null, default -> null;
        };
    }

    private static @Nullable String early(LocalDateTime time, String offset) {
        return time.isBefore(SENT)
                ? String.format(
                        Locale.ROOT,
                        "%04d-%02d-%02d %s%s%s",
                        1L - time.getYear(),
                        time.getMonthValue(),
                        time.getDayOfMonth(),
                        time.toLocalTime(),
                        offset,
                        BEFORE_CHRIST)
                : null;
    }

    /// What is read of a column of that kind where it is written like this.
    static Object read(Kind kind, String text) {
        return switch (text) {
            case "infinity" -> last(kind);
            case "-infinity" -> first(kind);
            case "24:00:00" -> LocalTime.MAX;
            default -> Values.parse(kind, kind == Kind.TIME ? text : iso(text));
        };
    }

    private static Object last(Kind kind) {
        return kind == Kind.DATE ? LocalDate.MAX : kind == Kind.DATETIME ? LocalDateTime.MAX : Instant.MAX;
    }

    private static Object first(Kind kind) {
        return kind == Kind.DATE ? LocalDate.MIN : kind == Kind.DATETIME ? LocalDateTime.MIN : Instant.MIN;
    }

    /// A year of five digits has a sign in ISO 8601, and one before the first is a number below it.
    private static String iso(String text) {
        boolean before = text.endsWith(BEFORE_CHRIST);
        int end = text.indexOf('-');
        int written = Integer.parseInt(text, 0, end, 10);
        int year = before ? 1 - written : written;
        String sign = year < 0 ? "-" : year > FOUR_DIGITS ? "+" : "";
        return sign
                + String.format(Locale.ROOT, "%04d", Math.abs(year))
                + text.substring(end, text.length() - (before ? BEFORE_CHRIST.length() : 0));
    }
}
