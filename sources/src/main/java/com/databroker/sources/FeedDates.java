package com.databroker.sources;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads dates as feeds write them: RFC 822 with the usual errors, ISO 8601, the forms of several programs,
/// names of months in a dozen languages. What could be either of two days is none. Without a zone it is
/// UTC, without a time midnight.
final class FeedDates {
    private static final int LENGTH_MAX = 80;
    private static final int YEAR_MIN = 1900;
    private static final Pattern ISO = Pattern.compile("(\\d{4})(?:-?(\\d{2})(?:-?(\\d{2}))?|-(\\d)(?:-(\\d{1,2}))?"
            + "|-(\\d{2})-(\\d))?(?:(?:t|\\s+|t\\s+)(.*))?");
    private static final Pattern ORDINAL = Pattern.compile("(\\d{4})-?(\\d{3})(?:[t ]+(.*))?");
    private static final Pattern COMPACT = Pattern.compile("(\\d{4})(\\d{2})(\\d{2})(\\d{2})(\\d{2})(\\d{2})?(z?)");
    private static final Pattern TIME = Pattern.compile(
            "(\\d{1,2})(?:[:.]?(\\d{2})(?:[:.]?(\\d{2})(?:[.,:]\\d{1,12})?)?)?\\s*(am|pm|a\\.m\\.|p\\.m\\.)?\\s*(.*)");
    private static final Pattern CLOCK = Pattern.compile("\\d{1,2}:\\d{1,2}(?::\\d{1,2}(?:[.,]\\d{1,12})?)?");
    private static final Pattern OFFSET = Pattern.compile("(?:gmt|utc|ut|etc/gmt)?([+-])(\\d{1,2}):?(\\d{2})?");
    private static final Pattern NUMBERS = Pattern.compile("(\\d{4})[/.](\\d{1,2})[/.](\\d{1,2})");
    private static final Pattern SLASHED = Pattern.compile("(\\d{1,2})/(\\d{1,2})/(\\d{4})");
    private static final Pattern DOTTED = Pattern.compile("(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})");

    private static final Map<String, Integer> MONTHS = months();
    private static final Map<String, Double> ZONES = Map.ofEntries(
            Map.entry("ut", 0.0),
            Map.entry("utc", 0.0),
            Map.entry("gmt", 0.0),
            Map.entry("z", 0.0),
            Map.entry("wet", 0.0),
            Map.entry("west", 1.0),
            Map.entry("bst", 1.0),
            Map.entry("cet", 1.0),
            Map.entry("met", 1.0),
            Map.entry("cest", 2.0),
            Map.entry("mest", 2.0),
            Map.entry("eet", 2.0),
            Map.entry("eest", 3.0),
            Map.entry("msk", 3.0),
            Map.entry("msd", 4.0),
            Map.entry("ist", 5.5),
            Map.entry("sgt", 8.0),
            Map.entry("hkt", 8.0),
            Map.entry("jst", 9.0),
            Map.entry("kst", 9.0),
            Map.entry("aest", 10.0),
            Map.entry("aedt", 11.0),
            Map.entry("nzst", 12.0),
            Map.entry("nzdt", 13.0),
            Map.entry("adt", -3.0),
            Map.entry("ast", -4.0),
            Map.entry("at", -4.0),
            Map.entry("edt", -4.0),
            Map.entry("est", -5.0),
            Map.entry("et", -5.0),
            Map.entry("cdt", -5.0),
            Map.entry("cst", -6.0),
            Map.entry("ct", -6.0),
            Map.entry("mdt", -6.0),
            Map.entry("mst", -7.0),
            Map.entry("mt", -7.0),
            Map.entry("pdt", -7.0),
            Map.entry("pst", -8.0),
            Map.entry("pt", -8.0),
            Map.entry("akst", -9.0),
            Map.entry("hst", -10.0),
            Map.entry("a", -1.0),
            Map.entry("n", 1.0),
            Map.entry("m", -12.0),
            Map.entry("y", 12.0));

    private FeedDates() {}

    private static Map<String, Integer> months() {
        // By the first letters that tell them apart, of the languages in which feeds have been seen to write dates.
        String[] names = {
            "jan januar january janvier enero ene gennaio gen janeiro januari янв января января. sty "
                    + "styczeń ιαν led січ",
            "feb februar february février févr fév fevrier febrero febbraio fevereiro fev februari фев февр "
                    + "lut φεβ úno лют",
            "mar march märz mrz mär mars marzo março maart mrt мар марта марта. maj- már március μάρ μαρ μαρτ bře бер",
            "apr april avril avr abril abr aprile апр апреля kwi ápr április απρ dub кві",
            "may mai mayo maggio mag maio mei maj мая май máj május μάι μαϊ μαι kvě тра",
            "jun june juni juin junio giugno giu junho июн июня cze jún június ιούν ιον ιουν čvn чер",
            "jul july juli juillet juil julio luglio lug julho июл июля lip júl július ιούλ ιολ ιουλ čvc лип",
            "aug august août aout agosto ago augustus авг августа sie augusztus αύγ αυγ srp сер",
            "sep sept september septembre septiembre settembre set setembro сен сент сентября wrz szept "
                    + "szeptember σεπ zář вер",
            "oct okt october oktober octobre octubre ottobre ott outubro out окт октября paź október οκτ říj жов",
            "nov november novembre noviembre novembro ноя ноября lis νοέ νοε лис",
            "dec dez dezember december décembre déc decembre diciembre dic dicembre dezembro дек декабря "
                    + "gru δεκ pro гру"
        };
        Map<String, Integer> months = new HashMap<>();
        for (int i = 0; i < names.length; i++) {
            for (String name : names[i].split(" ", -1)) {
                months.putIfAbsent(name, i + 1);
            }
        }
        return months;
    }

