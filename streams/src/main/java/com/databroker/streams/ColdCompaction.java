package com.databroker.streams;

import io.delta.kernel.Operation;
import io.delta.kernel.data.Row;
import io.delta.kernel.exceptions.ConcurrentWriteException;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.SingleAction;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Makes few large files of many small ones, a transaction for each large one. What others append meanwhile
/// stays; where another compaction took the same files, this one leaves them.
///
/// A partition that is still written to is merged like the digits of a number that counts: a file is merged
/// again when as much as it holds has come, so that each row is written a few times and not at each turn.
final class ColdCompaction {
    static final long FILE_BYTES = 128L << 20;
    static final long FILE_ROWS = 1_000_000;

    /// Each is open with a batch of its rows.
    private static final int FILES_MAX = 64;

    private static final int FILES_MIN = 8;
    private static final int TURNS_MAX = 16;
    static final int BATCH_ROWS = 128;

    private final ColdTable table;
    private final Instant now;
    private final ColdFiles files;
    private int merged;
    private int made;
    private long rows;
    private int left;

    /// What was done.
    ///
    /// @param left groups of files that another compaction took at the same time
    record Result(int merged, int made, long rows, int left) {}

    ColdCompaction(ColdTable table, Instant now) {
        this.table = table;
        this.now = now;
        this.files = new ColdFiles(table.folder(), BATCH_ROWS);
    }

    Result run() throws IOException {
        for (int turn = 0; turn < TURNS_MAX; turn++) {
            SnapshotImpl snapshot = table.latest();
            List<List<ColdEntry>> groups = groups(table.list(snapshot).files());
            int before = merged;
            for (List<ColdEntry> group : groups) {
                merge(snapshot, group);
            }
            if (merged == before) {
                break;
            }
        }
        return new Result(merged, made, rows, left);
    }

    private List<List<ColdEntry>> groups(List<ColdEntry> all) {
        Map<LocalDate, List<ColdEntry>> partitions = new TreeMap<>(Comparator.reverseOrder());
        for (ColdEntry file : all) {
            boolean small = file.size() < FILE_BYTES / 2 && file.rows() >= 0 && file.rows() < FILE_ROWS / 2;
            if (small) {
                partitions
                        .computeIfAbsent(file.date(), none -> new ArrayList<>())
                        .add(file);
            }
        }
        LocalDate current =
                table.source().granularity().begin(now.atOffset(ZoneOffset.UTC).toLocalDate());
        List<List<ColdEntry>> groups = new ArrayList<>();
        partitions.forEach((date, small) -> {
            small.sort(Comparator.comparingLong(ColdEntry::earliest));
            boolean open = !date.isBefore(current);
            for (List<ColdEntry> group : full(small)) {
                if (open) {
                    dropDominant(group);
                }
                if (group.size() >= (open ? FILES_MIN : 2)) {
                    groups.add(group);
                }
            }
        });
        return groups;
    }

    /// Neighbours in time, up to the size of a large file.
    private static List<List<ColdEntry>> full(List<ColdEntry> small) {
        List<List<ColdEntry>> groups = new ArrayList<>();
        List<ColdEntry> group = new ArrayList<>();
        long bytes = 0;
        long count = 0;
        for (ColdEntry file : small) {
            boolean over = bytes + file.size() > FILE_BYTES || count + file.rows() > FILE_ROWS;
            if (over || group.size() == FILES_MAX) {
                groups.add(group);
                group = new ArrayList<>();
                bytes = 0;
                count = 0;
            }
            group.add(file);
            bytes += file.size();
            count += file.rows();
        }
        groups.add(group);
        return groups;
    }

    /// Takes out files that hold more than all smaller ones together.
    private static void dropDominant(List<ColdEntry> group) {
        List<ColdEntry> bySize = new ArrayList<>(group);
        bySize.sort(Comparator.comparingLong(ColdEntry::rows));
        long others = bySize.stream().mapToLong(ColdEntry::rows).sum();
        for (ColdEntry largest : bySize.reversed()) {
            others -= largest.rows();
            if (largest.rows() <= others) {
                return;
            }
            group.remove(largest);
        }
    }

    private void merge(SnapshotImpl snapshot, List<ColdEntry> group) throws IOException {
        ColdFile large = write(snapshot, group);
        long expected = group.stream().mapToLong(ColdEntry::rows).sum();
        boolean complete = large.rows() == expected
                || group.stream()
                        .anyMatch(file -> file.add().getDeletionVector().isPresent());
        if (!complete) {
            table.folder().delete(large.path());
            throw new IOException("files of " + table.folder().location() + " hold " + large.rows()
                    + " rows instead of " + expected + "; they stay as they are");
        }
        List<Row> actions = new ArrayList<>();
        for (ColdEntry file : group) {
            actions.add(SingleAction.createRemoveFileSingleAction(
                    file.add().toRemoveFileRow(false, Optional.of(now.toEpochMilli()))));
        }
        actions.add(ColdCommit.add(large, false));
        try {
            ColdCommit.run(
                    table.engine(),
                    snapshot.buildUpdateTableTransaction(ColdTable.ENGINE, Operation.MANUAL_UPDATE)
                            .withMaxRetries(ColdCommit.REBASES_MAX)
                            .build(table.engine()),
                    actions);
            merged += group.size();
            made++;
            rows += large.rows();
        } catch (ConcurrentWriteException anotherTookThem) {
            // Unless it was we, and the answer was lost.
            if (!ColdVacuum.named(table, Instant.EPOCH).contains(large.path())) {
                table.folder().delete(large.path());
            }
            left++;
        }
    }

    private ColdFile write(SnapshotImpl snapshot, List<ColdEntry> group) throws IOException {
        ColdFiles.Reading reading = ColdFiles.Reading.of(files.engine(), snapshot, table.columns());
        try (ColdMerge all = new ColdMerge(table.columns(), table.source().timeField(), BATCH_ROWS)) {
            for (ColdEntry file : group) {
                all.add(reading.read(file, Optional.empty()));
            }
            return files.write(group.getFirst().date(), table.columns(), all);
        }
    }
}
