package com.databroker.streams;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.types.StructType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A row of a cold table, seen where it lies: it moves on with the scan, so what shall be kept is taken out
/// of it.
final class ColdRow {
    private final Schema schema;
    private final String timeField;
    private final @Nullable Set<String> read;

    /// By the place of the field; null where the scan or the file does not have it.
    private final @Nullable ColumnVector[] fields;

    /// Of this row, those that were asked for.
    private final @Nullable Object[] values;

    private @Nullable ColumnVector time;
    private @Nullable ColumnVector arrived;
    private @Nullable ColumnVector partition;
    private @Nullable ColumnVector offset;
    private int row;

    ColdRow(Source source, @Nullable Set<String> read) {
        this.schema = source.schema();
        this.timeField = source.timeField();
        this.read = read;
        this.fields = new ColumnVector[schema.size()];
        this.values = new Object[schema.size()];
    }

    /// The columns of a table that it reads.
    StructType columns(StructType ofFiles) {
        Set<String> wanted = read;
        return wanted == null
                ? ofFiles
                : new StructType(ofFiles.fields().stream()
                        .filter(column -> wanted.contains(column.getName())
                                || List.of(ColdColumns.ID, timeField, ColdColumns.ARRIVED)
                                        .contains(column.getName()))
                        .toList());
    }

    void at(ColumnarBatch batch) {
        StructType columns = batch.getSchema();
        for (int place = 0; place < fields.length; place++) {
            fields[place] = vector(batch, columns, schema.field(place).name());
        }
        time = vector(batch, columns, timeField);
        arrived = vector(batch, columns, ColdColumns.ARRIVED);
        partition = vector(batch, columns, ColdColumns.TOPIC_PARTITION);
        offset = vector(batch, columns, ColdColumns.TOPIC_OFFSET);
    }

    private static @Nullable ColumnVector vector(ColumnarBatch batch, StructType columns, String name) {
        int ordinal = columns.indexOf(name);
        return ordinal < 0 ? null : batch.getColumnVector(ordinal);
    }

    void at(int next) {
        row = next;
        Arrays.fill(values, null);
    }

    String id() {
        return Objects.requireNonNull(fields[0]).getString(row);
    }

    /// When it happened, in microseconds; when it arrived, where the record does not say.
    long time() {
        ColumnVector known = time;
        return known == null || known.isNullAt(row) ? arrived() : known.getLong(row);
    }

    /// When it arrived, in microseconds.
    long arrived() {
        ColumnVector known = Objects.requireNonNull(arrived);
        return known.isNullAt(row) ? 0 : known.getLong(row);
    }

    /// The row as it was staged; only where the scan reads all fields.
    Arrival arrival() {
        if (read != null) {
            throw new IllegalStateException("a scan of some fields does not read the rest of the record");
        }
        return new Arrival(record(), time(), arrived(), (int) number(partition, true), number(offset, false));
    }

    /// Those of its fields that are read.
    DataRecord record() {
        DataRecord.Builder record = DataRecord.of(schema);
        for (int place = 0; place < fields.length; place++) {
            record.set(place, value(place));
        }
        return record.build();
    }

    /// A field of the record, null where it has none or the scan does not read it.
    @Nullable
    Object value(int place) {
        ColumnVector vector = fields[place];
        if (vector == null || vector.isNullAt(row)) {
            return null;
        }
        Object known = values[place];
        if (known == null) {
            known = value(schema.field(place).type(), vector, row);
            values[place] = known;
        }
        return known;
    }

    /// What other programs wrote may have none.
    private long number(@Nullable ColumnVector vector, boolean isInt) {
        if (vector == null || vector.isNullAt(row)) {
            return -1;
        }
        return isInt ? vector.getInt(row) : vector.getLong(row);
    }

    private static Object value(FieldType type, ColumnVector vector, int row) {
        return switch (type) {
            case FieldType.Scalar scalar ->
                switch (scalar) {
                    case KEYWORD, TEXT, JSON -> vector.getString(row);
                    case INT -> vector.getInt(row);
                    case LONG, TIME -> vector.getLong(row);
                    case DOUBLE -> vector.getDouble(row);
                    case BOOL -> vector.getBoolean(row);
                };
            case FieldType.ListOf list ->
                list(list.element(), vector.getArray(row).getElements());
            case FieldType.StructOf struct -> record(struct.schema(), vector, row);
        };
    }

    private static List<Object> list(FieldType element, ColumnVector elements) {
        int size = elements.getSize();
        List<Object> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            if (!elements.isNullAt(i)) {
                list.add(value(element, elements, i));
            }
        }
        return List.copyOf(list);
    }

    private static DataRecord record(Schema schema, ColumnVector vector, int row) {
        DataRecord.Builder record = DataRecord.of(schema);
        for (int place = 0; place < schema.size(); place++) {
            ColumnVector inner = vector.getChild(place);
            if (!inner.isNullAt(row)) {
                record.set(place, value(schema.field(place).type(), inner, row));
            }
        }
        return record.build();
    }
}
