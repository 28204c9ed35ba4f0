package com.databroker.streams;

import io.delta.kernel.data.ArrayValue;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.defaults.internal.data.DefaultColumnarBatch;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// The rows of several files, each sorted by time, as one sequence sorted by time. Values are not decoded:
/// a row of the result looks into the batch where it came from, and there is one batch of each file in
/// memory.
final class ColdMerge implements CloseableIterator<ColumnarBatch> {
    private final StructType columns;
    private final int time;
    private final int arrived;
    private final int batchRows;
    private final List<Part> parts = new ArrayList<>();
    private final PriorityQueue<Part> ahead = new PriorityQueue<>(
            Comparator.comparingLong((Part part) -> part.time).thenComparingInt(part -> part.number));
    private long rows;

    /// @param columns of the parts, and of the result
    ColdMerge(StructType columns, String timeField, int batchRows) {
        this.columns = columns;
        this.time = columns.indexOf(timeField);
        this.arrived = columns.indexOf(ColdColumns.ARRIVED);
        this.batchRows = batchRows;
    }

    /// Adds a file; it is closed with the whole.
    void add(CloseableIterator<FilteredColumnarBatch> file) {
        Part part = new Part(parts.size(), file);
        parts.add(part);
        if (part.next()) {
            ahead.add(part);
        }
    }

    /// Rows that were given so far.
    long rows() {
        return rows;
    }

    @Override
    public boolean hasNext() {
        return !ahead.isEmpty();
    }

    @Override
    public ColumnarBatch next() {
        if (ahead.isEmpty()) {
            throw new NoSuchElementException();
        }
        ColumnarBatch[] batches = new ColumnarBatch[batchRows];
        int[] places = new int[batchRows];
        int size = 0;
        while (size < batchRows) {
            Part part = ahead.poll();
            if (part == null) {
                break;
            }
            batches[size] = part.batch();
            places[size++] = part.row;
            if (part.next()) {
                ahead.add(part);
            }
        }
        rows += size;
        return batch(Arrays.copyOf(batches, size), Arrays.copyOf(places, size));
    }

    private ColumnarBatch batch(ColumnarBatch[] batches, int[] places) {
        ColumnVector[] vectors = new ColumnVector[columns.length()];
        for (int column = 0; column < vectors.length; column++) {
            ColumnVector[] from = new ColumnVector[batches.length];
            for (int i = 0; i < from.length; i++) {
                from[i] = batches[i].getColumnVector(column);
            }
            vectors[column] = new Picked(columns.at(column).getDataType(), from, places);
        }
        return new DefaultColumnarBatch(places.length, columns, vectors);
    }

    @Override
    public void close() throws IOException {
        IOException first = null;
        for (Part part : parts) {
            try {
                part.file.close();
            } catch (IOException failed) {
                first = first == null ? failed : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /// A file, and the row where it stands.
    private final class Part {
        final int number;
        final CloseableIterator<FilteredColumnarBatch> file;
        private @Nullable FilteredColumnarBatch batch;
        int row = -1;
        long time;

        Part(int number, CloseableIterator<FilteredColumnarBatch> file) {
            this.number = number;
            this.file = file;
        }

        ColumnarBatch batch() {
            return java.util.Objects.requireNonNull(batch).getData();
        }

        boolean next() {
            while (true) {
                FilteredColumnarBatch current = batch;
                if (current == null || ++row >= current.getData().getSize()) {
                    if (!file.hasNext()) {
                        return false;
                    }
                    batch = file.next();
                    row = -1;
                } else if (isSelected(current, row)) {
                    time = timeOf(current.getData());
                    return true;
                }
            }
        }

        private long timeOf(ColumnarBatch data) {
            ColumnVector known = data.getColumnVector(ColdMerge.this.time);
            ColumnVector fallback = data.getColumnVector(arrived);
            return !known.isNullAt(row) ? known.getLong(row) : fallback.isNullAt(row) ? 0 : fallback.getLong(row);
        }
    }

    private static boolean isSelected(FilteredColumnarBatch batch, int row) {
        return batch.getSelectionVector()
                .map(selected -> !selected.isNullAt(row) && selected.getBoolean(row))
                .orElse(true);
    }

    /// Rows of other vectors, in another order.
    private static final class Picked implements ColumnVector {
        private final DataType type;
        private final ColumnVector[] from;
        private final int[] places;

        Picked(DataType type, ColumnVector[] from, int[] places) {
            this.type = type;
            this.from = from;
            this.places = places;
        }

        @Override
        public DataType getDataType() {
            return type;
        }

        @Override
        public int getSize() {
            return places.length;
        }

        @Override
        public boolean isNullAt(int row) {
            return from[row].isNullAt(places[row]);
        }

        @Override
        public boolean getBoolean(int row) {
            return from[row].getBoolean(places[row]);
        }

        @Override
        public int getInt(int row) {
            return from[row].getInt(places[row]);
        }

        @Override
        public long getLong(int row) {
            return from[row].getLong(places[row]);
        }

        @Override
        public double getDouble(int row) {
            return from[row].getDouble(places[row]);
        }

        @Override
        public String getString(int row) {
            return from[row].getString(places[row]);
        }

        @Override
        public ArrayValue getArray(int row) {
            return from[row].getArray(places[row]);
        }

        @Override
        public ColumnVector getChild(int ordinal) {
            ColumnVector[] children = new ColumnVector[from.length];
            for (int i = 0; i < children.length; i++) {
                children[i] = from[i].getChild(ordinal);
            }
            return new Picked(((StructType) type).at(ordinal).getDataType(), children, places);
        }

        @Override
        public void close() {}
    }
}
