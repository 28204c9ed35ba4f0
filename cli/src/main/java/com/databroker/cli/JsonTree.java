package com.databroker.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads of an answer what a verb shows; what is missing or otherwise is empty.
final class JsonTree {
    private JsonTree() {}

    @SuppressWarnings("unchecked")
    static List<Map<String, @Nullable Object>> objects(@Nullable Object tree) {
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        if (tree instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof Map<?, ?> map) {
                    objects.add((Map<String, @Nullable Object>) map);
                }
            }
        }
        return objects;
    }

    @SuppressWarnings("unchecked")
    static Map<String, @Nullable Object> object(@Nullable Object tree) {
        return tree instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
    }

    static String text(Map<String, @Nullable Object> object, String name) {
        Object value = object.get(name);
        return value == null ? "" : value.toString();
    }

    /// The elements of a list in one cell.
    static String texts(Map<String, @Nullable Object> object, String name) {
        return object.get(name) instanceof List<?> list
                ? String.join(" ", list.stream().map(String::valueOf).toList())
                : "";
    }

    /// The texts of a list.
    static List<String> strings(@Nullable Object tree) {
        return tree instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
    }
}
