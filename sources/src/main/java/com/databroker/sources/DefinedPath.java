package com.databroker.sources;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where a value stands in a JSON object.
///
/// ```
///   commit.author.name     names of members one below the other
///   files.0.name           a number is the place in an array
///   files.name             without one it is that of every element
///   /a.b/c~1d              a JSON pointer (RFC 6901), for names with dots in them
/// ```
record DefinedPath(List<String> steps) {
    private static final int STEPS_MAX = 16;

    static DefinedPath of(String text) {
        List<String> steps = new ArrayList<>();
        if (text.startsWith("/")) {
            for (String step : text.substring(1).split("/", -1)) {
                steps.add(step.replace("~1", "/").replace("~0", "~"));
            }
        } else {
            for (String step : text.split("\\.", -1)) {
                if (step.isEmpty()) {
                    throw new IllegalArgumentException(
                            "\"" + text + "\" is no path; write names with dots between them, as commit.author");
                }
                steps.add(step);
            }
        }
        if (steps.size() > STEPS_MAX) {
            throw new IllegalArgumentException("\"" + text + "\" has more than " + STEPS_MAX + " steps");
        }
        return new DefinedPath(List.copyOf(steps));
    }

    /// A name as it is, whatever stands in it.
    static DefinedPath ofName(String name) {
        return new DefinedPath(List.of(name));
    }

    /// The value, null where there is none; of all elements of an array, a list without those that have none.
    @Nullable
    Object in(Map<String, @Nullable Object> record) {
        return in(record, 0);
    }

    private @Nullable Object in(@Nullable Object value, int step) {
        if (step == steps.size() || value == null) {
            return value;
        }
        String name = steps.get(step);
        if (value instanceof Map<?, ?> map) {
            return in(map.get(name), step + 1);
        }
        if (!(value instanceof List<?> list)) {
            return null;
        }
        if (name.matches("\\d{1,9}")) {
            int place = Integer.parseInt(name);
            return place < list.size() ? in(list.get(place), step + 1) : null;
        }
        List<Object> found = new ArrayList<>();
        for (Object element : list) {
            Object below = in(element, step);
            if (below instanceof List<?> several) {
                several.stream().filter(each -> each != null).forEach(found::add);
            } else if (below != null) {
                found.add(below);
            }
        }
        return found;
    }

    /// A single value as text; null where it is none, or none at all.
    static @Nullable String text(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case String text -> text;
            case BigDecimal number -> number.toString();
            case Number number -> number.toString();
            case Boolean flag -> flag.toString();
            default -> null;
        };
    }

    @Override
    public String toString() {
        return String.join(".", steps);
    }
}
