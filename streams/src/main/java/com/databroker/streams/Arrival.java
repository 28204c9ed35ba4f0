package com.databroker.streams;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/// A record with where and when it arrived: what the job hands to the stores.
///
/// Place and time are those of the raw topic, so that they are the same when the job reads it again.
///
/// @param time when it happened, in microseconds since 1970 UTC; [#arrived] where the record does not say
/// @param arrived when it was collected, in microseconds since 1970 UTC: the time stamp in the raw topic
/// @param partition of the raw topic
/// @param offset in that partition
/// @param replay whether it replaces what is there under its id, see [Replay]
record Arrival(DataRecord record, long time, long arrived, int partition, long offset, boolean replay) {
    /// One that was collected just now.
    Arrival(DataRecord record, long time, long arrived, int partition, long offset) {
        this(record, time, arrived, partition, offset, false);
    }

    /// The id, unique within the stream.
    String id() {
        return (String) java.util.Objects.requireNonNull(record.get(0));
    }

    /// The day on which it happened.
    LocalDate day() {
        return day(time);
    }

    /// The day on which it arrived.
    LocalDate arrivalDay() {
        return day(arrived);
    }

    private static LocalDate day(long micros) {
        return LocalDate.ofEpochDay(Math.floorDiv(micros, 86_400_000_000L));
    }

    /// Microseconds since 1970 UTC as an instant.
    static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000L);
    }

    /// An instant as microseconds since 1970 UTC.
    static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }

    /// The first instant of a day, in microseconds.
    static long micros(LocalDate day) {
        return micros(day.atStartOfDay().toInstant(ZoneOffset.UTC));
    }
}
