package com.databroker.streams;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/// A schema as bytes, in checkpoints:
///
/// ```
///   name │ count of fields (int) │ of each: name, description, type
///
///   type   'S' name of the scalar   'L' type of the elements   'R' schema
///   texts in Java's modified UTF-8
/// ```
final class SchemaForm {
    private static final int DEPTH_MAX = 16;
    private static final int FIELDS_MAX = 10_000;

    private SchemaForm() {}

    static void write(Schema schema, DataOutput out) throws IOException {
        out.writeUTF(schema.name());
        out.writeInt(schema.size());
        for (Field field : schema.fields()) {
            out.writeUTF(field.name());
            out.writeUTF(field.description());
            write(field.type(), out);
        }
    }

    private static void write(FieldType type, DataOutput out) throws IOException {
        switch (type) {
            case FieldType.Scalar scalar -> {
                out.writeByte('S');
                out.writeUTF(scalar.name());
            }
            case FieldType.ListOf list -> {
                out.writeByte('L');
                write(list.element(), out);
            }
            case FieldType.StructOf struct -> {
                out.writeByte('R');
                write(struct.schema(), out);
            }
        }
    }

    static Schema read(DataInput in) throws IOException {
        return read(in, 0);
    }

    private static Schema read(DataInput in, int depth) throws IOException {
        Schema.Builder schema = Schema.named(in.readUTF());
        int count = in.readInt();
        if (count < 0 || count > FIELDS_MAX || depth > DEPTH_MAX) {
            throw new IOException("a schema of " + count + " fields, " + depth + " deep");
        }
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            String description = in.readUTF();
            schema.add(name, type(in, depth), description);
        }
        return schema.build();
    }

    private static FieldType type(DataInput in, int depth) throws IOException {
        byte kind = in.readByte();
        try {
            return switch (kind) {
                case 'S' -> FieldType.Scalar.valueOf(in.readUTF());
                case 'L' -> FieldType.listOf(type(in, depth + 1));
                case 'R' -> FieldType.structOf(read(in, depth + 1));
                default -> throw new IOException("a type of the kind " + kind);
            };
        } catch (IllegalArgumentException unknown) {
            throw new IOException("a type that this databroker does not know", unknown);
        }
    }
}
