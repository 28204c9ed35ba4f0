package com.databroker.sources;

import com.databroker.streams.PoliteHttp;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// When a feed wants to be asked again: `ttl`, `sy:updatePeriod`, `skipHours`, `skipDays` of the document,
/// `Cache-Control` and `Expires` of the answer.
///
/// @param minutes between two requests, as the document says; 0 where it does not
/// @param hours of the day in UTC in which not to ask
/// @param days in which not to ask
record FeedSchedule(long minutes, Set<Integer> hours, Set<DayOfWeek> days) {
    static final Duration MOST = Duration.ofDays(1);
    private static final int HOURS_OF_WEEK = 24 * 7;
    private static final int DIGITS_MAX = 9;
    private static final Pattern MAX_AGE = Pattern.compile("(?:^|[,\\s])max-age\\s*=\\s*\"?(\\d{1,9})");

    /// Written `60/0,1,2/6,7`, as [#written] does.
    static FeedSchedule of(@Nullable String written) {
        String[] parts = (written == null ? "" : written).split("/", -1);
        Set<Integer> hours = new TreeSet<>();
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        if (parts.length != 3) {
            return new FeedSchedule(0, hours, days);
        }
        for (String hour : parts[1].split(",", -1)) {
            if (!hour.isEmpty()) {
                hours.add((int) number(hour));
            }
        }
        for (String day : parts[2].split(",", -1)) {
            if (day.matches("[1-7]")) {
                days.add(DayOfWeek.of((int) number(day)));
            }
        }
        return new FeedSchedule(number(parts[0]), hours, days);
    }

    String written() {
        StringBuilder out = new StringBuilder().append(minutes).append('/');
        String between = "";
        for (int hour : hours) {
            out.append(between).append(hour);
            between = ",";
        }
        out.append('/');
        between = "";
        for (DayOfWeek day : days) {
            out.append(between).append(day.getValue());
            between = ",";
        }
        return out.toString();
    }

    private static long number(String text) {
        String digits = text.strip();
        return digits.matches("\\d{1," + DIGITS_MAX + "}") ? Long.parseLong(digits) : 0;
    }

    /// What a document says of itself, outside its entries.
    static FeedSchedule read(String document) {
        FeedXml xml = new FeedXml(document);
        Set<Integer> hours = new TreeSet<>();
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        long ttl = 0;
        long period = 0;
        long frequency = 1;
        int within = 0;
        String element = "";
        StringBuilder text = new StringBuilder();
        for (FeedXml.Token token = xml.next(); token != FeedXml.Token.EOF; token = xml.next()) {
            String local = token == FeedXml.Token.TEXT
                    ? ""
                    : FeedNames.local(xml.name()).toLowerCase(Locale.ROOT);
            boolean entry = local.equals("item") || local.equals("entry");
            if (token == FeedXml.Token.START) {
                within += entry && !xml.empty() ? 1 : 0;
                element = local;
                text.setLength(0);
            } else if (token == FeedXml.Token.TEXT && within == 0 && text.length() < DIGITS_MAX * 2) {
                text.append(xml.chars());
            } else if (token == FeedXml.Token.END) {
                within = entry ? Math.max(within - 1, 0) : within;
                String value =
                        within == 0 && local.equals(element) ? text.toString().strip() : "";
                switch (local) {
                    case "ttl" -> ttl = Math.max(ttl, number(value));
                    case "updateperiod" -> period = period(value);
                    case "updatefrequency" -> frequency = Math.max(number(value), 1);
                    case "hour" -> hour(hours, value);
                    case "day" -> day(days, value);
                    default -> {}
                }
                element = "";
            }
        }
        return new FeedSchedule(Math.max(ttl, period / frequency), hours, days);
    }

    private static long period(String word) {
        Duration period = switch (word.toLowerCase(Locale.ROOT)) {
            case "hourly" -> Duration.ofHours(1);
            case "daily" -> Duration.ofDays(1);
            case "weekly" -> Duration.ofDays(7);
            case "monthly" -> Duration.ofDays(30);
            case "yearly" -> Duration.ofDays(365);
            default -> Duration.ZERO;
        };
        return period.toMinutes();
    }

    private static void hour(Set<Integer> hours, String value) {
        if (value.matches("\\d{1,2}") && number(value) <= 24) {
            // Some count from 1 to 24.
            hours.add((int) number(value) % 24);
        }
    }

    private static void day(Set<DayOfWeek> days, String value) {
        for (DayOfWeek day : DayOfWeek.values()) {
            if (day.name().equalsIgnoreCase(value)) {
                days.add(day);
            }
        }
    }

    /// @param least the pause without regard to what the feed wants
    Instant next(PoliteHttp.Answer answer, Duration least, Instant now) {
        Duration pause = longer(least, Duration.ofMinutes(minutes));
        String control = answer.header("cache-control");
        Matcher age = MAX_AGE.matcher(control == null ? "" : control.toLowerCase(Locale.ROOT));
        if (age.find()) {
            pause = longer(pause, Duration.ofSeconds(Long.parseLong(age.group(1))));
        } else {
            Instant expires = date(answer.header("expires"));
            pause = expires == null ? pause : longer(pause, Duration.between(now, expires));
        }
        String later = answer.header("retry-after");
        if (later != null && later.strip().matches("\\d{1,9}")) {
            pause = longer(pause, Duration.ofSeconds(number(later)));
        }
        // Whoever configured more than a day has it.
        Duration most = longer(least, MOST);
        return allowed(now.plus(pause.compareTo(most) < 0 ? pause : most));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static @Nullable Instant date(@Nullable String value) {
        try {
            return value == null ? null : DateTimeFormatter.RFC_1123_DATE_TIME.parse(value.strip(), Instant::from);
        } catch (DateTimeException odd) {
            return null;
        }
    }

    /// The first time from then on that is not skipped; that time itself where all are.
    private Instant allowed(Instant from) {
        Instant time = from;
        for (int i = 0; i < HOURS_OF_WEEK; i++) {
            LocalDateTime there = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
            if (!hours.contains(there.getHour()) && !days.contains(there.getDayOfWeek())) {
                return time;
            }
            time = time.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS);
        }
        return from;
    }
}
