package com.databroker.client;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The fields of rows of one type, as they came: one instance for the same names in the same order, so that
/// comparing shapes is comparing addresses. A type whose table was altered has two of them.
final class Shape {
    /// The shapes of one client.
    static final class Known {
        private final Map<List<String>, Shape> shapes = new ConcurrentHashMap<>();

        /// @param names that nobody changes
        Shape of(List<String> names) {
            return shapes.computeIfAbsent(names, Shape::new);
        }
    }

    final List<String> names;
    private final Map<String, Integer> places = new HashMap<>();

    private Shape(List<String> names) {
        this.names = names;
        for (int i = 0; i < names.size(); i++) {
            places.put(names.get(i), i);
        }
    }

    /// Where a field stands, -1 where there is none of that name.
    int place(String name) {
        return places.getOrDefault(name, -1);
    }
}
