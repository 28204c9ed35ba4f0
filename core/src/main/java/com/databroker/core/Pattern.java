package com.databroker.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A set of topics, file paths, object types or stream names: `*` stands for one segment, `**` for any number.
///
/// `builds/**` matches `builds`, `builds/core` and `builds/core/done`; `builds/*/done` matches `builds/core/done`.
/// A wildcard is a whole segment: `build*` is refused, since it would mean three things in three tools.
public final class Pattern {
    public static final int BYTES_MAX = 1024;
    public static final int SEGMENTS_MAX = 64;
    public static final Pattern ALL = Pattern.of("**");

    private static final String ONE = "*";
    private static final String ANY = "**";

    private final String text;
    private final List<String> segments;

    private Pattern(String text, List<String> segments) {
        this.text = text;
        this.segments = segments;
    }

    /// @throws ProblemException [Problem#PATTERN_INVALID] when `text` breaks the grammar
    public static Pattern of(String text) {
        if (text.isEmpty() || text.length() > BYTES_MAX) {
            throw invalid(text, "it has " + text.length() + " characters, 1 to " + BYTES_MAX + " are allowed");
        }
        List<String> segments = List.of(text.split("/", -1));
        if (segments.size() > SEGMENTS_MAX) {
            throw invalid(text, "it has " + segments.size() + " segments of at most " + SEGMENTS_MAX);
        }
        for (int i = 0; i < segments.size(); i++) {
            check(text, segments, i);
        }
        return new Pattern(text, segments);
    }

    private static void check(String text, List<String> segments, int i) {
        String segment = segments.get(i);
        if (segment.isEmpty()) {
            throw invalid(text, "it has an empty segment");
        }
        if (segment.indexOf('*') >= 0 && !isWild(segment)) {
            throw invalid(text, "'*' and '**' stand for whole segments, as in builds/*/done or builds/**");
        }
        if (segment.equals(ANY) && i > 0 && segments.get(i - 1).equals(ANY)) {
            throw invalid(text, "'**' follows '**'");
        }
        if (segment.chars().anyMatch(Character::isISOControl)) {
            throw invalid(text, "it has a control character");
        }
    }

    private static boolean isWild(String segment) {
        return segment.equals(ONE) || segment.equals(ANY);
    }

    private static ProblemException invalid(String text, String why) {
        return new ProblemException(Problem.PATTERN_INVALID, "pattern \"" + Text.excerpt(text) + "\": " + why);
    }

    public String text() {
        return text;
    }

    public List<String> segments() {
        return segments;
    }

    public boolean matches(Topic topic) {
        return matches(topic.text());
    }

    /// Whether `path`, segments between slashes without one in front, belongs to the set.
    public boolean matches(String path) {
        return overlap(segments, List.of(path.split("/", -1)), false);
    }

    /// Whether some topic could belong to both sets: a subscription that fails this would never deliver.
    public boolean overlaps(Pattern other) {
        return overlap(segments, other.segments, true);
    }

    /// One row of a table per segment of `a`: `reach[j]` tells that what stands before can meet `b`'s first j segments.
    /// Linear in the product of the lengths, whatever the pattern: nothing that a hostile pattern could feed.
    private static boolean overlap(List<String> a, List<String> b, boolean wildOnRight) {
        boolean[] reach = new boolean[b.size() + 1];
        reach[0] = true;
        for (int j = 1; j <= b.size() && wildOnRight && b.get(j - 1).equals(ANY); j++) {
            reach[j] = reach[j - 1];
        }
        for (String segment : a) {
            boolean anyLeft = segment.equals(ANY);
            boolean diagonal = reach[0];
            reach[0] = reach[0] && anyLeft;
            for (int j = 1; j <= b.size(); j++) {
                String other = b.get(j - 1);
                boolean anyRight = wildOnRight && other.equals(ANY);
                boolean above = reach[j];
                if (anyLeft || anyRight) {
                    // Either side's ** swallows nothing, one segment, or one more.
                    reach[j] = above || reach[j - 1] || diagonal;
                } else {
                    reach[j] = diagonal
                            && (segment.equals(other) || segment.equals(ONE) || (wildOnRight && other.equals(ONE)));
                }
                diagonal = above;
            }
        }
        return reach[b.size()];
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof Pattern pattern && text.equals(pattern.text));
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
