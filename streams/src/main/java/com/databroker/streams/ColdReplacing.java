package com.databroker.streams;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.internal.data.vector.DefaultBooleanVector;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Puts rows in the place of those that have their ids: files of the table that hold such an id are written again
/// without it, in the transaction that brings the new rows.
///
/// ```
///   staged   a′ c′ (replacing)   d            remove  a b      add  b
///   table    a b │ e f                        remove  –        add  a′ c′, d
/// ```
/// An id is in the table once at the most, so one that is found in the partition of its new row is looked for nowhere
/// else; the others may have another time than before, and are looked for everywhere. Of several new rows of one id
/// the last in the raw topic counts, also where the others are in the same checkpoint.
final class ColdReplacing {
    /// What the names of copies of the table's own files begin with: no row of theirs is new.
    static final String KEPT = "kept-";

    private final ColdTable table;
    private final SnapshotImpl snapshot;
    private final Collection<ColdFile> staged;
    private final StructType ids;
    private final Map<String, Place> winners = new HashMap<>();
    private final Set<String> settled = new HashSet<>();
    private final List<ColdFile> written = new ArrayList<>();

    private record Place(int partition, long offset) {
        boolean isBehind(Place other) {
            return partition == other.partition && offset > other.offset;
        }
    }

    /// Whether a row stays.
    private interface Keeping {
        boolean keeps(String id, Place place);
    }

    ColdReplacing(ColdTable table, SnapshotImpl snapshot, Collection<ColdFile> staged) {
        this.table = table;
        this.snapshot = snapshot;
        this.staged = staged;
        List<StructField> columns = List.of(
                table.columns().get(ColdColumns.ID),
                table.columns().get(ColdColumns.TOPIC_PARTITION),
                table.columns().get(ColdColumns.TOPIC_OFFSET));
        this.ids = new StructType(columns);
    }

    /// What the names of copies of a staged file begin with.
    static String stem(String path) {
        return path.substring(0, path.length() - ColdFiles.SUFFIX.length()) + "-";
    }

    /// What the transaction does: the staged files come, and whatever they replace goes.
    List<Row> actions() throws IOException {
        List<Row> actions = new ArrayList<>();
        Set<LocalDate> dates = new HashSet<>();
        for (ColdFile file : staged) {
            if (file.replaces()) {
                dates.add(file.date());
                learn(file);
            }
        }
        List<ColdEntry> all = table.list(snapshot).files();
        for (ColdEntry file : all) {
            if (dates.contains(file.date())) {
                replace(file, actions);
            }
        }
        TreeSet<String> left = new TreeSet<>(ColdBounds::compare);
        winners.keySet().stream().filter(id -> !settled.contains(id)).forEach(left::add);
        for (ColdEntry file : all) {
            if (!dates.contains(file.date()) && mayHoldAny(file, left)) {
                replace(file, actions);
            }
        }
        for (ColdFile file : staged) {
            add(file, actions);
        }
        return actions;
    }

    /// Removes the copies that were written for [#actions], where these did not come into force.
    void drop() throws IOException {
        if (written.isEmpty()) {
            return;
        }
        // A commit may stand whose answer was lost on its way from a bucket; then its copies are the table's.
        Set<String> named = ColdVacuum.named(table, Instant.EPOCH);
        for (ColdFile file : written) {
            if (!named.contains(file.path())) {
                table.folder().delete(file.path());
            }
        }
    }

    private void learn(ColdFile file) throws IOException {
        try (CloseableIterator<FilteredColumnarBatch> rows = table.files().read(file, ids)) {
            visit(rows, (id, place) -> {
                Place known = winners.get(id);
                if (known == null || place.isBehind(known)) {
                    winners.put(id, place);
                }
                return true;
            });
        }
    }

    private static boolean mayHoldAny(ColdEntry file, NavigableSet<String> wanted) {
        ColdEntry.Words bounds = file.id();
        if (bounds == null || wanted.isEmpty()) {
            return !wanted.isEmpty();
        }
        String first = wanted.ceiling(bounds.least());
        return first != null && ColdBounds.compare(first, bounds.greatest()) <= 0;
    }

