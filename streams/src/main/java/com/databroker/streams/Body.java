package com.databroker.streams;

import java.io.InputStream;
import java.time.Instant;
import java.util.Map;

/// Foreign bytes as they came: a file, an answer over HTTP, a webhook, a connection.
///
/// @param id what tells it from every other body, and is the same when the same bytes come again: the SHA-256 of a
///     file in hexadecimal digits, a new name for each connection
/// @param name what it was called where it came from: a file name, an address; only a hint for its format
/// @param headers of the answer or the webhook, names in lower case; empty for files
/// @param received when it came
/// @param bytes read once, from the front; not held as a whole where it may be large
public record Body(String id, String name, Map<String, String> headers, Instant received, InputStream bytes) {
    /// Among the headers of a body that is a part of a longer whole, as lines of a log that goes on.
    public static final String PART = "databroker-part";

    /// Among the headers of a body that is a piece of another, which was set aside and comes again: how many bytes
    /// in front of it are the head that [Intake#reject] was given with it, 0 where there was none. What else stands
    /// in front of a whole body does not stand there.
    public static final String PIECE = "databroker-piece";

    public Body {
        headers = Map.copyOf(headers);
    }
}
