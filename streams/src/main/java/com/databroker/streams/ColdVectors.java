package com.databroker.streams;

import io.delta.kernel.data.ArrayValue;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.defaults.internal.data.DefaultColumnarBatch;
import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.StructType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Arrivals seen by columns, as the kernel writes them. Nothing is copied: a vector looks into the records.
final class ColdVectors {
    private ColdVectors() {}

    /// @param columns as [ColdColumns#ofFiles] gives them
    static ColumnarBatch batch(StructType columns, Arrival[] rows) {
        ColumnVector[] vectors = new ColumnVector[columns.length()];
        int fields = columns.length() - 3;
        DataRecord[] records = new DataRecord[rows.length];
        for (int i = 0; i < rows.length; i++) {
            records[i] = rows[i].record();
        }
        for (int i = 0; i < fields; i++) {
            vectors[i] = new OfRecords(columns.at(i).getDataType(), records, i);
        }
        for (int i = fields; i < vectors.length; i++) {
            vectors[i] = new OfArrivals(
                    columns.at(i).getDataType(), rows, columns.at(i).getName());
        }
        return new DefaultColumnarBatch(rows.length, columns, vectors);
    }

    /// What all of them have in common: values of Java's own types by row.
    private abstract static class Values implements ColumnVector {
        final DataType type;

        Values(DataType type) {
            this.type = type;
        }

        abstract @Nullable Object value(int row);

        private Object present(int row) {
            return Objects.requireNonNull(value(row));
        }

        @Override
        public DataType getDataType() {
            return type;
        }

        @Override
        public boolean isNullAt(int row) {
            return value(row) == null;
        }

        @Override
        public boolean getBoolean(int row) {
            return (Boolean) present(row);
        }

        @Override
        public int getInt(int row) {
            return (Integer) present(row);
        }

        @Override
        public long getLong(int row) {
            return (Long) present(row);
        }

        @Override
        public double getDouble(int row) {
            return (Double) present(row);
        }

        @Override
        public String getString(int row) {
            return (String) present(row);
        }

        @Override
        public ArrayValue getArray(int row) {
            return new OfList(((ArrayType) type).getElementType(), (List<?>) present(row));
        }

        @Override
        public ColumnVector getChild(int ordinal) {
            @Nullable DataRecord[] inner = new @Nullable DataRecord[getSize()];
            for (int i = 0; i < inner.length; i++) {
                inner[i] = (@Nullable DataRecord) value(i);
            }
            return new OfRecords(((StructType) type).at(ordinal).getDataType(), inner, ordinal);
        }

        @Override
        public void close() {}
    }

    /// A field of records, some of which may be missing, or be of an older schema with fewer fields.
    private static final class OfRecords extends Values {
        private final @Nullable DataRecord[] records;
        private final int place;

        OfRecords(DataType type, @Nullable DataRecord[] records, int place) {
            super(type);
            this.records = records;
            this.place = place;
        }

        @Override
        @Nullable
        Object value(int row) {
            DataRecord record = records[row];
            return record == null || place >= record.schema().size() ? null : record.get(place);
        }

        @Override
        public int getSize() {
            return records.length;
        }
    }

    /// The elements of a list.
    private static final class OfList extends Values implements ArrayValue {
        private final List<?> elements;

        OfList(DataType element, List<?> elements) {
            super(element);
            this.elements = elements;
        }

        @Override
        @Nullable
        Object value(int row) {
            return elements.get(row);
        }

        @Override
        public int getSize() {
            return elements.size();
        }

        @Override
        public ColumnVector getElements() {
            return this;
        }
    }

    /// Where and when the rows arrived.
    private static final class OfArrivals implements ColumnVector {
        private final DataType type;
        private final Arrival[] rows;
        private final boolean times;

        OfArrivals(DataType type, Arrival[] rows, String column) {
            this.type = type;
            this.rows = rows;
            this.times = column.equals(ColdColumns.ARRIVED);
        }

        @Override
        public DataType getDataType() {
            return type;
        }

        @Override
        public int getSize() {
            return rows.length;
        }

        @Override
        public boolean isNullAt(int row) {
            return false;
        }

        @Override
        public int getInt(int row) {
            return rows[row].partition();
        }

        @Override
        public long getLong(int row) {
            return times ? rows[row].arrived() : rows[row].offset();
        }

        @Override
        public void close() {}
    }
}
