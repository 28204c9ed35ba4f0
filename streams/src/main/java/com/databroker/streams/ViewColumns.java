package com.databroker.streams;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.defaults.internal.data.DefaultColumnarBatch;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.FieldMetadata;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The columns of a view's table, and its rows seen by them.
///
/// ```
///   day  key  count  keys  records │ expected  score │ date
///                                    of terms only     first day of the month
/// ```
final class ViewColumns {
    private static final String DAY = "day";

    private ViewColumns() {}

    /// The columns within the files.
    static StructType ofFiles(View view) {
        StructType columns = new StructType()
                .add(DAY, DateType.DATE, true, comment("day on which it happened, UTC"))
                .add("key", StringType.STRING, true, comment("what is counted; null for all others together"))
                .add("count", LongType.LONG, true, comment("records of the day with the key; of the others, the sum"))
                .add("keys", LongType.LONG, true, comment("1; of the others, how many"))
                .add("records", LongType.LONG, true, comment("all records of the day"));
        return view.kind() == View.Kind.VALUES
                ? columns
                : columns.add(
                                "expected",
                                DoubleType.DOUBLE,
                                true,
                                comment("what count would be as on the " + ViewScore.DAYS + " days before"))
                        .add("score", DoubleType.DOUBLE, true, comment("(count + 5) / (expected + 5)"));
    }

    /// All columns, in order.
    static StructType ofTable(View view) {
        return ofFiles(view).add(ColdColumns.DATE, DateType.DATE, true, comment("first day of the month"));
    }

    private static FieldMetadata comment(String text) {
        return FieldMetadata.builder().putString("comment", text).build();
    }

    /// Rows as the kernel writes them.
    static ColumnarBatch batch(StructType columns, List<ViewRow> rows) {
        ColumnVector[] vectors = new ColumnVector[columns.length()];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = new OfRows(columns.at(i).getDataType(), i, rows);
        }
        return new DefaultColumnarBatch(rows.size(), columns, vectors);
    }

    /// Gives the selected rows of a batch of [#ofFiles] to `to`.
    static void rows(ColumnarBatch batch, @Nullable ColumnVector selected, Consumer<ViewRow> to) {
        boolean scored = batch.getSchema().length() > 5;
        for (int i = 0; i < batch.getSize(); i++) {
            if (selected == null || (!selected.isNullAt(i) && selected.getBoolean(i))) {
                ColumnVector key = batch.getColumnVector(1);
                to.accept(new ViewRow(
                        batch.getColumnVector(0).getInt(i),
                        key.isNullAt(i) ? null : key.getString(i),
                        batch.getColumnVector(2).getLong(i),
                        batch.getColumnVector(3).getLong(i),
                        batch.getColumnVector(4).getLong(i),
                        scored ? number(batch.getColumnVector(5), i) : Double.NaN,
                        scored ? number(batch.getColumnVector(6), i) : Double.NaN));
            }
        }
    }

    private static double number(ColumnVector vector, int row) {
        return vector.isNullAt(row) ? Double.NaN : vector.getDouble(row);
    }

    private record OfRows(DataType type, int place, List<ViewRow> rows) implements ColumnVector {
        @Override
        public DataType getDataType() {
            return type;
        }

        @Override
        public int getSize() {
            return rows.size();
        }

        @Override
        public boolean isNullAt(int row) {
            return switch (place) {
                case 1 -> rows.get(row).key() == null;
                case 5, 6 -> Double.isNaN(getDouble(row));
                default -> false;
            };
        }

        @Override
        public int getInt(int row) {
            return rows.get(row).day();
        }

        @Override
        public String getString(int row) {
            return Objects.requireNonNull(rows.get(row).key());
        }

        @Override
        public long getLong(int row) {
            ViewRow at = rows.get(row);
            return place == 2 ? at.count() : place == 3 ? at.keys() : at.records();
        }

        @Override
        public double getDouble(int row) {
            return place == 5 ? rows.get(row).expected() : rows.get(row).score();
        }

        @Override
        public void close() {}
    }
}
