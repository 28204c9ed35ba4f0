package com.databroker.server;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The dates of HTTP (RFC 9110, 5.6.7): one form is written, three are read, and nothing else is a date.
final class HttpDate {
    /// RFC 9110 asks for two digits of the day, which the JDK's own form does not give.
    private static final DateTimeFormatter FIXED = form("EEE, dd MMM uuuu HH:mm:ss 'GMT'");

    /// Of the form with two digits of the year, those of this time are meant. No file is older.
    private static final LocalDate SHORT_YEARS_FROM = LocalDate.of(1980, 1, 1);

    private static final List<DateTimeFormatter> READ = List.of(
            FIXED,
            new DateTimeFormatterBuilder()
                    .appendPattern("EEEE, dd-MMM-")
                    .appendValueReduced(ChronoField.YEAR, 2, 2, SHORT_YEARS_FROM)
                    .appendPattern(" HH:mm:ss 'GMT'")
                    .toFormatter(Locale.US)
                    .withResolverStyle(ResolverStyle.STRICT)
                    .withZone(ZoneOffset.UTC),
            form("EEE MMM ppd HH:mm:ss uuuu"));

    private HttpDate() {}

    private static DateTimeFormatter form(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US)
                .withResolverStyle(ResolverStyle.STRICT)
                .withZone(ZoneOffset.UTC);
    }

    static String of(Instant time) {
        return FIXED.format(time);
    }

    /// Null where the text is no date.
    static @Nullable Instant parse(String text) {
        for (DateTimeFormatter form : READ) {
            try {
                return form.parse(text, Instant::from);
            } catch (DateTimeException another) {
                // The next form may be meant.
            }
        }
        return null;
    }
}
