package com.databroker.streams;

import com.databroker.core.Text;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Values in a query as numbers: what someone wrote, and the stretch from first to last that it is.
///
/// `2026-11` is a month, `2026-11-28T12` an hour: a time stands for everything within its last written
/// unit.
final class StreamQueryValues {
    private static final BigDecimal LONG_MIN = BigDecimal.valueOf(Long.MIN_VALUE);
    private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final int NUMBER_LENGTH_MAX = 64;

    private StreamQueryValues() {}

    /// From `low` to `high`, both included; empty where `low` is larger.
    record Span(long low, long high) {
        static final Span EVERYTHING = new Span(Long.MIN_VALUE, Long.MAX_VALUE);
        static final Span NOTHING = new Span(1, 0);

        boolean isEmpty() {
            return low > high;
        }
    }

    /// What `from` and `to` enclose; null for no bound.
    static Span between(@Nullable Span from, boolean withFrom, @Nullable Span to, boolean withTo) {
        long low = Long.MIN_VALUE;
        long high = Long.MAX_VALUE;
        if (from != null) {
            // 2.5 lies between the whole numbers: there is nothing to leave out.
            boolean next = !withFrom && !from.isEmpty();
            if (next && from.high == Long.MAX_VALUE) {
                return Span.NOTHING;
            }
            low = next ? from.high + 1 : from.low;
        }
        if (to != null) {
            boolean before = !withTo && !to.isEmpty();
            if (before && to.low == Long.MIN_VALUE) {
                return Span.NOTHING;
            }
            high = before ? to.low - 1 : to.high;
        }
        return new Span(low, high);
    }

    /// A whole number; `2.5` is an empty span that begins with 3 and ends with 2.
    static Span whole(String field, String text) {
        BigDecimal number = number(field, text);
        if (number.compareTo(LONG_MAX) > 0) {
            return new Span(Long.MAX_VALUE, Long.MAX_VALUE - 1);
        }
        if (number.compareTo(LONG_MIN) < 0) {
            return new Span(Long.MIN_VALUE + 1, Long.MIN_VALUE);
        }
        return new Span(
                number.setScale(0, RoundingMode.CEILING).longValue(),
                number.setScale(0, RoundingMode.FLOOR).longValue());
    }

    private static BigDecimal number(String field, String text) {
        try {
            BigDecimal number = new BigDecimal(text);
            // 1e999999999 is short to write and long to compare.
            if (text.length() <= NUMBER_LENGTH_MAX && Math.abs((long) number.scale()) <= 400) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            // It is refused as every other is.
        }
        throw StreamQuery.wrong("field " + field + " holds whole numbers, not \"" + Text.excerpt(text) + "\"");
    }

    static double real(String field, String text) {
        try {
            double number = Double.parseDouble(text);
            if (!Double.isNaN(number)) {
                return number == 0 ? 0.0 : number;
            }
        } catch (NumberFormatException noNumber) {
            // It is refused as every other is.
        }
        throw StreamQuery.wrong("field " + field + " holds numbers, not \"" + Text.excerpt(text) + "\"");
    }

    /// A time in UTC, or with an offset.
    static Span time(String field, String text) {
        try {
            return span(text.toUpperCase(Locale.ROOT));
        } catch (DateTimeException | ArithmeticException noTime) {
            throw StreamQuery.wrong("field " + field + " holds times, not \"" + Text.excerpt(text)
                    + "\": write 2026, 2026-11, 2026-11-28, 2026-11-28T12 or 2026-11-28T12:00:00.5Z");
        }
    }

    private static Span span(String text) {
        int clock = text.indexOf('T');
        if (clock < 0) {
            return switch (text.length()) {
                case 4 -> {
                    LocalDate begin = LocalDate.parse(text + "-01-01");
                    yield days(begin, begin.plusYears(1));
                }
                case 7 -> {
                    LocalDate begin = YearMonth.parse(text).atDay(1);
                    yield days(begin, begin.plusMonths(1));
                }
                default -> {
                    LocalDate begin = LocalDate.parse(text);
                    yield days(begin, begin.plusDays(1));
                }
            };
        }
        int zone = zone(text, clock);
        String local = text.substring(0, zone);
        String offset = zone == text.length() ? "Z" : text.substring(zone);
        int digits = zone - clock - 1;
        ChronoUnit unit = switch (digits) {
            case 2 -> ChronoUnit.HOURS;
            case 5 -> ChronoUnit.MINUTES;
            case 8 -> ChronoUnit.SECONDS;
            default -> digits <= 12 ? ChronoUnit.MILLIS : ChronoUnit.MICROS;
        };
        LocalDateTime begin = LocalDateTime.parse(unit == ChronoUnit.HOURS ? local + ":00" : local);
        return micros(begin.atOffset(ZoneOffset.of(offset)), unit);
    }

    /// Where the offset begins, the text's length where there is none.
    private static int zone(String text, int clock) {
        for (int i = clock + 1; i < text.length(); i++) {
            char each = text.charAt(i);
            if (each == 'Z' || each == '+' || each == '-') {
                return i;
            }
        }
        return text.length();
    }

    private static Span days(LocalDate begin, LocalDate end) {
        return new Span(Arrival.micros(begin), Arrival.micros(end) - 1);
    }

    private static Span micros(OffsetDateTime begin, ChronoUnit unit) {
        long low = Arrival.micros(begin.toInstant());
        return new Span(low, low + ChronoUnit.MICROS.between(begin, begin.plus(1, unit)) - 1);
    }
}
