package com.databroker.streams;

import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.RemoveFile;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Removes what lies in a cold table's folder and belongs to none of its recent versions.
///
/// The disk is looked at first and the log second: what is committed in between is seen in the log.
final class ColdVacuum {
    private final DeltaFolder table;
    private final Instant before;

    /// What was done.
    record Result(int files, long bytes) {}

    ColdVacuum(DeltaFolder table, Duration retention, Instant now) {
        if (retention.compareTo(ColdTable.RETENTION_MIN) < 0) {
            throw new IllegalArgumentException("files of a cold table are kept for at least "
                    + ColdTable.RETENTION_MIN.toDays() + " days, since a job may still commit them; not for "
                    + retention);
        }
        this.table = table;
        this.before = now.minus(retention);
    }

    Result run() throws IOException {
        List<ColdFolder.Found> old = table.folder().old(before);
        Set<String> needed = old.isEmpty() ? Set.of() : named(table, before);
        int files = 0;
        long bytes = 0;
        for (ColdFolder.Found found : old) {
            if (!needed.contains(found.path()) && table.folder().delete(found.path())) {
                files++;
                bytes += found.bytes();
            }
        }
        return new Result(files, bytes);
    }

    /// The files that the newest version holds, and those that were taken out of it since.
    static Set<String> named(DeltaFolder table, Instant since) throws IOException {
        Set<String> named = new HashSet<>();
        SnapshotImpl snapshot = table.latest();
        try (CloseableIterator<FilteredColumnarBatch> actions = snapshot.getCreateCheckpointIterator(table.engine())) {
            while (actions.hasNext()) {
                try (CloseableIterator<Row> rows = actions.next().getRows()) {
                    while (rows.hasNext()) {
                        String path = path(rows.next(), since);
                        if (path != null) {
                            // The log writes paths as parts of addresses.
                            named.add(relative(table, URI.create(path)));
                        }
                    }
                }
            }
        }
        return named;
    }

    /// Others may name a file by its whole address.
    private static String relative(DeltaFolder table, URI address) {
        String path = address.getPath();
        if (!address.isAbsolute()) {
            return path;
        }
        String whole = address.getAuthority() == null ? path : "//" + address.getAuthority() + path;
        String location = table.folder().location();
        String folder = location.substring(location.indexOf(':') + 1) + "/";
        return whole.startsWith(folder) ? whole.substring(folder.length()) : whole;
    }

    private static @Nullable String path(Row action, Instant since) {
        StructType schema = SingleAction.CHECKPOINT_SCHEMA;
        int add = schema.indexOf("add");
        int remove = schema.indexOf("remove");
        if (!action.isNullAt(add)) {
            return new AddFile(action.getStruct(add)).getPath();
        }
        if (!action.isNullAt(remove)) {
            RemoveFile removed = new RemoveFile(action.getStruct(remove));
            boolean lately = removed.getDeletionTimestamp().orElse(0L) >= since.toEpochMilli();
            return lately ? removed.getPath() : null;
        }
        return null;
    }
}
