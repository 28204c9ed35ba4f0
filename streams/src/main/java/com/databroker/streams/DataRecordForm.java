package com.databroker.streams;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A record as bytes, between the machines of a job and in its checkpoints:
///
/// ```
///   count of fields (int) │ a bit for each that is there │ their values
///
///   text    count of bytes (int), UTF-8   int 4 bytes   long, time, double 8 bytes   bool 1 byte
///   list    count (int), elements         record as above
/// ```
///
/// What was written by a schema with fewer fields is read by one with more: the last ones are null.
final class DataRecordForm {
    private static final int TEXT_BYTES_MAX = 64 << 20;
    private static final int COUNT_MAX = 1 << 24;

    private DataRecordForm() {}

    static void write(DataRecord record, DataOutput out) throws IOException {
        Schema schema = record.schema();
        int size = schema.size();
        out.writeInt(size);
        for (int from = 0; from < size; from += Byte.SIZE) {
            int bits = 0;
            for (int place = from; place < Math.min(size, from + Byte.SIZE); place++) {
                bits |= record.get(place) == null ? 0 : 1 << (place - from);
            }
            out.writeByte(bits);
        }
        for (int place = 0; place < size; place++) {
            Object value = record.get(place);
            if (value != null) {
                write(schema.field(place).type(), value, out);
            }
        }
    }

    private static void write(FieldType type, Object value, DataOutput out) throws IOException {
        switch (type) {
            case FieldType.Scalar scalar -> {
                switch (scalar) {
                    case KEYWORD, TEXT, JSON -> writeText((String) value, out);
                    case INT -> out.writeInt((Integer) value);
                    case LONG, TIME -> out.writeLong((Long) value);
                    case DOUBLE -> out.writeDouble((Double) value);
                    case BOOL -> out.writeBoolean((Boolean) value);
                }
            }
            case FieldType.ListOf list -> {
                List<?> elements = (List<?>) value;
                out.writeInt(elements.size());
                for (Object element : elements) {
                    write(list.element(), element, out);
                }
            }
            case FieldType.StructOf struct -> write((DataRecord) value, out);
        }
    }

    private static void writeText(String text, DataOutput out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static DataRecord read(Schema schema, DataInput in) throws IOException {
        int size = in.readInt();
        if (size < 0 || size > schema.size()) {
            throw new IOException("a record of " + size + " fields, and schema " + schema.name() + " has "
                    + schema.size() + ": it was written by a newer one");
        }
        byte[] bits = new byte[(size + Byte.SIZE - 1) / Byte.SIZE];
        in.readFully(bits);
        @Nullable Object[] values = new @Nullable Object[schema.size()];
        for (int place = 0; place < size; place++) {
            if ((bits[place / Byte.SIZE] >> (place % Byte.SIZE) & 1) != 0) {
                values[place] = read(schema.field(place).type(), in);
            }
        }
        return DataRecord.again(schema, values);
    }

    private static Object read(FieldType type, DataInput in) throws IOException {
        return switch (type) {
            case FieldType.Scalar scalar ->
                switch (scalar) {
                    case KEYWORD, TEXT, JSON -> readText(in);
                    case INT -> in.readInt();
                    case LONG, TIME -> in.readLong();
                    case DOUBLE -> in.readDouble();
                    case BOOL -> in.readBoolean();
                };
            case FieldType.ListOf list -> {
                int count = count(in, COUNT_MAX);
                List<Object> elements = new ArrayList<>(Math.min(count, 1024));
                for (int i = 0; i < count; i++) {
                    elements.add(read(list.element(), in));
                }
                yield List.copyOf(elements);
            }
            case FieldType.StructOf struct -> read(struct.schema(), in);
        };
    }

    private static String readText(DataInput in) throws IOException {
        byte[] bytes = new byte[count(in, TEXT_BYTES_MAX)];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int count(DataInput in, int max) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > max) {
            throw new IOException("a count of " + count + " in a record; at most " + max + " are written");
        }
        return count;
    }

    /// Whether what `old` wrote is read by `now` as it was.
    static boolean reads(@Nullable Schema old, Schema now) {
        if (old == null || old.size() > now.size()) {
            return false;
        }
        for (int place = 0; place < old.size(); place++) {
            Field before = old.field(place);
            Field after = now.field(place);
            if (!before.name().equals(after.name()) || !reads(before.type(), after.type())) {
                return false;
            }
        }
        return true;
    }

    private static boolean reads(FieldType old, FieldType now) {
        if (old instanceof FieldType.ListOf before && now instanceof FieldType.ListOf after) {
            return reads(before.element(), after.element());
        }
        if (old instanceof FieldType.StructOf before && now instanceof FieldType.StructOf after) {
            return reads(before.schema(), after.schema());
        }
        return old.equals(now);
    }
}
