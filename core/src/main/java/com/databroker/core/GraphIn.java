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

    /// Takes the name that comes next, if it is this one and is known for it at once.
    ///
    /// @return false where nothing was taken
    default boolean skips(String name) {
        return false;
    }

    /// Takes the text that comes next in a list, if it is known at once for a reference to an object of this type.
    ///
    /// @return null where nothing was taken
    default @Nullable ObjectRef refOf(String type) {
        return null;
    }

    /// Takes the value that comes next, if it is known at once for a reference.
    ///
    /// @return null where nothing was taken
    default @Nullable ObjectRef ref() {
        return null;
    }

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
