package com.databroker.streams;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// Asks for the days of a view.
///
/// @param from the first day (UTC)
/// @param to the day behind the last one
/// @param limit how many keys of each day, 1 to [#LIMIT_MAX]
/// @param key only that one; null for those that come first
public record ViewQuery(
        LocalDate from, LocalDate to, int limit, @Nullable String key) {
    public static final int LIMIT_MAX = 1000;

    /// Days with one key each.
    public static final int DAYS_MAX = 3660;

    private static final int ROWS_MAX = 100_000;

    public ViewQuery {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw StreamQuery.wrong("limit " + limit + " is not between 1 and " + LIMIT_MAX);
        }
        long days = ChronoUnit.DAYS.between(from, to);
        if (days < 0) {
            throw StreamQuery.wrong("from " + from + " is after to " + to);
        }
        if (days > DAYS_MAX || (key == null && days * limit > ROWS_MAX)) {
            throw StreamQuery.wrong(days + " days with up to " + limit + " keys are too many: ask for at most "
                    + DAYS_MAX + " days, and " + ROWS_MAX + " keys in all");
        }
        if (key != null && key.length() > LuceneFields.KEYWORD_BYTES_MAX) {
            throw StreamQuery.wrong("the key is longer than any that is counted");
        }
    }
}
