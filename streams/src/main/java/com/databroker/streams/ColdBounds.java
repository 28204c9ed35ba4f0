package com.databroker.streams;

import com.databroker.core.Json;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampType;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Gathers the least and the greatest value of some columns while a file is written, and writes them as
/// Delta's statistics:
///
/// ```
///   {"numRecords":2,"minValues":{"id":"a","time":"2026-01-01T00:00:00.000Z"},"maxValues":…,"nullCount":…}
/// ```
///
/// Times are cut to milliseconds, as readers expect: the greatest is up to a millisecond later than it
/// says. Texts are cut, too, the greatest so that it stays greater.
final class ColdBounds {
    private static final int TEXT_MAX = 64;

    /// Greater than any other character.
    private static final String GREATEST = Character.toString(Character.MAX_CODE_POINT);

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

    private final List<Column> columns;
    private final int[] ordinals;
    private long rows;

    /// @param columns of the batches that follow
    ColdBounds(StructType columns) {
        List<StructField> bounded = ColdColumns.withBounds(columns);
        this.columns = bounded.stream().map(ColdBounds::column).toList();
        this.ordinals = bounded.stream()
                .mapToInt(field -> columns.indexOf(field.getName()))
                .toArray();
    }

    private static Column column(StructField field) {
        return field.getDataType() instanceof StringType ? new Texts(field) : new Numbers(field);
    }

    /// Takes all rows of a batch in.
    void add(ColumnarBatch batch) {
        rows += batch.getSize();
        for (int i = 0; i < ordinals.length; i++) {
            Column column = columns.get(i);
            ColumnVector vector = batch.getColumnVector(ordinals[i]);
            for (int row = 0; row < batch.getSize(); row++) {
                if (vector.isNullAt(row)) {
                    column.nulls++;
                } else {
                    column.add(vector, row);
                }
            }
        }
    }

    long rows() {
        return rows;
    }

    String json() {
        return Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeNumberProperty("numRecords", rows);
                    json.writeObjectPropertyStart("minValues");
                    columns.forEach(column -> column.writeLeast(json));
                    json.writeEndObject();
                    json.writeObjectPropertyStart("maxValues");
                    columns.forEach(column -> column.writeGreatest(json));
                    json.writeEndObject();
                    json.writeObjectPropertyStart("nullCount");
                    columns.forEach(column -> json.writeNumberProperty(column.name, column.nulls));
                    json.writeEndObject();
                    json.writeEndObject();
                })
                .utf8();
    }

    private abstract static class Column {
        final String name;
        long nulls;

        Column(StructField field) {
            this.name = field.getName();
        }

        abstract void add(ColumnVector vector, int row);

        abstract void writeLeast(JsonGenerator json);

        abstract void writeGreatest(JsonGenerator json);
    }

    private static final class Numbers extends Column {
        private final boolean ints;
        private final boolean times;
        private long least = Long.MAX_VALUE;
        private long greatest = Long.MIN_VALUE;

        Numbers(StructField field) {
            super(field);
            this.ints = field.getDataType() instanceof IntegerType;
            this.times = field.getDataType() instanceof TimestampType;
        }

        @Override
        void add(ColumnVector vector, int row) {
            long value = ints ? vector.getInt(row) : vector.getLong(row);
            least = Math.min(least, value);
            greatest = Math.max(greatest, value);
        }

        @Override
        void writeLeast(JsonGenerator json) {
            write(json, least);
        }

        @Override
        void writeGreatest(JsonGenerator json) {
            write(json, greatest);
        }

        private void write(JsonGenerator json, long value) {
            if (least > greatest) {
                return;
            }
            if (!times) {
                json.writeNumberProperty(name, value);
                return;
            }
            Instant instant = Arrival.instant(value);
            int year = instant.atOffset(ZoneOffset.UTC).getYear();
            // Four digits are what everybody reads; a bound that is missing bounds nothing.
            if (year >= 1 && year <= 9999) {
                json.writeStringProperty(name, TIME.format(instant));
            }
        }
    }

    private static final class Texts extends Column {
        private @Nullable String least;
        private @Nullable String greatest;

        Texts(StructField field) {
            super(field);
        }

        @Override
        void add(ColumnVector vector, int row) {
            String value = vector.getString(row);
            if (least == null || compare(value, least) < 0) {
                least = value;
            }
            if (greatest == null || compare(value, greatest) > 0) {
                greatest = value;
            }
        }

        @Override
        void writeLeast(JsonGenerator json) {
            if (least != null) {
                json.writeStringProperty(name, cut(least));
            }
        }

        @Override
        void writeGreatest(JsonGenerator json) {
            if (greatest != null) {
                String cut = cut(greatest);
                json.writeStringProperty(name, cut.length() < greatest.length() ? cut + GREATEST : cut);
            }
        }

        private static String cut(String text) {
            if (text.length() <= TEXT_MAX) {
                return text;
            }
            return text.substring(0, Character.isHighSurrogate(text.charAt(TEXT_MAX - 1)) ? TEXT_MAX - 1 : TEXT_MAX);
        }
    }

    /// By code points, as the bytes of UTF-8 compare: Java's own order puts surrogates before the last
    /// characters of the first plane.
    static int compare(String left, String right) {
        int end = Math.min(left.length(), right.length());
        for (int i = 0; i < end; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean high = Character.isSurrogate(a);
                return high == Character.isSurrogate(b) ? Character.compare(a, b) : high ? 1 : -1;
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /// Microseconds of a time in statistics, null where it cannot be read.
    static @Nullable Long micros(@Nullable Object text) {
        try {
            return text instanceof String time
                    ? Arrival.micros(java.time.OffsetDateTime.parse(time).toInstant())
                    : null;
        } catch (DateTimeException | ArithmeticException foreign) {
            return null;
        }
    }
}
