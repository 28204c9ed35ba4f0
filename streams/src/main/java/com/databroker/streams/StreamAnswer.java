package com.databroker.streams;

import com.databroker.core.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a stream has of what was asked for, out of the hot and the cold store together.
///
/// Where the two meet is a moment of arrival: what arrived before it is taken from the cold store, what arrived then
/// or later from the hot one. So a record is never found twice, and none is lost between them.
///
/// @param hits the newest first
/// @param total how many match in the hot store, and in what was read of the cold one
/// @param exact whether there are exactly so many; else at least
/// @param partial why the answer may lack something, as one sentence; null where it is complete
/// @param next where to go on, null where the answer holds the last one
/// @param border the moment of arrival where the stores meet, in microseconds since 1970 UTC
/// @param read what was read of the cold store
public record StreamAnswer(
        List<StreamQuery.Hit> hits,
        long total,
        boolean exact,
        @Nullable String partial,
        StreamQuery.@Nullable Cursor next,
        long border,
        Read read,
        List<StreamQuery.Count> values,
        List<StreamQuery.Step> steps) {
    public StreamAnswer {
        hits = List.copyOf(hits);
        values = List.copyOf(values);
        steps = List.copyOf(steps);
    }

    /// How much of the cold store was looked at: partitions and files, of how many.
    public record Read(int partitions, int ofPartitions, int files, int ofFiles) {
        static final Read NOTHING = new Read(0, 0, 0, 0);
    }

    static StreamQuery.Hit hit(Arrival arrival) {
        Bytes json = RecordJson.write(arrival.record());
        return new StreamQuery.Hit(arrival.id(), arrival.time(), arrival.arrived(), json);
    }
}
