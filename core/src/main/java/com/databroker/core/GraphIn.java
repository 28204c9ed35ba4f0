package com.databroker.core;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;
import tools.jackson.dataformat.cbor.CBORParser;

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

    /// Whose tags say more; null where there are none.
    @Nullable
    CBORParser cbor();
}
