package com.databroker.sources;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The name of a paper of arXiv, and of one of its versions.
///
/// ```
///   2104.12255v1     since 2007-04: year, month, number; four digits until 2014-12, five since
///   hep-th/9901001   until 2007-03: archive, year, month, number; math.GT/0309136 is math/0309136
/// ```
///
/// @param id without version
/// @param version from 1, 0 where it is not told
record ArxivId(String id, int version) {
    private static final String YEAR_MONTH = "\\d\\d(?:0[1-9]|1[0-2])";
    private static final String NEW = YEAR_MONTH + "\\.\\d{4,5}(?![0-9])";
    private static final String OLD =
            "([a-z]{2,8}(?:-[a-z]{2,4})?)(?:\\.[A-Za-z-]{2,11})?/(" + YEAR_MONTH + "\\d{3})(?![0-9])";
    private static final String ANY = "(?:(" + NEW + ")|" + OLD + ")(?:v([1-9]\\d{0,2})(?![0-9a-zA-Z]))?";
    private static final Pattern WHOLE = Pattern.compile(ANY);
    private static final String AFTER_NAME =
            "xiv(?:\\.org)?(?:/(?:abs|pdf|html|format|ps|e-print|src|preprint))?[ :./_#\\[(-]{1,3}";
    private static final Pattern MENTION = Pattern.compile(
            "(?:" + AFTER_NAME + "|xxx\\.lanl\\.gov/[a-z]{2,3}/|co/papers/)" + ANY, Pattern.CASE_INSENSITIVE);
    private static final int MENTIONS_MAX = 100;

    /// Of an address, an OAI identifier or a bare id; null where it is none.
    static @Nullable ArxivId of(String text) {
        String bare = text.strip();
        int slash = bare.indexOf("/abs/");
        if (slash >= 0) {
            bare = bare.substring(slash + 5);
        } else if (bare.regionMatches(true, 0, "oai:arXiv.org:", 0, 14)) {
            bare = bare.substring(14);
        } else if (bare.regionMatches(true, 0, "arXiv:", 0, 6)) {
            bare = bare.substring(6);
        }
        Matcher matcher = WHOLE.matcher(bare);
        return matcher.matches() ? of(matcher) : null;
    }

    private static @Nullable ArxivId of(Matcher matcher) {
        String version = matcher.group(4);
        int number = version == null ? 0 : Integer.parseInt(version);
        String recent = matcher.group(1);
        if (recent != null) {
            boolean five = recent.length() == 10;
            int month = Integer.parseInt(recent.substring(0, 4));
            return month >= 704 && five == (month >= 1501) ? new ArxivId(recent, number) : null;
        }
        String archive = matcher.group(2).toLowerCase(Locale.ROOT);
        return ArxivCategories.isArchive(archive) ? new ArxivId(archive + '/' + matcher.group(3), number) : null;
    }

    /// The papers that a text names after the word arXiv or in an address, each once, in their order. One that is named
    /// with its version stands there without and with it, so that it is found by either.
    static List<String> find(String text) {
        if (!mayName(text)) {
            return List.of();
        }
        Set<String> found = new LinkedHashSet<>();
        Matcher matcher = MENTION.matcher(text);
        while (matcher.find() && found.size() < MENTIONS_MAX) {
            ArxivId id = of(matcher);
            if (id != null) {
                found.add(id.id());
                found.add(id.toString());
            }
        }
        return new ArrayList<>(found);
    }

    /// A cheap look, because almost no text does.
    private static boolean mayName(String text) {
        return text.contains("xiv")
                || text.contains("Xiv")
                || text.contains("XIV")
                || text.contains("/papers/")
                || text.contains("lanl.gov");
    }

    @Override
    public String toString() {
        return version == 0 ? id : id + 'v' + version;
    }
}
