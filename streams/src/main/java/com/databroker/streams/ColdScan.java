package com.databroker.streams;

import io.delta.kernel.expressions.Predicate;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What to read of a cold table. Partitions come newest first, and within each the files whose rows may be
/// newest; the rows of a file come oldest first.
///
/// @param from only what happened at that time or later, in microseconds; null for no such limit
/// @param to only what happened before
/// @param arrivedBefore only what arrived before
/// @param date only that partition; null for all
/// @param id only rows with that id; null for all. Files that cannot hold it are not opened
/// @param fields the names of those that are read beside the id and the two times: the fewer, the quicker; null for all
/// @param conditions what all that is asked for meets, for parts of files that say what lies within them
record ColdScan(
        @Nullable Long from,
        @Nullable Long to,
        @Nullable Long arrivedBefore,
        @Nullable LocalDate date,
        @Nullable String id,
        @Nullable Set<String> fields,
        List<Predicate> conditions) {
    static final ColdScan ALL = new ColdScan(null, null, null, null, null, null, List.of());

    ColdScan since(long micros) {
        return new ColdScan(micros, to, arrivedBefore, date, id, fields, conditions);
    }

    ColdScan before(long micros) {
        return new ColdScan(from, micros, arrivedBefore, date, id, fields, conditions);
    }

    ColdScan arrivedBefore(long micros) {
        return new ColdScan(from, to, micros, date, id, fields, conditions);
    }

    ColdScan of(LocalDate partition) {
        return new ColdScan(from, to, arrivedBefore, partition, id, fields, conditions);
    }

    ColdScan withId(String wanted) {
        return new ColdScan(from, to, arrivedBefore, date, wanted, fields, conditions);
    }

    ColdScan ids() {
        return new ColdScan(from, to, arrivedBefore, date, id, Set.of(), conditions);
    }

    ColdScan with(Set<String> read, List<Predicate> met) {
        return new ColdScan(from, to, arrivedBefore, date, id, Set.copyOf(read), List.copyOf(met));
    }

    /// Takes what a scan finds, on the thread that scans.
    interface Visitor {
        /// The next row, which is looked at during the call only.
        ///
        /// @return whether more are wanted
        boolean row(ColdRow row);

        /// Asked before each file: nothing that follows happened after `latest`. Whoever has enough that is
        /// newer ends the scan here.
        ///
        /// @return whether more are wanted
        default boolean goOn(long latest) {
            return true;
        }

        /// Told before the rows of each file.
        default void file(ColdEntry next) {}
    }

    /// What a scan looked at, for whoever asked for it.
    ///
    /// @param files of the table's version; the others were told apart by partition and statistics, or not
    ///     reached
    /// @param rows that were decoded
    /// @param complete whether the visitor saw everything that was asked for
    record Result(
            long version,
            int partitions,
            int partitionsRead,
            int files,
            int filesRead,
            long bytesRead,
            long rows,
            boolean complete) {}

    /// Whether a file may hold what is asked for.
    boolean mayMatch(Granularity granularity, ColdEntry file) {
        return mayMatch(granularity, file.date())
                && (from == null || file.latest() >= from)
                && (to == null || file.earliest() < to)
                && (arrivedBefore == null || file.arrived().least() < arrivedBefore)
                && (id == null || file.mayHold(id));
    }

    private boolean mayMatch(Granularity granularity, LocalDate partition) {
        return (date == null || date.equals(partition))
                && (from == null || !partition.isBefore(ColdColumns.date(granularity, from)))
                && (to == null || !partition.isAfter(ColdColumns.date(granularity, to)));
    }

    boolean matches(ColdRow row) {
        long time = row.time();
        return (from == null || time >= from)
                && (to == null || time < to)
                && (arrivedBefore == null || row.arrived() < arrivedBefore)
                && (id == null || id.equals(row.id()));
    }
}