    /// Null where it is no date.
    static @Nullable Instant parse(@Nullable String text) {
        if (text == null || text.length() > LENGTH_MAX) {
            return null;
        }
        String date =
                text.strip().toLowerCase(Locale.ROOT).replace('\u00A0', ' ').replaceAll("[\\u2010-\\u2212]", "-");
        try {
            return read(date);
        } catch (DateTimeException | NumberFormatException notADay) {
            return null;
        }
    }

    private static @Nullable Instant read(String date) {
        if (date.isEmpty()) {
            return null;
        }
        Matcher compact = COMPACT.matcher(date);
        if (compact.matches()) {
            String seconds = compact.group(6);
            LocalDate day = day(compact.group(1), compact.group(2), compact.group(3));
            String clock = compact.group(4) + ":" + compact.group(5) + ":" + (seconds == null ? "00" : seconds);
            return at(day, clock, 0);
        }
        if (date.matches("\\d{9,10}")) {
            return Instant.ofEpochSecond(Long.parseLong(date));
        }
        if (date.matches("\\d{13}")) {
            return Instant.ofEpochMilli(Long.parseLong(date));
        }
        Matcher ordinal = ORDINAL.matcher(date);
        if (ordinal.matches()) {
            LocalDate day = LocalDate.ofYearDay(Integer.parseInt(ordinal.group(1)), Integer.parseInt(ordinal.group(2)));
            return at(day, ordinal.group(3), 0);
        }
        Matcher iso = ISO.matcher(date);
        if (iso.matches()) {
            Instant read = iso(iso);
            return read != null ? read : words(date);
        }
        return words(date);
    }

    private static @Nullable Instant iso(Matcher iso) {
        String month = first(iso.group(2), iso.group(4), iso.group(6));
        String day = first(iso.group(3), iso.group(5), iso.group(7));
        return at(day(iso.group(1), month, day), iso.group(8), 0);
    }

    private static String first(@Nullable String... all) {
        for (String one : all) {
            if (one != null) {
                return one;
            }
        }
        return "1";
    }

    private static LocalDate day(String year, String month, String day) {
        return LocalDate.of(Integer.parseInt(year), Integer.parseInt(month), Integer.parseInt(day));
    }

    /// @param clock time and zone, null where there is none
    private static @Nullable Instant at(LocalDate day, @Nullable String clock, double zone) {
        if (day.getYear() < YEAR_MIN || day.getYear() > 9999) {
            return null;
        }
        if (clock == null || clock.isBlank()) {
            return day.atStartOfDay().toInstant(ZoneOffset.UTC).minusSeconds((long) (zone * 3600));
        }
        Matcher time = TIME.matcher(clock.strip());
        if (!time.matches()) {
            return null;
        }
        int hour = Integer.parseInt(time.group(1));
        int minute = time.group(2) == null ? 0 : Integer.parseInt(time.group(2));
        int second = time.group(3) == null ? 0 : Integer.parseInt(time.group(3));
        String half = time.group(4);
        if (half != null && hour <= 12) {
            hour = hour % 12 + (half.startsWith("p") ? 12 : 0);
        }
        if (hour > 24 || minute > 59 || second > 61) {
            return null;
        }
        // 24:00 is the next day, 60 a leap second.
        LocalDateTime local =
                day.atStartOfDay().plusHours(hour).plusMinutes(minute).plusSeconds(Math.min(second, 59));
        String name = time.group(5).strip();
        double offset = name.isEmpty() ? zone : offset(name);
        return local.toInstant(ZoneOffset.UTC).minusSeconds((long) (offset * 3600));
    }

    /// Hours east of Greenwich; an unknown name is taken for UTC, as what comes nearest to knowing nothing.
    private static double offset(String zone) {
        String first = zone.split("[\\s(\\[,]+", 2)[0];
        Matcher numbers = OFFSET.matcher(first);
        if (numbers.matches()) {
            int hours = Integer.parseInt(numbers.group(2));
            int minutes = numbers.group(3) == null ? 0 : Integer.parseInt(numbers.group(3));
            double offset = hours + minutes / 60.0;
            return hours > 18 ? 0 : numbers.group(1).equals("-") ? -offset : offset;
        }
        return ZONES.getOrDefault(first.startsWith("etc/") ? first.substring(4) : first, 0.0);
    }

