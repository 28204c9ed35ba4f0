package com.databroker.streams;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Days of a view: what its last run counted, with everything that came since.
///
/// A record that arrived before the horizon is counted in the cold store: by the run, where the table's
/// version that it read holds it, else from what was committed later. One that arrived then or later is
/// counted in the hot store.
///
/// @param horizon of the last run; null where it never ran
/// @param version of the cold table that the run read, -1 where it never ran
/// @param partial why the answer may lack something, as one sentence; null where it is complete
/// @param days those that have records, the newest first
public record ViewAnswer(
        ViewQuery query,
        @Nullable Instant horizon,
        long version,
        @Nullable String partial,
        List<Day> days) {
    public ViewAnswer {
        days = List.copyOf(days);
    }

    /// One day (UTC).
    ///
    /// @param records all of the day
    /// @param others the sum of the counts of all keys that are not among the rows
    public record Day(LocalDate day, long records, long others, List<Row> rows) {
        public Day {
            rows = List.copyOf(rows);
        }
    }

    /// A key on a day.
    ///
    /// @param atLeast whether the run did not keep it for itself, so that only what came since is counted
    /// @param expected of a term, what its count would be as on the days before; null where nothing is
    ///     known of them
    /// @param score of a term, how many times as frequent it is as it was; null as above
    public record Row(
            String key,
            long count,
            boolean atLeast,
            @Nullable Double expected,
            @Nullable Double score) {}
}
