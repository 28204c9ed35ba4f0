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
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Removes what lies in a cold table's folder and belongs to none of its recent versions.
///
/// The disk is looked at first and the log second: what is committed in between is seen in the log.
final class ColdVacuum {
    private static final String LOG = "_delta_log";

    private final ColdTable table;
    private final Instant before;

    /// What was done.
    record Result(int files, long bytes) {}

    private record Found(Path file, long bytes) {}

    ColdVacuum(ColdTable table, Duration retention, Instant now) {
        if (retention.compareTo(ColdTable.RETENTION_MIN) < 0) {
            throw new IllegalArgumentException("files of a cold table are kept for at least "
                    + ColdTable.RETENTION_MIN.toDays() + " days, since a job may still commit them; not for "
                    + retention);
        }
        this.table = table;
        this.before = now.minus(retention);
    }

    Result run() throws IOException {
        List<Found> old = old();
        Set<Path> needed = old.isEmpty() ? Set.of() : needed();
        int files = 0;
        long bytes = 0;
        for (Found found : old) {
            if (!needed.contains(found.file()) && Files.deleteIfExists(found.file())) {
                files++;
                bytes += found.bytes();
            }
        }
        return new Result(files, bytes);
    }

    /// Files of data, and drafts that nobody finished.
    private List<Found> old() throws IOException {
        List<Found> old = new ArrayList<>();
        Files.walkFileTree(table.folder(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = String.valueOf(folder.getFileName());
                boolean foreign = !folder.equals(table.folder()) && name.matches("[._].*") && !name.equals(LOG);
                return foreign ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                boolean draft = String.valueOf(file.getFileName()).endsWith(NioDraft.SUFFIX);
                boolean data = file.toString().endsWith(".parquet") && !isOfLog(file);
                if ((draft || data) && attributes.lastModifiedTime().toInstant().isBefore(before)) {
                    old.add(new Found(file, attributes.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException removedMeanwhile) {
                return FileVisitResult.CONTINUE;
            }
        });
        return old;
    }

    private boolean isOfLog(Path file) {
        return file.startsWith(table.folder().resolve(LOG));
    }

    private Set<Path> needed() throws IOException {
        return named(table, before);
    }

    /// The files that the newest version holds, and those that were taken out of it since.
    static Set<Path> named(ColdTable table, Instant since) throws IOException {
        Set<Path> named = new HashSet<>();
        SnapshotImpl snapshot = table.latest();
        try (CloseableIterator<FilteredColumnarBatch> actions = snapshot.getCreateCheckpointIterator(table.engine())) {
            while (actions.hasNext()) {
                try (CloseableIterator<Row> rows = actions.next().getRows()) {
                    while (rows.hasNext()) {
                        String path = path(rows.next(), since);
                        if (path != null) {
                            // The log writes paths as parts of addresses.
                            named.add(table.folder()
                                    .resolve(URI.create(path).getPath())
                                    .normalize());
                        }
                    }
                }
            }
        }
        return named;
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
