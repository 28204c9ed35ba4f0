package com.databroker.streams;

import io.delta.kernel.Operation;
import io.delta.kernel.TableManager;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.exceptions.TableAlreadyExistsException;
import io.delta.kernel.exceptions.TableNotFoundException;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.transaction.DataLayoutSpec;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterable;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The result of a view: an ordinary Delta table, a partition for each month.
///
/// ```
/// <cold>/views/<view>/
/// ├── _delta_log/             with each version, up to where the cold table was counted: see State
/// └── date=2026-11-01/        first day of the month
///     └── <new name>.parquet  sorted by day, the most frequent first
/// ```
/// A run replaces the months in which something changed, in one transaction that bears the run's horizon:
/// the same again changes nothing. Used by any number of threads.
final class ViewTable implements DeltaFolder {
    static final String APP = "databroker-view";

    private static final int BATCH_ROWS = 1024;
    private static final String PROPERTY = "databroker.view.";
    private static final Comparator<ViewRow> ORDER = Comparator.comparingInt(ViewRow::day)
            .thenComparing(Comparator.comparingLong(ViewRow::count).reversed())
            .thenComparing(row -> row.key() == null ? "" : row.key());

    private final String location;
    private final StructType columns;
    private final ColdFiles files;

    /// Up to where it was counted.
    ///
    /// @param cold version of the cold table that was read, -1 before the first run
    /// @param horizon what arrived before was counted, in microseconds
    /// @param definition what was counted, so that another definition begins anew
    record State(long cold, long horizon, String definition) {
        static final State NONE = new State(-1, Long.MIN_VALUE, "");

        boolean isNone() {
            return cold < 0;
        }
    }

    private ViewTable(ColdFolder folder, View view) {
        this.location = folder.location();
        this.columns = ViewColumns.ofFiles(view);
        this.files = new ColdFiles(folder, BATCH_ROWS);
    }

    /// Opens the table of a view, and creates it where there is none.
    ///
    /// @param location as [ColdTable#open] takes it
    static ViewTable open(String location, View view) {
        ViewTable present = find(location, view);
        if (present == null) {
            new ViewTable(ColdFolder.of(location), view).create(view);
            present = find(location, view);
        }
        return Objects.requireNonNull(present, location);
    }

    /// The table of a view, null where there is none.
    static @Nullable ViewTable find(String location, View view) {
        ViewTable table = new ViewTable(ColdFolder.of(location), view);
        try {
            table.latest();
        } catch (TableNotFoundException absent) {
            return null;
        }
        StructType present = table.latest().getSchema();
        if (!names(present).equals(names(ViewColumns.ofTable(view)))) {
            throw new IllegalStateException("The table " + location + " of view " + view.name() + " has the columns "
                    + names(present) + ": another kind of view or another program made it. Move it away.");
        }
        return table;
    }

    private static List<String> names(StructType columns) {
        return columns.fieldNames();
    }

    private void create(View view) {
        try {
            ColdCommit.run(
                    engine(),
                    TableManager.buildCreateTableTransaction(location, ViewColumns.ofTable(view), ColdTable.ENGINE)
                            .withTableProperties(ColdTable.PROPERTIES)
                            .withDataLayoutSpec(DataLayoutSpec.partitioned(List.of(new Column(ColdColumns.DATE))))
                            .build(engine()),
                    CloseableIterable.emptyIterable());
        } catch (TableAlreadyExistsException anotherWasFaster) {
            // It is there, which is what was wanted.
        }
    }

    @Override
    public ColdFiles files() {
        return files;
    }

    static State state(SnapshotImpl snapshot) {
        Map<String, String> properties = snapshot.getTableProperties();
        String cold = properties.get(PROPERTY + "cold");
        String horizon = properties.get(PROPERTY + "horizon");
        return cold == null || horizon == null
                ? State.NONE
                : new State(
                        Long.parseLong(cold),
                        Long.parseLong(horizon),
                        properties.getOrDefault(PROPERTY + "definition", ""));
    }

    /// Its month, by the first day.
    static LocalDate month(int day) {
        return Granularity.MONTH.begin(LocalDate.ofEpochDay(day));
    }

    List<ColdEntry> entries(SnapshotImpl snapshot) throws IOException {
        List<ColdEntry> entries = new ArrayList<>();
        ColdFiles.list(engine(), snapshot, row -> entries.add(ColdEntry.of(row, ColdColumns.ARRIVED)));
        return entries;
    }

    /// Shows the rows of some files of a version.
    void read(SnapshotImpl snapshot, Collection<ColdEntry> entries, Consumer<ViewRow> to) throws IOException {
        ColdFiles.Reading reading = ColdFiles.Reading.of(engine(), snapshot, columns);
        for (ColdEntry entry : entries) {
            try (CloseableIterator<FilteredColumnarBatch> batches = reading.read(entry, Optional.empty())) {
                while (batches.hasNext()) {
                    FilteredColumnarBatch batch = batches.next();
                    ViewColumns.rows(batch.getData(), batch.getSelectionVector().orElse(null), to);
                }
            }
        }
    }

    /// Writes rows as files, one for each month; they are in the table once they are committed.
    List<ColdFile> stage(List<ViewRow> rows) throws IOException {
        Map<LocalDate, List<ViewRow>> months = new TreeMap<>();
        rows.forEach(row -> months.computeIfAbsent(month(row.day()), none -> new ArrayList<>())
                .add(row));
        List<ColdFile> staged = new ArrayList<>();
        for (Map.Entry<LocalDate, List<ViewRow>> month : months.entrySet()) {
            month.getValue().sort(ORDER);
            staged.add(files.write(
                    month.getKey(),
                    columns,
                    Utils.singletonCloseableIterator(ViewColumns.batch(columns, month.getValue()))));
        }
        return staged;
    }

    /// Puts files in the place of all files of some months, in one transaction.
    ///
    /// @param base version on which the files rest: nobody may have changed the table since
    /// @param months null for all
    /// @return whether it was done now; not where a run with that horizon, or a later one, was committed
    ///     before
    boolean replace(long base, @Nullable Set<LocalDate> months, Collection<ColdFile> by, State state)
            throws IOException {
        SnapshotImpl present = latest();
        if (present.getLatestTransactionVersion(engine(), APP).orElse(Long.MIN_VALUE) >= state.horizon()) {
            return false;
        }
        if (present.getVersion() != base) {
            throw new IOException("the table " + location + " was changed while the view was run");
        }
        long now = Math.floorDiv(state.horizon(), 1000);
        List<Row> actions = new ArrayList<>();
        for (ColdEntry entry : entries(present)) {
            if (months == null || months.contains(entry.date())) {
                actions.add(
                        SingleAction.createRemoveFileSingleAction(entry.add().toRemoveFileRow(true, Optional.of(now))));
            }
        }
        by.forEach(file -> actions.add(ColdCommit.add(file, true)));
        ColdCommit.run(
                engine(),
                present.buildUpdateTableTransaction(ColdTable.ENGINE, Operation.WRITE)
                        .withTransactionId(APP, state.horizon())
                        .withTablePropertiesAdded(properties(state))
                        .withMaxRetries(0)
                        .build(engine()),
                actions);
        return true;
    }

    private static Map<String, String> properties(State state) {
        return Map.of(
                PROPERTY + "cold", Long.toString(state.cold()),
                PROPERTY + "horizon", Long.toString(state.horizon()),
                PROPERTY + "definition", state.definition());
    }
}
