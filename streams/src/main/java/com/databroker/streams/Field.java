package com.databroker.streams;

import java.io.Serializable;
import java.util.regex.Pattern;

/// A named value of a record.
///
/// @param name lower case with underscores: `primary_category`
/// @param description one sentence with the unit and the source, shown by `databroker streams describe`
public record Field(String name, FieldType type, String description) implements Serializable {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

    public Field {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "field \"" + name + "\": use lower case letters, digits and underscores, a letter first");
        }
    }
}
