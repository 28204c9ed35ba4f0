package com.databroker.sources;

import static com.databroker.sources.Definition.need;

import com.databroker.core.Setting;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/// How the records of a [Definition] are written in a body.
public record DefinedFormat(
        @Setting("`json-lines`, `json`, `csv`, `lines`, or `events`, which it is where only `capture` is given.")
        @Nullable
        Kind kind,

        @Setting("Of `json`: the path to the array of records; not named, the document itself.") @Nullable
        String records,

        @Setting("Of `csv`: the names of the columns; none named, they stand in the first row.")
        List<String> columns,

        @Setting(value = "Of `csv`: what stands between cells: one character, or `tab`.", otherwise = ",")
        String separator,

        @Setting(
                value = "Of `csv`: what stands around cells that have a separator in them: one character, or `none`.",
                otherwise = "\"")
        String quote,

        @Setting("Of `lines`: a regular expression with named groups, as `(?<code>\\d+) (?<text>.*)`.") @Nullable
        String pattern,

        @Setting(
                value = "Of `csv` and `lines`: how many lines at the beginning are passed over.",
                otherwise = "0",
                min = 0,
                max = 10_000)
        int skip,

        @Setting("Texts that mean that there is no value, as `-` or `NULL`; an empty one always does.")
        List<String> absent)
        implements Serializable {
    private static final int COLUMNS_MAX = 1000;
    private static final int PATTERN_MAX = 4096;
    private static final int ABSENT_MAX = 32;

    /// What a body is.
    public enum Kind {
        /// A JSON object on each line.
        JSON_LINES,
        /// A JSON document with an array of objects, or several values one after the other.
        JSON,
        /// RFC 4180.
        CSV,
        /// A record on each line, which a regular expression takes apart.
        LINES,
        /// Events as CloudEvents, one on each line.
        EVENTS
    }

    public DefinedFormat {
        columns = List.copyOf(columns);
        absent = List.copyOf(absent);
        only(records != null, kind, "records", Set.of(Kind.JSON));
        only(!columns.isEmpty(), kind, "columns", Set.of(Kind.CSV));
        only(!separator.equals(","), kind, "separator", Set.of(Kind.CSV));
        only(!quote.equals("\""), kind, "quote", Set.of(Kind.CSV));
        only(pattern != null, kind, "pattern", Set.of(Kind.LINES));
        only(skip > 0, kind, "skip", Set.of(Kind.CSV, Kind.LINES));
        need(separator.equals("tab") || isOne(separator), "separator: one character of ASCII, or tab");
        need(quote.equals("none") || isOne(quote), "quote: one character of ASCII, or none");
        need(!separator.equals(quote), "quote: it is the separator, too");
        need(columns.size() <= COLUMNS_MAX, "columns: at most " + COLUMNS_MAX);
        need(Set.copyOf(columns).size() == columns.size(), "columns: a name is there twice");
        need(absent.size() <= ABSENT_MAX, "absent: at most " + ABSENT_MAX);
        need(kind != Kind.LINES || pattern != null, "pattern: lines need one, with named groups");
        if (pattern != null) {
            need(!groups(pattern).isEmpty(), "pattern: it has no named group, as (?<code>\\d+)");
        }
        if (records != null) {
            DefinedPath.of(records);
        }
    }

    private static boolean isOne(String text) {
        return text.length() == 1 && text.charAt(0) > ' ' && text.charAt(0) < 0x7f;
    }

    private static void only(boolean given, @Nullable Kind kind, String key, Set<Kind> kinds) {
        need(!given || (kind != null && kinds.contains(kind)), key + ": only " + words(kinds) + " has it");
    }

    private static String words(Set<Kind> kinds) {
        return String.join(
                " or ",
                kinds.stream()
                        .sorted()
                        .map(kind -> kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                        .toList());
    }

    private static Set<String> groups(String pattern) {
        need(pattern.length() <= PATTERN_MAX, "pattern: at most " + PATTERN_MAX + " characters");
        try {
            return Pattern.compile(pattern).namedGroups().keySet();
        } catch (PatternSyntaxException broken) {
            throw new IllegalArgumentException(
                    "pattern: " + broken.getDescription() + " at character " + (Math.max(broken.getIndex(), 0) + 1));
        }
    }

    DefinedFormat with(Kind other) {
        return new DefinedFormat(other, records, columns, separator, quote, pattern, skip, absent);
    }

    /// Whether a field's place is a name, and not a path.
    boolean isFlat() {
        return kind == Kind.CSV || kind == Kind.LINES;
    }

    /// Why no field can come from there; null where one can, or where only a record will tell.
    @Nullable
    String cannotHave(String from) {
        if (kind == Kind.LINES && pattern != null && !groups(pattern).contains(from)) {
            return "the pattern has no group " + from + "; it has " + String.join(", ", groups(pattern));
        }
        if (kind == Kind.CSV && !columns.isEmpty() && !columns.contains(from)) {
            return "there is no column " + from;
        }
        if (!isFlat()) {
            try {
                DefinedPath.of(from);
            } catch (IllegalArgumentException wrong) {
                return String.valueOf(wrong.getMessage());
            }
        }
        return null;
    }

    char cellSeparator() {
        return separator.equals("tab") ? '\t' : separator.charAt(0);
    }

    /// What quotes a cell; none where cells are never quoted.
    char cellQuote() {
        return quote.equals("none") ? 0 : quote.charAt(0);
    }
}
