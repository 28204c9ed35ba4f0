package com.databroker.sources;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What can be read from the texts of a paper: dates, counts, identifiers.
final class ArxivText {
    private static final int COUNT_MAX = 1_000_000;
    private static final Pattern EMAIL = Pattern.compile("<[^<>]{0,320}>|\\(?[^\\s()<>@]{1,64}@[^\\s()<>@]{1,255}\\)?");
    private static final Pattern MAIL_DATE =
            Pattern.compile("(?:[A-Za-z]{3,9},?\\s+)?(\\d{1,2})\\s+([A-Za-z]{3})[a-z]{0,6}\\.?\\s+(\\d{4}|\\d{2})"
                    + "\\s+(\\d{1,2}):(\\d{2})(?::(\\d{2}))?\\s*([A-Za-z]{1,5}|[+-]\\d{4})?.{0,40}");
    private static final Pattern DAY = Pattern.compile("(\\d{4})-(\\d{2})-(\\d{2})");
    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");

    /// Hours east of Greenwich, of the zones that the mails of the first years had.
    private static final Map<String, Integer> ZONES = Map.ofEntries(
            Map.entry("gmt", 0),
            Map.entry("ut", 0),
            Map.entry("utc", 0),
            Map.entry("z", 0),
            Map.entry("est", -5),
            Map.entry("edt", -4),
            Map.entry("cst", -6),
            Map.entry("cdt", -5),
            Map.entry("mst", -7),
            Map.entry("mdt", -6),
            Map.entry("pst", -8),
            Map.entry("pdt", -7),
            Map.entry("met", 1),
            Map.entry("cet", 1),
            Map.entry("cest", 2),
            Map.entry("bst", 1),
            Map.entry("jst", 9));

    private static final Map<String, Integer> NUMBERS = Map.ofEntries(
            Map.entry("no", 0),
            Map.entry("one", 1),
            Map.entry("two", 2),
            Map.entry("three", 3),
            Map.entry("four", 4),
            Map.entry("five", 5),
            Map.entry("six", 6),
            Map.entry("seven", 7),
            Map.entry("eight", 8),
            Map.entry("nine", 9),
            Map.entry("ten", 10),
            Map.entry("eleven", 11),
            Map.entry("twelve", 12));

    private static final String COUNT =
            "(?<![\\w.-])(\\d{1,6}|no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)";
    private static final String WORDS = "(?: ?\\+ ?\\d{1,4})?(?:[ -][a-z]{2,12}){0,2}";
    private static final Pattern PAGES = Pattern.compile(COUNT + WORDS + "[ ~-]?\\+?\\s?(?:pages?|pgs?|pp)(?![a-z])");
    private static final Pattern PAGES_AFTER = Pattern.compile("(?<![a-z])pages?[:=] ?(\\d{1,6})(?!\\d)");
    private static final Pattern FIGURES = Pattern.compile(COUNT + WORDS + "[ ~-]?(?:figures?|figs?)(?![a-z])");
    private static final Pattern FIGURES_AFTER = Pattern.compile("(?<![a-z])fig(?:ure)?s?[:=] ?(\\d{1,6})(?!\\d)");

    private static final Pattern DOI = Pattern.compile("10\\.\\d{4,9}/\\S{1,500}");
    private static final Pattern MSC =
            Pattern.compile("(?<![0-9A-Za-z])\\d{2}(?:-\\d{2}|[A-Z]\\d{2}|[A-Z][xX]{2}|-[xX]{2})(?![0-9A-Za-z])");
    private static final Pattern ACM =
            Pattern.compile("(?<![0-9A-Za-z.])[A-K]\\.(?:\\d{1,2}|m)(?:\\.(?:\\d{1,2}|m)){0,2}(?![0-9A-Za-z])");

    private ArxivText() {}

