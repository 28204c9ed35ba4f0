package com.databroker.core;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Where frames and values are read from, one token after the other.
interface GraphIn {
    /// Null at the end.
    @Nullable
    JsonToken next();

    /// The last name.
    String name();

    /// The text that was met.
    String text();

    /// The value that was met, complete, as [ObjectMessage] lists them.
    @Nullable
    Object scalar(JsonToken token);

    /// Whether values may have tags, as they have in CBOR; otherwise there are words that begin with $.
    default boolean hasTags() {
        return false;
    }

    /// How many tags the value has that was met last.
    default int tags() {
        return 0;
    }

    /// The innermost of them.
    default long tag() {
        return 0;
    }
}
