package com.databroker.objects;

import com.databroker.core.ObjectTypes.Kind;
import com.databroker.objects.spi.Values;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Locale;

/// Dates and times as PostgreSQL's *to_jsonb* writes them.
final class JdbcTimes {
    private static final String BEFORE_CHRIST = " BC";
    private static final int FOUR_DIGITS = 9999;

    private JdbcTimes() {}

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
        return sign + String.format(Locale.ROOT, "%04d", Math.abs(year))
                + text.substring(end, text.length() - (before ? BEFORE_CHRIST.length() : 0));
    }
}
