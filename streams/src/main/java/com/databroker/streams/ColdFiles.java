package com.databroker.streams;

import io.delta.kernel.Scan;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.defaults.engine.fileio.FileIO;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.expressions.Predicate;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.data.ScanStateRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// Reads and writes the Parquet files of a cold table. They come into being and into the table apart from
/// each other.
final class ColdFiles {
    /// Of the two that every reader knows, the one that was smaller and hardly slower:
    /// docs/adr/0015-cold-partitions.md.
    private static final String COMPRESSION = "ZSTD";

    static final String SUFFIX = ".parquet";

    /// Held in memory for each file that is written, and a reader's smallest portion.
    private static final long ROW_GROUP_BYTES = 32L << 20;

    private final ColdFolder folder;
    private final FileIO io;
    private final Engine engine;

    /// @param batchRows how many rows are decoded at a time
    ColdFiles(ColdFolder folder, int batchRows) {
        this.folder = folder;
        this.io = folder.io(Map.of(
                "parquet.compression", COMPRESSION,
                "parquet.block.size", String.valueOf(ROW_GROUP_BYTES),
                "delta.kernel.default.parquet.reader.batch-size", String.valueOf(batchRows)));
        this.engine = DefaultEngine.create(io);
    }

    Engine engine() {
        return engine;
    }

    ColdFolder folder() {
        return folder;
    }

    /// Writes one file of a partition; it is on the disk afterwards, and nobody knows it yet.
    ///
    /// @param batches of `columns`, at least one row; they are closed
    ColdFile write(LocalDate date, StructType columns, CloseableIterator<ColumnarBatch> batches) throws IOException {
        return write(date, "", columns, batches);
    }

    /// @param stem what the name of the file begins with
    ColdFile write(LocalDate date, String stem, StructType columns, CloseableIterator<ColumnarBatch> batches)
            throws IOException {
        String path = ColdColumns.DATE + "=" + date + "/" + stem + UUID.randomUUID() + SUFFIX;
        ColdBounds bounds = new ColdBounds(columns);
        CloseableIterator<FilteredColumnarBatch> all = batches.map(batch -> {
            bounds.add(batch);
            return new FilteredColumnarBatch(batch, Optional.empty());
        });
        String location = folder.place(path);
        try {
            engine.getParquetHandler().writeParquetFileAtomically(location, all);
        } catch (UncheckedIOException refused) {
            throw refused.getCause();
        }
        FileStatus written = io.getFileStatus(location);
        long mtime = written.getModificationTime();
        return new ColdFile(path, date, written.getSize(), mtime, bounds.rows(), bounds.json(), false);
    }

    /// The rows of a file that the table does not have yet.
    ///
    /// @param columns that are read
    CloseableIterator<FilteredColumnarBatch> read(ColdFile staged, StructType columns) throws IOException {
        FileStatus status = FileStatus.of(folder.place(staged.path()), staged.size(), staged.mtime());
        return engine.getParquetHandler()
                .readParquetFiles(Utils.singletonCloseableIterator(status), columns, Optional.empty())
                .map(read -> new FilteredColumnarBatch(read.getData(), Optional.empty()));
    }

    /// What is needed to read files of one version.
    ///
    /// @param columns that are read, in the files' names
    record Reading(Engine engine, Row state, StructType columns) {
        static Reading of(Engine engine, SnapshotImpl snapshot, StructType columns) {
            Scan scan = snapshot.getScanBuilder().withReadSchema(columns).build();
            Row state = scan.getScanState(engine);
            return new Reading(engine, state, ScanStateRow.getPhysicalDataReadSchema(state));
        }

        /// The rows of a file that were not deleted; with them goes which rows of a batch count.
        CloseableIterator<FilteredColumnarBatch> read(ColdEntry file, Optional<Predicate> only) throws IOException {
            // A file with a list of deleted rows has to be read whole: the list goes by the row's number.
            boolean whole = file.add().getDeletionVector().isPresent();
            CloseableIterator<FileReadResult> physical = engine.getParquetHandler()
                    .readParquetFiles(
                            Utils.singletonCloseableIterator(file.status()), columns, whole ? Optional.empty() : only);
            return Scan.transformPhysicalData(engine, state, file.scanFile(), physical.map(FileReadResult::getData));
        }
    }

    /// Every file of a version.
    static void list(Engine engine, SnapshotImpl snapshot, Consumer<Row> to) throws IOException {
        Scan scan = snapshot.getScanBuilder().build();
        try (CloseableIterator<FilteredColumnarBatch> batches = scan.getScanFiles(engine, true)) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> rows = batches.next().getRows()) {
                    while (rows.hasNext()) {
                        to.accept(rows.next());
                    }
                }
            }
        }
    }
}
