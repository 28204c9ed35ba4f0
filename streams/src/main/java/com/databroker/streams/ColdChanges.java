package com.databroker.streams;

import io.delta.kernel.CommitRangeBuilder.CommitBoundary;
import io.delta.kernel.TableManager;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.exceptions.KernelException;
import io.delta.kernel.internal.DeltaLogActionUtils.DeltaAction;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.RemoveFile;
import io.delta.kernel.internal.data.GenericRow;
import io.delta.kernel.internal.data.StructRow;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What came into a cold table between two of its versions, by its log. Compaction brings nothing new.
///
/// @param added files with new rows, as they were when they came: compaction may have merged them since,
///     and they lie on the disk for as long as the log tells of them
/// @param isComplete whether the log still tells everything, and rows only came
record ColdChanges(List<ColdEntry> added, boolean isComplete) {
    static final ColdChanges UNKNOWN = new ColdChanges(List.of(), false);

    /// @param from what that version holds is known
    /// @param to the last version that is looked at
    static ColdChanges between(ColdTable table, long from, long to) throws IOException {
        if (from >= to) {
            return new ColdChanges(List.of(), from == to);
        }
        List<ColdEntry> added = new ArrayList<>();
        boolean onlyAdded = true;
        String location = table.folder().location();
        try (CloseableIterator<ColumnarBatch> actions = TableManager.loadCommitRange(
                        location, CommitBoundary.atVersion(from + 1))
                .withEndBoundary(CommitBoundary.atVersion(to))
                .build(table.engine())
                .getActions(table.engine(), Set.of(DeltaAction.ADD, DeltaAction.REMOVE))) {
            while (actions.hasNext()) {
                onlyAdded &= take(table, actions.next(), added);
            }
        } catch (KernelException gone) {
            // The log is kept for some days only.
            return UNKNOWN;
        }
        return onlyAdded ? new ColdChanges(List.copyOf(added), true) : UNKNOWN;
    }

    private static boolean take(ColdTable table, ColumnarBatch batch, List<ColdEntry> added) {
        ColumnVector adds = batch.getColumnVector(batch.getSchema().indexOf(DeltaAction.ADD.colName));
        ColumnVector removes = batch.getColumnVector(batch.getSchema().indexOf(DeltaAction.REMOVE.colName));
        boolean onlyAdded = true;
        for (int i = 0; i < batch.getSize(); i++) {
            if (!adds.isNullAt(i)) {
                Row add = StructRow.fromStructVector(adds, i);
                if (new AddFile(add).getDataChange()) {
                    added.add(entry(table, add));
                }
            }
            if (!removes.isNullAt(i)) {
                onlyAdded &= !new RemoveFile(StructRow.fromStructVector(removes, i)).getDataChange();
            }
        }
        return onlyAdded;
    }

    /// As a scan would give it.
    private static ColdEntry entry(ColdTable table, Row add) {
        Row scanFile = new GenericRow(
                InternalScanFileUtils.SCAN_FILE_SCHEMA_WITH_STATS,
                Map.of(
                        InternalScanFileUtils.ADD_FILE_ORDINAL,
                        add,
                        InternalScanFileUtils.SCAN_FILE_SCHEMA_WITH_STATS.indexOf(
                                InternalScanFileUtils.TABLE_ROOT_STRUCT_FIELD.getName()),
                        table.folder().location()));
        return ColdEntry.of(scanFile, table.source().timeField());
    }
}
