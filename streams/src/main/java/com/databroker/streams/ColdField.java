package com.databroker.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A field as a query names it, `author.name`, and the way to its values in a record: through lists and the
/// records within it. Immutable.
final class ColdField {
    private final int[] places;

    /// The values of a record's fields, by place.
    interface Values {
        @Nullable
        Object get(int place);
    }

    private ColdField(int[] places) {
        this.places = places;
    }

    /// @throws IllegalArgumentException where the schema has none of that name
    static ColdField of(Schema schema, String name) {
        List<Integer> places = new ArrayList<>();
        Schema at = schema;
        String rest = name;
        while (true) {
            int place = at.place(rest);
            int point = rest.indexOf('.');
            if (place < 0 && point > 0) {
                place = at.place(rest.substring(0, point));
            } else {
                point = -1;
            }
            if (place < 0) {
                throw new IllegalArgumentException("schema " + schema.name() + " has no field " + name);
            }
            places.add(place);
            if (point < 0) {
                return new ColdField(places.stream().mapToInt(Integer::intValue).toArray());
            }
            FieldType type = at.field(place).type();
            FieldType element = type instanceof FieldType.ListOf list ? list.element() : type;
            if (!(element instanceof FieldType.StructOf struct)) {
                throw new IllegalArgumentException("field " + name + " of schema " + schema.name() + " is no record");
            }
            at = struct.schema();
            rest = rest.substring(point + 1);
        }
    }

    /// Of the record's own fields the one in which it lies.
    int column() {
        return places[0];
    }

    /// Whether `test` holds for one of the values; it is asked until it does.
    boolean any(Values value, Predicate<Object> test) {
        return any(value.get(places[0]), 1, test);
    }

    private boolean any(@Nullable Object value, int depth, Predicate<Object> test) {
        return switch (value) {
            case null -> false;
            case List<?> all -> {
                for (Object each : all) {
                    if (any(each, depth, test)) {
                        yield true;
                    }
                }
                yield false;
            }
            case DataRecord inner -> any(inner.get(places[depth]), depth + 1, test);
            default -> test.test(value);
        };
    }
}