    /// Writes a file of the table again without what is replaced; one that holds nothing of it stays.
    private void replace(ColdEntry file, List<Row> actions) throws IOException {
        Keeping old = (id, place) -> !winners.containsKey(id);
        int going;
        try (CloseableIterator<FilteredColumnarBatch> rows =
                ColdFiles.Reading.of(table.engine(), snapshot, ids).read(file, Optional.empty())) {
            going = visit(rows, (id, place) -> {
                boolean keeps = old.keeps(id, place);
                if (!keeps) {
                    settled.add(id);
                }
                return keeps;
            });
        }
        if (going == 0) {
            return;
        }
        actions.add(SingleAction.createRemoveFileSingleAction(
                file.add().toRemoveFileRow(true, Optional.of(ColdCommit.now()))));
        CloseableIterator<FilteredColumnarBatch> rows =
                ColdFiles.Reading.of(table.engine(), snapshot, table.columns()).read(file, Optional.empty());
        copy(file.date(), KEPT, rows, old, actions);
    }

    private void add(ColdFile file, List<Row> actions) throws IOException {
        Keeping last = (id, place) -> {
            Place winner = winners.get(id);
            return winner == null || winner.equals(place) || place.isBehind(winner);
        };
        int going;
        try (CloseableIterator<FilteredColumnarBatch> rows = table.files().read(file, ids)) {
            going = visit(rows, last);
        }
        if (going == 0) {
            actions.add(ColdCommit.add(file, true));
        } else {
            String stem = stem(file.path());
            String name = stem.substring(stem.lastIndexOf('/') + 1);
            copy(file.date(), name, table.files().read(file, table.columns()), last, actions);
        }
    }

    private void copy(
            LocalDate date,
            String stem,
            CloseableIterator<FilteredColumnarBatch> rows,
            Keeping keeping,
            List<Row> actions)
            throws IOException {
        try (ColdMerge kept = new ColdMerge(table.columns(), table.source().timeField(), ColdCompaction.BATCH_ROWS)) {
            kept.add(rows.map(batch -> selected(batch, keeping)));
            if (kept.hasNext()) {
                ColdFile copy = table.files().write(date, stem, table.columns(), kept);
                written.add(copy);
                actions.add(ColdCommit.add(copy, true));
            }
        }
    }

    private static FilteredColumnarBatch selected(FilteredColumnarBatch batch, Keeping keeping) {
        boolean[] kept = kept(batch, keeping);
        return new FilteredColumnarBatch(
                batch.getData(), Optional.of(new DefaultBooleanVector(kept.length, Optional.empty(), kept)));
    }

    /// @return how many do not stay
    private static int visit(CloseableIterator<FilteredColumnarBatch> rows, Keeping keeping) {
        int going = 0;
        while (rows.hasNext()) {
            FilteredColumnarBatch batch = rows.next();
            boolean[] kept = kept(batch, keeping);
            for (int row = 0; row < kept.length; row++) {
                going += isThere(batch, row) && !kept[row] ? 1 : 0;
            }
        }
        return going;
    }

    private static boolean[] kept(FilteredColumnarBatch batch, Keeping keeping) {
        ColumnarBatch data = batch.getData();
        ColumnVector id = column(data, ColdColumns.ID);
        ColumnVector partition = column(data, ColdColumns.TOPIC_PARTITION);
        ColumnVector offset = column(data, ColdColumns.TOPIC_OFFSET);
        boolean[] kept = new boolean[data.getSize()];
        for (int row = 0; row < kept.length; row++) {
            if (isThere(batch, row)) {
                // What other programs wrote may have no place.
                Place place = partition.isNullAt(row) || offset.isNullAt(row)
                        ? new Place(-1, -1)
                        : new Place(partition.getInt(row), offset.getLong(row));
                kept[row] = keeping.keeps(id.getString(row), place);
            }
        }
        return kept;
    }

    private static ColumnVector column(ColumnarBatch data, String name) {
        return data.getColumnVector(data.getSchema().indexOf(name));
    }

    private static boolean isThere(FilteredColumnarBatch batch, int row) {
        return batch.getSelectionVector()
                .map(selected -> !selected.isNullAt(row) && selected.getBoolean(row))
                .orElse(true);
    }
}
