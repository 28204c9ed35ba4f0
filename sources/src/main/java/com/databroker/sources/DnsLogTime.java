package com.databroker.sources;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/// The time at the begin of a line, in the forms of name servers and of syslog. One without a zone is read
/// as UTC, one without a year is the last such day before the log came.
///
/// ```
///   [1795219005]   [1795219005.25]   20-Nov-2026 23:56:37.693   Nov 20 23:56:54   2026-11-20T23:56:54.5Z
/// ```
/// Before it there may be what syslog sends in front: a priority, `<30>`, and since RFC 5424 a version, `<30>1 `.
final class DnsLogTime {
    private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
    private static final long SECOND = 1_000_000_000L;

    /// Years that fit in nanoseconds of 63 bits.
    private static final int YEAR_MAX = 2261;

    private final Instant received;
    private String line = "";
    private int at;

    /// What was read so far is the begin of a time, and of nothing else.
    private boolean begun;

    private boolean broken;

    DnsLogTime(Instant received) {
        this.received = received;
    }

    /// Nanoseconds since 1970, [DnsFlow#NO_TIME] where the line does not begin with a time.
    long read(String text) {
        line = text;
        at = 0;
        begun = false;
        long nanos = DnsFlow.NO_TIME;
        try {
            priority();
            nanos = accept('[') ? epoch() : Character.isLetter(peek()) ? syslog() : dated();
        } catch (DateTimeException noSuchDay) {
            // It is broken, as what begins as a time and is none.
        }
        broken = begun && nanos == DnsFlow.NO_TIME;
        return nanos;
    }

    /// Whether the last line began with a time that cannot be: a day that its month has not, a minute 61.
    boolean isBroken() {
        return broken;
    }

    private void priority() {
        if (accept('<') && digits(3) >= 0 && accept('>') && line.startsWith("1 ", at)) {
            at += 2;
        }
    }

    private char peek() {
        return at < line.length() ? line.charAt(at) : ' ';
    }

    private boolean accept(char wanted) {
        if (peek() == wanted) {
            at++;
            return true;
        }
        return false;
    }

    /// Up to `most` digits; -1 where there is none.
    private long digits(int most) {
        int begin = at;
        long number = 0;
        while (at - begin < most && peek() >= '0' && peek() <= '9') {
            number = 10 * number + (peek() - '0');
            at++;
        }
        return at == begin ? -1 : number;
    }

    private long epoch() {
        long seconds = digits(10);
        begun = seconds >= 0;
        long fraction = fraction();
        return seconds < 0 || peek() != ']' ? DnsFlow.NO_TIME : seconds * SECOND + fraction;
    }

    private long fraction() {
        if (!accept('.') && !accept(',')) {
            return 0;
        }
        int begin = at;
        long number = Math.max(0, digits(9));
        for (int i = at - begin; i < 9; i++) {
            number *= 10;
        }
        // What is finer than a nanosecond.
        digits(18);
        return number;
    }

    private int month() {
        int end = Math.min(at + 3, line.length());
        int found = end - at < 3 ? -1 : MONTHS.indexOf(line.substring(at, end).toLowerCase(Locale.ROOT));
        at = end;
        return found < 0 || found % 3 != 0 ? -1 : found / 3 + 1;
    }

    private long syslog() {
        int month = month();
        if (month < 0 || !accept(' ')) {
            return DnsFlow.NO_TIME;
        }
        accept(' ');
        int day = (int) digits(2);
        begun = day >= 0;
        if (day < 1 || !accept(' ')) {
            return DnsFlow.NO_TIME;
        }
        int year = received.atZone(ZoneOffset.UTC).getYear();
        int begin = at;
        // A day of February that this year has not was one of the last leap year.
        for (int back = 0; back <= 8; back++) {
            at = begin;
            if (day <= LocalDate.of(year - back, month, 1).lengthOfMonth()) {
                long nanos = clock(LocalDate.of(year - back, month, day));
                // A day of grace for zones.
                if (nanos == DnsFlow.NO_TIME || nanos / SECOND <= received.getEpochSecond() + 86_400) {
                    return nanos;
                }
            }
        }
        return DnsFlow.NO_TIME;
    }

    private long dated() {
        int first = (int) digits(4);
        if (first < 0 || !accept('-')) {
            return DnsFlow.NO_TIME;
        }
        boolean named = Character.isLetter(peek());
        int month = named ? month() : (int) digits(2);
        begun = true;
        if (month < 1 || !accept('-')) {
            return DnsFlow.NO_TIME;
        }
        int last = (int) digits(4);
        int year = named ? last : first;
        if (year < 1970 || year > YEAR_MAX || (!accept(' ') && !accept('T'))) {
            return DnsFlow.NO_TIME;
        }
        return clock(LocalDate.of(year, month, named ? first : last));
    }

    /// The time of a day, and the zone where there is one.
    private long clock(LocalDate day) {
        long hour = digits(2);
        boolean whole = accept(':');
        long minute = digits(2);
        whole &= accept(':');
        long second = digits(2);
        if (!whole || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
            return DnsFlow.NO_TIME;
        }
        long fraction = fraction();
        long seconds = day.toEpochDay() * 86_400 + hour * 3600 + minute * 60 + second - zone();
        return seconds < 0 ? DnsFlow.NO_TIME : seconds * SECOND + fraction;
    }

    /// Seconds east of UTC.
    private long zone() {
        boolean east = accept('+');
        if (!east && !accept('-')) {
            return 0;
        }
        long hours = digits(2);
        accept(':');
        long minutes = Math.max(0, digits(2));
        return hours < 0 ? 0 : (east ? 1 : -1) * (hours * 3600 + minutes * 60);
    }
}
