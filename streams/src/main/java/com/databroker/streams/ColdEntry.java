package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.utils.FileStatus;
import java.time.LocalDate;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A file of a version of a cold table, with what is known of its rows. Bounds that are not known are as
/// wide as can be.
///
/// @param scanFile as the kernel gave it
/// @param rows -1 where nobody counted them
/// @param time bounds of the time field, widened by those of [#arrived] where a record has none
/// @param timeAlways whether every record says when it happened
/// @param id bounds of the id; null where unknown
record ColdEntry(
        Row scanFile,
        LocalDate date,
        long rows,
        Range time,
        Range arrived,
        boolean timeAlways,
        @Nullable Words id) {
    private static final long MILLI = 999;

    /// Both ends belong to it.
    record Range(long least, long greatest) {
        static final Range ANY = new Range(Long.MIN_VALUE, Long.MAX_VALUE);

        Range with(Range other) {
            return new Range(Math.min(least, other.least), Math.max(greatest, other.greatest));
        }
    }

    /// Both ends belong to it.
    record Words(String least, String greatest) {}

    static ColdEntry of(Row scanFile, String timeField) {
        AddFile add = new AddFile(scanFile.getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL));
        String date = InternalScanFileUtils.getPartitionValues(scanFile).get(ColdColumns.DATE);
        Map<?, ?> stats = parse(add.getStatsJson().orElse(null));
        Range arrived = range(stats, ColdColumns.ARRIVED);
        Range time = range(stats, timeField);
        Object nulls = in(stats, "nullCount", timeField);
        boolean always = nulls instanceof Number count && count.longValue() == 0;
        Object rows = stats.get("numRecords");
        return new ColdEntry(
                scanFile,
                date == null ? LocalDate.MIN : LocalDate.parse(date),
                rows instanceof Number count ? count.longValue() : -1,
                always ? time : time.with(arrived),
                arrived,
                always,
                words(stats));
    }

    /// The same file in a later version, in which everything about it is as it was.
    ColdEntry in(Row later) {
        return new ColdEntry(later, date, rows, time, arrived, timeAlways, id);
    }

    private static Map<?, ?> parse(@Nullable String json) {
        try {
            return json != null && Json.parse(Bytes.utf8(json)) instanceof Map<?, ?> map ? map : Map.of();
        } catch (ProblemException foreign) {
            // What others write there bounds nothing, then.
            return Map.of();
        }
    }

    private static @Nullable Object in(Map<?, ?> stats, String which, String column) {
        return stats.get(which) instanceof Map<?, ?> values ? values.get(column) : null;
    }

    private static Range range(Map<?, ?> stats, String column) {
        Long least = ColdBounds.micros(in(stats, "minValues", column));
        Long greatest = ColdBounds.micros(in(stats, "maxValues", column));
        return new Range(least == null ? Long.MIN_VALUE : least, greatest == null ? Long.MAX_VALUE : greatest + MILLI);
    }

    private static @Nullable Words words(Map<?, ?> stats) {
        return in(stats, "minValues", ColdColumns.ID) instanceof String least
                        && in(stats, "maxValues", ColdColumns.ID) instanceof String greatest
                ? new Words(least, greatest)
                : null;
    }

    AddFile add() {
        return new AddFile(scanFile.getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL));
    }

    String path() {
        return path(scanFile);
    }

    static String path(Row scanFile) {
        return new AddFile(scanFile.getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL)).getPath();
    }

    FileStatus status() {
        return InternalScanFileUtils.getAddFileStatus(scanFile);
    }

    long size() {
        return add().getSize();
    }

    /// Nothing in it happened before.
    long earliest() {
        return time.least();
    }

    /// Nothing in it happened after.
    long latest() {
        return time.greatest();
    }

    boolean mayHold(String wanted) {
        return id == null
                || (ColdBounds.compare(id.least(), wanted) <= 0 && ColdBounds.compare(wanted, id.greatest()) <= 0);
    }
}
