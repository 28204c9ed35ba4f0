package com.databroker.streams;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.expressions.And;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Literal;
import io.delta.kernel.expressions.Predicate;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One scan of a cold table.
final class ColdReader {
    private static final Comparator<ColdEntry> NEWEST_FIRST = Comparator.comparing(ColdEntry::date)
            .thenComparingLong(ColdEntry::latest)
            .reversed();

    private final ColdTable table;
    private final ColdScan what;
    private final ColdRow row;
    private final Set<LocalDate> partitionsRead = new HashSet<>();
    private int filesRead;
    private long bytesRead;
    private long rows;

    ColdReader(ColdTable table, ColdScan what) {
        this.table = table;
        this.what = what;
        this.row = new ColdRow(table.source(), what.fields());
    }

    ColdScan.Result run(ColdScan.Visitor visitor) throws IOException {
        SnapshotImpl snapshot = table.current();
        ColdTable.Listing listing = table.list(snapshot);
        ColdFiles.Reading reading = ColdFiles.Reading.of(table.engine(), snapshot, row.columns(table.columns()));
        List<ColdEntry> files = listing.files().stream()
                .filter(file -> what.mayMatch(table.source().granularity(), file))
                .sorted(NEWEST_FIRST)
                .toList();
        long[] latest = latest(files);
        boolean complete = true;
        for (int i = 0; complete && i < latest.length; i++) {
            complete = visitor.goOn(latest[i]) && read(reading, files.get(i), visitor);
        }
        int partitions =
                (int) listing.files().stream().map(ColdEntry::date).distinct().count();
        return new ColdScan.Result(
                listing.version(),
                partitions,
                partitionsRead.size(),
                listing.files().size(),
                filesRead,
                bytesRead,
                rows,
                complete);
    }

    /// Tells files apart.
    interface Files {
        boolean has(ColdEntry file);
    }

    /// Shows the rows of some files only.
    void run(Files which, ColdScan.Visitor visitor) throws IOException {
        SnapshotImpl snapshot = table.latest();
        ColdFiles.Reading reading = ColdFiles.Reading.of(table.engine(), snapshot, row.columns(table.columns()));
        for (ColdEntry file : table.list(snapshot).files()) {
            if (which.has(file)) {
                read(reading, file, visitor);
            }
        }
    }

    /// Shows the rows of these files that are asked for, as long as more are wanted.
    ///
    /// @param snapshot of a version in which they are read
    /// @return whether all were seen
    boolean files(SnapshotImpl snapshot, List<ColdEntry> files, ColdScan.Visitor visitor) throws IOException {
        ColdFiles.Reading reading = ColdFiles.Reading.of(table.engine(), snapshot, row.columns(table.columns()));
        for (ColdEntry file : files) {
            if (what.mayMatch(table.source().granularity(), file) && !read(reading, file, visitor)) {
                return false;
            }
        }
        return true;
    }

    /// Shows the rows of one file.
    void read(ColdEntry file, ColdScan.Visitor visitor) throws IOException {
        SnapshotImpl snapshot = table.current();
        read(ColdFiles.Reading.of(table.engine(), snapshot, row.columns(table.columns())), file, visitor);
    }

    /// Whether there is such a row; files that were added last are opened first.
    ///
    /// @param lookedThrough paths of files that are known not to hold one; more are added
    boolean has(Set<String> lookedThrough) throws IOException {
        SnapshotImpl snapshot = table.latest();
        ColdFiles.Reading reading = ColdFiles.Reading.of(table.engine(), snapshot, row.columns(table.columns()));
        List<ColdEntry> files = table.list(snapshot).files().stream()
                .filter(file -> what.mayMatch(table.source().granularity(), file))
                .sorted(Comparator.comparingLong((ColdEntry file) -> file.add().getModificationTime())
                        .reversed())
                .toList();
        for (ColdEntry file : files) {
            if (!lookedThrough.contains(file.path())) {
                if (!read(reading, file, found -> false)) {
                    return true;
                }
                lookedThrough.add(file.path());
            }
        }
        return false;
    }

    /// For each file, what is newest of it and all that follow: bounds that are not known reach beyond the
    /// partition.
    private static long[] latest(List<ColdEntry> files) {
        long[] latest = new long[files.size()];
        long greatest = Long.MIN_VALUE;
        for (int i = latest.length - 1; i >= 0; i--) {
            greatest = Math.max(greatest, files.get(i).latest());
            latest[i] = greatest;
        }
        return latest;
    }

    private boolean read(ColdFiles.Reading reading, ColdEntry file, ColdScan.Visitor visitor) throws IOException {
        visitor.file(file);
        partitionsRead.add(file.date());
        filesRead++;
        bytesRead += file.size();
        try (CloseableIterator<FilteredColumnarBatch> batches = reading.read(file, only(file))) {
            while (batches.hasNext()) {
                if (!show(batches.next(), visitor)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean show(FilteredColumnarBatch batch, ColdScan.Visitor visitor) {
        row.at(batch.getData());
        Optional<ColumnVector> selected = batch.getSelectionVector();
        for (int i = 0; i < batch.getData().getSize(); i++) {
            if (selected.isPresent()
                    && (selected.get().isNullAt(i) || !selected.get().getBoolean(i))) {
                continue;
            }
            rows++;
            row.at(i);
            if (what.matches(row) && !visitor.row(row)) {
                return false;
            }
        }
        return true;
    }

    /// Parts of a file are left out by the bounds that Parquet keeps of them. By time only where every
    /// record says when it happened: those that do not would be lost.
    private Optional<Predicate> only(ColdEntry file) {
        List<Predicate> all = new ArrayList<>();
        if (file.timeAlways()) {
            add(all, ">=", table.source().timeField(), what.from() == null ? null : Literal.ofTimestamp(what.from()));
            add(all, "<", table.source().timeField(), what.to() == null ? null : Literal.ofTimestamp(what.to()));
        }
        add(all, "=", ColdColumns.ID, what.id() == null ? null : Literal.ofString(what.id()));
        all.addAll(what.conditions());
        return all.stream().reduce(And::new);
    }

    private static void add(List<Predicate> all, String comparison, String column, @Nullable Literal value) {
        if (value != null) {
            all.add(new Predicate(comparison, new Column(column), value));
        }
    }
}
