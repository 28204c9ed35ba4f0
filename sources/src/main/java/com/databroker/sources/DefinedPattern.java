package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes lines apart by a regular expression with named groups: `{"<group>": "<text>", …}`.
///
/// Of some patterns the time grows exponentially with a hostile line. So each look of the matcher at a character is
/// counted, and a line that needs too many of them is set aside; by counts and not by time, so that the same line
/// always has the same fate.
final class DefinedPattern {
    private static final int LOOKS_LEAST = 100_000;
    private static final int LOOKS_FOR_EACH = 100;

    private final Pattern pattern;
    private final List<String> groups;

    DefinedPattern(DefinedFormat format) {
        pattern = Pattern.compile(Objects.requireNonNull(format.pattern()));
        groups = pattern.namedGroups().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByValue())
                .map(java.util.Map.Entry::getKey)
                .toList();
    }

    private static final class Exhausted extends RuntimeException {
        private static final long serialVersionUID = 1;

        Exhausted() {
            super("too many looks", null, false, false);
        }
    }

    /// A text that can be looked at only so often.
    private static final class Counted implements CharSequence {
        private final String text;
        private long left;

        Counted(String text) {
            this.text = text;
            this.left = LOOKS_LEAST + (long) LOOKS_FOR_EACH * text.length();
        }

        @Override
        public char charAt(int index) {
            if (left-- == 0) {
                throw new Exhausted();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /// @param skip how many lines in front are no records
    void read(DefinedLines lines, int skip, DefinedReader.Found found) throws IOException {
        for (int skipped = 0; skipped < skip && lines.next(); skipped++) {
            // What stands there is not asked for.
        }
        while (lines.next()) {
            if (lines.isBlank()) {
                continue;
            }
            String refusal = lines.refusal();
            if (refusal != null) {
                found.reject(lines.position(), refusal, lines.bytes());
                continue;
            }
            take(lines, Objects.requireNonNull(lines.text()), found);
        }
    }

    private void take(DefinedLines lines, String text, DefinedReader.Found found) {
        Matcher matcher = pattern.matcher(new Counted(text));
        try {
            if (!matcher.matches()) {
                found.reject(lines.position(), "the pattern does not match it", lines.bytes());
                return;
            }
        } catch (Exhausted hostile) {
            found.reject(
                    lines.position(),
                    "the pattern needs too many steps for it; write one that backtracks less",
                    lines.bytes());
            return;
        } catch (StackOverflowError deep) {
            // The matcher goes down a step for each repetition of a group.
            found.reject(
                    lines.position(),
                    "the pattern goes too deep for it; write one without (…|…)* around much",
                    lines.bytes());
            return;
        }
        Bytes json = Json.bytes(out -> {
            out.writeStartObject();
            for (String group : groups) {
                String value = matcher.group(group);
                if (value != null) {
                    out.writeStringProperty(group, value);
                }
            }
            out.writeEndObject();
        });
        found.record(lines.position(), json, lines.bytes(), Bytes.EMPTY);
    }
}
