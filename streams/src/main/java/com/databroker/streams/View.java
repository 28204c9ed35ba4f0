package com.databroker.streams;

import java.io.Serializable;
import java.util.List;
import java.util.regex.Pattern;

/// What is counted of a stream's records, day by day; a part of the stream's definition, see
/// [Source#views].
///
/// A record counts on the day (UTC) on which it happened, once for each different key that it has.
///
/// @param name lower case letters, digits and dashes: one name among the views of all streams
/// @param title one line for people
/// @param kind what the keys are
/// @param fields where they come from, as `repo.name`
public record View(String name, String title, Kind kind, List<String> fields) implements Serializable {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    /// What the keys of a view are.
    public enum Kind {
        /// The values of one field of words that are found as a whole: of a list, each of its values.
        VALUES,
        /// The terms of texts, to see which are more frequent than they were.
        TERMS
    }

    public View {
        fields = List.copyOf(fields);
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "view \"" + name + "\": use lower case letters, digits and dashes, a letter first");
        }
        if (fields.isEmpty() || (kind == Kind.VALUES && fields.size() > 1)) {
            throw new IllegalArgumentException("view " + name + " counts "
                    + (kind == Kind.VALUES ? "the values of one field" : "the terms of one field or more") + ", not of "
                    + fields.size());
        }
    }

    /// Counts the values of a field.
    public static View values(String name, String title, String field) {
        return new View(name, title, Kind.VALUES, List.of(field));
    }

    /// Counts the terms of texts.
    public static View terms(String name, String title, String... fields) {
        return new View(name, title, Kind.TERMS, List.of(fields));
    }
}
