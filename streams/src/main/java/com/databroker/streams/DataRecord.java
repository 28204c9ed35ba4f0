package com.databroker.streams;

import com.databroker.core.Utf8;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One record: values in the order of its [Schema], of the Java types that [FieldType] names, or null.
///
/// Built once, then read by any number of threads.
public final class DataRecord {
    private final Schema schema;
    private final @Nullable Object[] values;

    private DataRecord(Schema schema, @Nullable Object[] values) {
        this.schema = schema;
        this.values = values;
    }

    /// Begins a record in which every field is null.
    public static Builder of(Schema schema) {
        return new Builder(schema);
    }

    /// One that was built before, of its values: they are not checked again.
    static DataRecord again(Schema schema, @Nullable Object[] values) {
        return new DataRecord(schema, values);
    }

    public Schema schema() {
        return schema;
    }

    /// The value at a place, null where there is none.
    public @Nullable Object get(int place) {
        return values[place];
    }

    /// The value of a field of the schema.
    public @Nullable Object get(String field) {
        return values[placeOf(schema, field)];
    }

    /// The text of a field, null where there is none.
    public @Nullable String text(String field) {
        return (String) get(field);
    }

    private static int placeOf(Schema schema, String field) {
        int place = schema.place(field);
        if (place < 0) {
            throw new IllegalArgumentException("schema " + schema.name() + " has no field " + field);
        }
        return place;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DataRecord record
                && schema.equals(record.schema)
                && Arrays.deepEquals(values, record.values);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(values);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(schema.name()).append('{');
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null) {
                text.append(schema.field(i).name())
                        .append('=')
                        .append(values[i])
                        .append(' ');
            }
        }
        return text.append('}').toString();
    }

    /// Sets values; the type of each is checked, so that a wrong one is found where it was made.
    public static final class Builder {
        private final Schema schema;
        private final @Nullable Object[] values;

        private Builder(Schema schema) {
            this.schema = schema;
            this.values = new Object[schema.size()];
        }

        public Builder set(String field, @Nullable Object value) {
            return set(placeOf(schema, field), value);
        }

        public Builder set(int place, @Nullable Object value) {
            check(schema.field(place), schema.field(place).type(), value);
            values[place] = whole(value);
            return this;
        }

        /// With the replacement character for every half of a surrogate pair: no store has a form for one, and all
        /// shall hold the same.
        private static @Nullable Object whole(@Nullable Object value) {
            if (value instanceof String text) {
                return Utf8.wellFormed(text);
            }
            if (value instanceof List<?> all && all.stream().anyMatch(each -> !each.equals(whole(each)))) {
                return all.stream().map(Builder::whole).toList();
            }
            return value;
        }

        private static void check(Field field, FieldType type, @Nullable Object value) {
            boolean right = value == null
                    || switch (type) {
                        case FieldType.Scalar scalar -> scalar.javaType().isInstance(value);
                        case FieldType.StructOf struct ->
                            value instanceof DataRecord inner && inner.schema().equals(struct.schema());
                        case FieldType.ListOf list -> value instanceof List<?> all && allAre(field, list, all);
                    };
            if (!right) {
                throw new IllegalArgumentException("field " + field.name() + " is " + type + ", not "
                        + (value == null ? "null" : value.getClass().getSimpleName()));
            }
        }

        private static boolean allAre(Field field, FieldType.ListOf list, List<?> elements) {
            for (Object element : elements) {
                if (element == null) {
                    return false;
                }
                check(field, list.element(), element);
            }
            return true;
        }

        public DataRecord build() {
            return new DataRecord(schema, values.clone());
        }
    }
}