    static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }

    /// A name without its address of e-mail.
    static String withoutEmail(String text) {
        return oneLine(EMAIL.matcher(text).replaceAll(" "));
    }

    /// Microseconds since 1970 of a time of Atom, a day of OAI-PMH or the date of a mail; null where it is
    /// none.
    static @Nullable Long time(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Matcher day = DAY.matcher(text);
            if (day.matches()) {
                return micros(date(day.group(1), Integer.parseInt(day.group(2)), day.group(3)), 0);
            }
            Matcher mail = MAIL_DATE.matcher(text.strip());
            return mail.matches() ? mailTime(mail) : GithubText.time(text.strip());
        } catch (DateTimeException noSuchDay) {
            return null;
        }
    }

    private static LocalDate date(String year, int month, String day) {
        return LocalDate.of(Integer.parseInt(year), month, Integer.parseInt(day));
    }

    private static long micros(LocalDate date, long seconds) {
        return (date.atStartOfDay().toEpochSecond(ZoneOffset.UTC) + seconds) * 1_000_000;
    }

    /// The day of the week is not looked at: files by hand have it wrong.
    private static @Nullable Long mailTime(Matcher mail) {
        int month = MONTHS.indexOf(mail.group(2).toLowerCase(Locale.ROOT)) + 1;
        String zone = mail.group(7) == null ? "gmt" : mail.group(7).toLowerCase(Locale.ROOT);
        Integer east = ZONES.get(zone);
        long offset;
        if (east != null) {
            offset = east * 3600L;
        } else if (zone.matches("[+-]\\d{4}")) {
            long hours = Integer.parseInt(zone.substring(1, 3)) * 3600L + Integer.parseInt(zone.substring(3)) * 60L;
            offset = zone.charAt(0) == '-' ? -hours : hours;
        } else {
            offset = 0;
        }
        String year = mail.group(3).length() == 2 ? "19" + mail.group(3) : mail.group(3);
        long seconds = Integer.parseInt(mail.group(4)) * 3600L
                + Integer.parseInt(mail.group(5)) * 60L
                + (mail.group(6) == null ? 0 : Integer.parseInt(mail.group(6)));
        return month == 0 ? null : Long.valueOf(micros(date(year, month, mail.group(1)), seconds - offset));
    }

    static @Nullable Integer pages(@Nullable String comment) {
        return count(comment, PAGES, PAGES_AFTER);
    }

    static @Nullable Integer figures(@Nullable String comment) {
        return count(comment, FIGURES, FIGURES_AFTER);
    }

    private static @Nullable Integer count(@Nullable String comment, Pattern before, Pattern after) {
        if (comment == null) {
            return null;
        }
        String text = oneLine(comment).toLowerCase(Locale.ROOT);
        Matcher matcher = before.matcher(text);
        if (!matcher.find()) {
            matcher = after.matcher(text);
            if (!matcher.find()) {
                return null;
            }
        }
        Integer number = NUMBERS.get(matcher.group(1));
        int value = number == null ? Integer.parseInt(matcher.group(1)) : number;
        return value <= COUNT_MAX ? value : null;
    }

    /// The DOI in a text, lower case, as DOIs are compared; null where there is none.
    static @Nullable String doi(String text) {
        Matcher matcher = DOI.matcher(text.replace("%2F", "/").replace("%2f", "/"));
        if (!matcher.find()) {
            return null;
        }
        String doi = matcher.group().toLowerCase(Locale.ROOT);
        int end = doi.length();
        while (end > 0 && (".,;:".indexOf(doi.charAt(end - 1)) >= 0 || isUnbalanced(doi, end))) {
            end--;
        }
        return doi.substring(0, end);
    }

    private static boolean isUnbalanced(String doi, int end) {
        char last = doi.charAt(end - 1);
        char opening = last == ')' ? '(' : last == ']' ? '[' : 0;
        return opening != 0
                && doi.substring(0, end).chars().filter(c -> c == opening).count()
                        < doi.substring(0, end).chars().filter(c -> c == last).count();
    }

    static List<String> msc(String text) {
        return all(MSC, text);
    }

    static List<String> acm(String text) {
        return all(ACM, text);
    }

    private static List<String> all(Pattern pattern, String text) {
        Set<String> found = new LinkedHashSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find() && found.size() < ArxivEntry.LIST_MAX) {
            found.add(matcher.group());
        }
        return new ArrayList<>(found);
    }

    /// Bytes of a size as told: `853kb`; null where it is none.
    static @Nullable Long size(String text) {
        Matcher matcher =
                Pattern.compile("(\\d{1,12})(kb|mb|b)?").matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return null;
        }
        String unit = matcher.group(2) == null ? "b" : matcher.group(2);
        long factor = unit.equals("kb") ? 1024 : unit.equals("mb") ? 1024 * 1024 : 1;
        return Long.parseLong(matcher.group(1)) * factor;
    }
}
