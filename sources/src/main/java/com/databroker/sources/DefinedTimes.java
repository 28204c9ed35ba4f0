package com.databroker.sources;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.text.ParsePosition;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads times as a definition says that they are written, in microseconds since 1970 UTC.
///
/// A day alone is its first moment. Years from 1 to 9999: what is beyond is a mistake, and partitions of the cold
/// table bear the day in their names.
final class DefinedTimes {
    private static final Map<String, Long> UNITS = Map.of("seconds", 1_000_000L, "millis", 1000L, "micros", 1L);
    private static final int FORMAT_MAX = 100;
    private static final int TEXT_MAX = 100;
    private static final long FIRST =
            micros(LocalDate.of(1, 1, 1).atStartOfDay().toInstant(ZoneOffset.UTC));
    private static final long LAST =
            micros(LocalDate.of(10_000, 1, 1).atStartOfDay().toInstant(ZoneOffset.UTC));
    private static final ZonedDateTime SAMPLE = ZonedDateTime.of(2026, 11, 28, 13, 14, 15, 0, ZoneOffset.UTC);

    private final long unit;
    private final @Nullable DateTimeFormatter formatter;
    private final ZoneId zone;

    private DefinedTimes(long unit, @Nullable DateTimeFormatter formatter, ZoneId zone) {
        this.unit = unit;
        this.formatter = formatter;
        this.zone = zone;
    }

    /// @throws IllegalArgumentException where they are none, in a sentence that begins with the key
    static DefinedTimes of(@Nullable String format, @Nullable String zone) {
        ZoneId in = zone(zone);
        if (format == null || format.equals("iso")) {
            return new DefinedTimes(0, null, in);
        }
        Long unit = UNITS.get(format);
        if (unit != null) {
            return new DefinedTimes(unit, null, in);
        }
        return new DefinedTimes(0, formatter(format), in);
    }

    private static ZoneId zone(@Nullable String zone) {
        try {
            return zone == null ? ZoneOffset.UTC : ZoneId.of(zone);
        } catch (DateTimeException unknown) {
            throw new IllegalArgumentException(
                    "zone: \"" + zone + "\" is no time zone; write a name as Europe/Vienna, or an offset as +01:00");
        }
    }

    private static DateTimeFormatter formatter(String format) {
        String refused =
                "format: \"" + format + "\" is neither iso, seconds, millis nor micros, nor a pattern that tells"
                        + " year, month and day, as dd/MM/yyyy HH:mm:ss";
        if (format.length() > FORMAT_MAX) {
            throw new IllegalArgumentException("format: at most " + FORMAT_MAX + " characters");
        }
        try {
            DateTimeFormatter made = DateTimeFormatter.ofPattern(format, Locale.ENGLISH);
            // What it writes it can read, if it tells enough.
            read(made, made.format(SAMPLE), ZoneOffset.UTC);
            return made;
        } catch (DateTimeException | IllegalArgumentException unfit) {
            throw new IllegalArgumentException(refused, unfit);
        }
    }

    /// @throws IllegalArgumentException where it is no such time
    long micros(Object value) {
        long micros;
        try {
            if (unit > 0) {
                micros = units(new BigDecimal(limited(String.valueOf(DefinedPath.text(value)))));
            } else if (formatter != null) {
                micros = micros(read(formatter, limited(String.valueOf(DefinedPath.text(value))), zone));
            } else {
                micros = value instanceof String text ? micros(iso(limited(text))) : refuse();
            }
        } catch (DateTimeException | NumberFormatException odd) {
            throw new IllegalArgumentException("no such time", odd);
        }
        if (micros < FIRST || micros >= LAST) {
            throw new IllegalArgumentException("a time out of range");
        }
        return micros;
    }

    private static long refuse() {
        throw new IllegalArgumentException("no text");
    }

    private static String limited(String text) {
        if (text.length() > TEXT_MAX) {
            throw new IllegalArgumentException("too long for a time");
        }
        return text.strip();
    }

    private long units(BigDecimal number) {
        // The exponent of a hostile number must not become its digits.
        if (number.signum() != 0 && Math.abs((long) number.precision() - number.scale()) > 20) {
            throw new IllegalArgumentException("a time out of range");
        }
        BigDecimal micros = number.multiply(BigDecimal.valueOf(unit)).setScale(0, RoundingMode.FLOOR);
        try {
            return micros.longValueExact();
        } catch (ArithmeticException large) {
            throw new IllegalArgumentException("a time out of range", large);
        }
    }

    private Instant iso(String text) {
        if (text.length() <= 10) {
            return LocalDate.parse(text).atStartOfDay(zone).toInstant();
        }
        String joined = text.charAt(10) == ' ' ? text.substring(0, 10) + 'T' + text.substring(11) : text;
        char last = joined.charAt(joined.length() - 1);
        boolean offset = last == 'Z' || last == 'z' || joined.lastIndexOf('+') > 10 || joined.lastIndexOf('-') > 10;
        return offset
                ? OffsetDateTime.parse(joined).toInstant()
                : LocalDateTime.parse(joined).atZone(zone).toInstant();
    }

    private static Instant read(DateTimeFormatter formatter, String text, ZoneId zone) {
        TemporalAccessor found = formatter.parseBest(text, ZonedDateTime::from, LocalDateTime::from, LocalDate::from);
        refuseOtherDay(formatter.parseUnresolved(text, new ParsePosition(0)), LocalDate.from(found));
        return switch (found) {
            case ZonedDateTime zoned -> zoned.toInstant();
            case LocalDateTime local -> local.atZone(zone).toInstant();
            default -> LocalDate.from(found).atStartOfDay(zone).toInstant();
        };
    }

    /// A formatter takes 31 February for the last day of that month: nobody wrote that. At 24:00 it is the day after.
    private static void refuseOtherDay(@Nullable TemporalAccessor written, LocalDate found) {
        if (written != null
                && written.isSupported(ChronoField.DAY_OF_MONTH)
                && written.isSupported(ChronoField.MONTH_OF_YEAR)
                && written.getLong(ChronoField.MONTH_OF_YEAR) == found.getMonthValue()
                && written.getLong(ChronoField.DAY_OF_MONTH) > found.getDayOfMonth()) {
            throw new DateTimeException("the month has no such day");
        }
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
}
