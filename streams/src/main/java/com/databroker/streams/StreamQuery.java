package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks for records of a stream, the newest first; where they happened at the same time, in the order of
/// their ids.
///
/// @param q words and `field:value`, see docs/reference/streams-query.md; empty for all records
/// @param from the earliest time of what is asked for, null for no bound
/// @param to what happened then or later is not asked for, null for no bound
/// @param limit how many records, 1 to [#LIMIT_MAX]
/// @param after goes on behind the last record of the answer before, null to begin
/// @param facet counts the values of a field in all that matches, null for none
/// @param histogram counts all that matches by time, in steps of that length, null for none
public record StreamQuery(
        String q,
        @Nullable Instant from,
        @Nullable Instant to,
        int limit,
        @Nullable Cursor after,
        @Nullable Facet facet,
        @Nullable Duration histogram) {
    public static final int BYTES_MAX = 4096;
    public static final int LIMIT_MAX = 10_000;
    public static final int FACET_MAX = 1000;
    public static final int STEPS_MAX = 2000;

    public StreamQuery {
        int bytes = q.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > BYTES_MAX) {
            throw wrong("the query has " + bytes + " bytes, more than " + BYTES_MAX);
        }
        if (limit < 1 || limit > LIMIT_MAX) {
            throw wrong("limit " + limit + " is not between 1 and " + LIMIT_MAX);
        }
        if (from != null && to != null && from.isAfter(to)) {
            throw wrong("from " + from + " is after to " + to);
        }
        if (histogram != null && histogram.compareTo(Duration.ofMillis(1)) < 0) {
            throw wrong("a histogram's steps are 1 ms long or longer");
        }
    }

    /// All records that match `q`, up to `limit`.
    public static StreamQuery of(String q, int limit) {
        return new StreamQuery(q, null, null, limit, null, null, null);
    }

    static ProblemException wrong(String detail) {
        return new ProblemException(Problem.BAD_REQUEST, detail);
    }

    /// The same from `earliest` until before `end`.
    public StreamQuery between(@Nullable Instant earliest, @Nullable Instant end) {
        return new StreamQuery(q, earliest, end, limit, after, facet, histogram);
    }

    /// The same behind a record.
    public StreamQuery after(@Nullable Cursor cursor) {
        return new StreamQuery(q, from, to, limit, cursor, facet, histogram);
    }

    /// The same with the `top` most frequent values of a field.
    public StreamQuery facet(String field, int top) {
        return new StreamQuery(q, from, to, limit, after, new Facet(field, top), histogram);
    }

    /// The same with counts by time.
    public StreamQuery histogram(Duration step) {
        return new StreamQuery(q, from, to, limit, after, facet, step);
    }

    /// A record's place in the order of answers.
    ///
    /// @param time in microseconds since 1970 UTC
    public record Cursor(long time, String id) {
        /// What [#parse] reads: the time, a point, the id.
        public String text() {
            return time + "." + id;
        }

        /// @throws ProblemException [Problem#POSITION_INVALID] where it is no cursor
        public static Cursor parse(String text) {
            int point = text.indexOf('.');
            try {
                if (point > 0 && point + 1 < text.length()) {
                    return new Cursor(Long.parseLong(text.substring(0, point)), text.substring(point + 1));
                }
            } catch (NumberFormatException noTime) {
                // It is refused as every other is.
            }
            throw new ProblemException(
                    Problem.POSITION_INVALID, "\"" + Text.excerpt(text) + "\" is no place in an answer");
        }
    }

    /// Asks for the `top` most frequent values of a field.
    public record Facet(String field, int top) {
        public Facet {
            if (top < 1 || top > FACET_MAX) {
                throw wrong("the number of a facet's values, " + top + ", is not between 1 and " + FACET_MAX);
            }
        }
    }

    /// What was found.
    ///
    /// @param total how many match, whatever the limit
    /// @param exact whether there are exactly so many; else at least
    /// @param partial why the answer may lack something, as one sentence; null where it is complete
    /// @param next where to go on, null where the answer holds the last one
    /// @param values of the facet's field, the most frequent first
    /// @param steps of the histogram that hold something, in order
    /// @param since what arrived before was not looked at, in microseconds since 1970 UTC
    public record Answer(
            List<Hit> hits,
            long total,
            boolean exact,
            @Nullable String partial,
            @Nullable Cursor next,
            List<Count> values,
            List<Step> steps,
            long since) {
        public Answer {
            hits = List.copyOf(hits);
            values = List.copyOf(values);
            steps = List.copyOf(steps);
        }

        /// The same, lacking something more.
        Answer partly(String missing) {
            String all = partial == null ? missing : partial + "; " + missing;
            return new Answer(hits, total, exact, all, next, values, steps, since);
        }
    }

    /// A record that was found.
    ///
    /// @param time when it happened, in microseconds since 1970 UTC
    /// @param arrived when it was collected, in microseconds since 1970 UTC
    /// @param json the record, see [RecordJson]
    public record Hit(String id, long time, long arrived, Bytes json) {
        Cursor cursor() {
            return new Cursor(time, id);
        }
    }

    /// How often a value occurs.
    public record Count(String value, long count) {}

    /// How many happened in the step that begins at `begin`.
    public record Step(Instant begin, long count) {}
}
