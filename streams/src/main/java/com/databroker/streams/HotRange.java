package com.databroker.streams;

import com.databroker.core.Bytes;
import org.jspecify.annotations.Nullable;

/// Which records of a hot store are counted.
///
/// @param since only what arrived then or later, in microseconds
/// @param from only what happened on that day (UTC) or later, in days since 1970
/// @param to only what happened on a day before
record HotRange(long since, int from, int to) {
    private static final int FIRST = ViewKeys.day(Long.MIN_VALUE);
    private static final int LAST = ViewKeys.day(Long.MAX_VALUE);

    /// The first microsecond; times beyond the calendar belong to its first day.
    long fromMicros() {
        return from <= FIRST ? Long.MIN_VALUE : ViewKeys.micros(from);
    }

    /// The last microsecond.
    long lastMicros() {
        return to > LAST ? Long.MAX_VALUE : ViewKeys.micros(to) - 1;
    }

    /// What was seen of it.
    ///
    /// @param since when what was looked at arrived: later than asked for, where the store does not go back
    ///     so far
    /// @param partial why it may lack something, as one sentence; null where it is complete
    record Seen(long since, @Nullable String partial) {}

    /// Takes what is found.
    interface Visitor {
        /// Called first, and again where an index turns out to be broken: what was found before is void.
        void begin();

        /// A count; the same day and value may come several times.
        ///
        /// @param value null for the records of the day, whatever they have
        void count(int day, @Nullable String value, long count);

        /// A record.
        ///
        /// @param time when it happened, in microseconds
        void record(long time, Bytes json);
    }
}
