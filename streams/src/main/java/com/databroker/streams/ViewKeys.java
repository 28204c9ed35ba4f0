package com.databroker.streams;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Finds the keys of a view in records: the same ones in a job of Flink, in the cold and in the hot store.
final class ViewKeys {
    private final View view;
    private final Schema schema;

    /// Each field as the places from the record on.
    private final List<List<Integer>> paths = new ArrayList<>();

    /// @throws IllegalArgumentException where the schema has no such field, or one of another type
    ViewKeys(Source source, View view) {
        this.view = view;
        this.schema = source.schema();
        for (String field : view.fields()) {
            paths.add(path(schema, field));
        }
    }

    private List<Integer> path(Schema outer, String field) {
        int point = field.indexOf('.');
        int place = outer.place(point < 0 ? field : field.substring(0, point));
        FieldType type = place < 0 ? null : element(outer.field(place).type());
        if (point >= 0 && type instanceof FieldType.StructOf struct) {
            List<Integer> path = new ArrayList<>(List.of(place));
            path.addAll(path(struct.schema(), field.substring(point + 1)));
            return List.copyOf(path);
        }
        FieldType wanted = view.kind() == View.Kind.VALUES ? FieldType.KEYWORD : FieldType.TEXT;
        if (point >= 0 || !wanted.equals(type)) {
            throw new IllegalArgumentException("view " + view.name() + " counts the field " + field + " of "
                    + schema.name() + ", which is no " + wanted.toString().toLowerCase(java.util.Locale.ROOT)
                    + " there");
        }
        return List.of(place);
    }

    private static FieldType element(FieldType type) {
        return type instanceof FieldType.ListOf list ? list.element() : type;
    }

    /// The fields of the record that are read.
    Set<String> columns() {
        Set<String> columns = new TreeSet<>();
        paths.forEach(path -> columns.add(schema.field(path.getFirst()).name()));
        return columns;
    }

    /// Adds the keys of a record.
    void of(DataRecord record, Set<String> into) {
        for (List<Integer> path : paths) {
            add(record, path, 0, into);
        }
    }

    private void add(@Nullable Object value, List<Integer> path, int depth, Set<String> into) {
        switch (value) {
            case null -> {
                // Nothing there, nothing counted.
            }
            case List<?> all -> all.forEach(element -> add(element, path, depth, into));
            case DataRecord record -> add(record.get(path.get(depth)), path, depth + 1, into);
            case String text when view.kind() == View.Kind.TERMS -> ViewTerms.add(text, into);
            case String text when isShort(text) -> into.add(text);
            default -> {
                // Longer than what the hot store can count, so nowhere counted.
            }
        }
    }

    private static boolean isShort(String text) {
        return text.length() <= LuceneFields.KEYWORD_BYTES_MAX / 3
                || text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= LuceneFields.KEYWORD_BYTES_MAX;
    }

    /// The day (UTC) of a time in microseconds, in days since 1970; what lies beyond the calendar of other
    /// programs counts on its first or last day.
    static int day(long micros) {
        return (int) ColdColumns.date(Granularity.DAY, micros).toEpochDay();
    }

    /// The first microsecond of a day.
    static long micros(int day) {
        return Arrival.micros(LocalDate.ofEpochDay(day));
    }
}