    /// Word by word: names of days are passed over, and what is what is told by its form.
    private static @Nullable Instant words(String date) {
        String plain = date.replaceAll("(\\d)\\s*[년월年月]\\s*", "$1-")
                .replaceAll("(\\d)\\s*[일日]", "$1 ")
                .replaceAll("(\\d)\\s*[時时点分]\\s*(?=\\d)", "$1:")
                .replaceAll("(\\d)\\s*[分秒]", "$1 ")
                .replaceAll("上午|午前", " am ")
                .replaceAll("下午|午後", " pm ")
                .replaceAll("(\\d{4})-([\\p{L}]{3,12})-(\\d{1,2})(?:t(?=\\d))?", "$3 $2 $1 ")
                .replaceAll("(\\d{1,2})[-/]([\\p{L}.]{3,12})[-/](\\d{2,4})", "$1 $2 $3")
                .replaceAll("(?<=\\d)(?:st|nd|rd|th)\\b", "")
                .replaceAll("(\\d)(am|pm)\\b", "$1 $2");
        Words words = new Words();
        for (String word : plain.split("[\\s,;()]+", -1)) {
            words.take(word);
        }
        return words.instant(date);
    }

    /// What the words of a date have said so far.
    private static final class Words {
        private int day;
        private int month;
        private int year;
        private @Nullable String clock;
        private @Nullable String half;
        private @Nullable String zone;
        private boolean korean;

        void take(String word) {
            Matcher numbers = NUMBERS.matcher(word.replace('-', '/'));
            Matcher slashed = SLASHED.matcher(word.replace('-', '/'));
            Matcher dotted = DOTTED.matcher(word);
            Integer named = MONTHS.get(word.endsWith(".") ? word.substring(0, word.length() - 1) : word);
            if (numbers.matches() && year == 0) {
                set(numbers.group(3), numbers.group(2), numbers.group(1));
            } else if (dotted.matches() && year == 0) {
                set(dotted.group(1), dotted.group(2), dotted.group(3));
            } else if (slashed.matches() && year == 0) {
                either(slashed.group(1), slashed.group(2), slashed.group(3));
            } else if (CLOCK.matcher(word).matches() && clock == null) {
                clock = padded(word);
            } else if (named != null && month == 0) {
                month = named;
            } else if (word.matches("\\d{1,4}\\.?")) {
                number(word.replace(".", ""));
            } else if (clock != null && zone == null && OFFSET.matcher(word).matches()) {
                zone = word;
            } else if (word.equals("am") || word.equals("pm")) {
                half = word;
            } else if (word.equals("오전") || word.equals("오후")) {
                half = word.equals("오전") ? "am" : "pm";
                korean = true;
            } else if (clock != null && zone == null && ZONES.containsKey(word)) {
                zone = word;
            } else {
                CharSequence joined = word;
                Matcher glued = CLOCK.matcher(joined);
                if (clock == null && glued.lookingAt()) {
                    clock = padded(glued.group());
                    zone = word.substring(glued.end());
                }
            }
        }

        private static String padded(String clock) {
            StringBuilder padded = new StringBuilder();
            for (String part : clock.split(":", -1)) {
                padded.append(padded.isEmpty() ? "" : ":")
                        .append(part.length() == 1 ? "0" : "")
                        .append(part);
            }
            return padded.toString();
        }

        private void set(String days, String months, String years) {
            day = Integer.parseInt(days);
            month = Integer.parseInt(months);
            year = Integer.parseInt(years);
        }

        /// Half of the world writes the day first, the other the month: it is told only by what can be no month.
        private void either(String first, String second, String years) {
            if (Integer.parseInt(first) > 12 || first.equals(second)) {
                set(first, second, years);
            } else if (Integer.parseInt(second) > 12) {
                set(second, first, years);
            }
        }

        private void number(String digits) {
            int number = Integer.parseInt(digits);
            if (digits.length() >= 3) {
                year = year == 0 ? number : year;
            } else if (day == 0 && number >= 1 && number <= 31) {
                day = number;
            } else if (year == 0) {
                // Two digits: feeds are younger than 1970.
                year = number + (number < 70 ? 2000 : 1900);
            }
        }

        @Nullable
        Instant instant(String date) {
            korean |= date.matches(".*[\\uAC00-\\uD7A3].*");
            if (day == 0 || month == 0 || year == 0) {
                return null;
            }
            String time =
                    clock == null ? null : clock + (half == null ? "" : " " + half) + (zone == null ? "" : " " + zone);
            return at(LocalDate.of(year, month, day), time, korean && zone == null ? 9 : 0);
        }
    }
}
