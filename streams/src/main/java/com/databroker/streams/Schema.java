package com.databroker.streams;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The fields of a record, in order, under a name with a version: `github.event.v1`.
///
/// Fields are only ever added, at the end: what was stored before has null there. Every field may be null but those
/// that the plane itself needs, see [Source#schema].
public final class Schema implements Serializable {
    private static final long serialVersionUID = 1;

    private final String name;
    private final ArrayList<Field> fields;
    private final HashMap<String, Integer> places = new HashMap<>();

    private Schema(String name, List<Field> fields) {
        this.name = name;
        this.fields = new ArrayList<>(fields);
        for (int i = 0; i < fields.size(); i++) {
            if (places.put(fields.get(i).name(), i) != null) {
                throw new IllegalArgumentException(
                        "schema " + name + " has the field " + fields.get(i).name() + " twice");
            }
        }
    }

    /// Begins a schema; add its fields in order.
    public static Builder named(String name) {
        return new Builder(name);
    }

    public String name() {
        return name;
    }

    public List<Field> fields() {
        return List.copyOf(fields);
    }

    public int size() {
        return fields.size();
    }

    public Field field(int place) {
        return fields.get(place);
    }

    /// The place of a field, -1 where there is none of that name.
    public int place(String field) {
        return places.getOrDefault(field, -1);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Schema schema && name.equals(schema.name) && fields.equals(schema.fields);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + fields.hashCode();
    }

    @Override
    public String toString() {
        return name + fields.stream().map(Field::name).toList();
    }

    /// Adds fields in order.
    public static final class Builder {
        private final String name;
        private final List<Field> fields = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /// @param description one sentence with the unit and the source
        public Builder add(String field, FieldType type, String description) {
            fields.add(new Field(field, type, description));
            return this;
        }

        public Schema build() {
            return new Schema(name, fields);
        }
    }

    /// The places of all fields, for tests of equality in other forms.
    Map<String, Integer> places() {
        return Map.copyOf(places);
    }
}
