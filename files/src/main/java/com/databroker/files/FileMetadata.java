package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// What a sender says about a file, kept with it and given back: a media type and words of its own.
///
/// @param values by name; `content-type` and names that begin with `x-meta-`, in lower case
public record FileMetadata(Map<String, String> values) {
    /// Nothing said.
    public static final FileMetadata NONE = new FileMetadata(Map.of());

    /// The name of the media type.
    public static final String CONTENT_TYPE = "content-type";

    /// What the names of the sender's own words begin with.
    public static final String PREFIX = "x-meta-";

    private static final int BYTES_MAX = 4096;

    /// @throws ProblemException [Problem#HEADERS_TOO_LARGE] where names and values have more than 4096
    ///     bytes
    public FileMetadata {
        values = Collections.unmodifiableMap(new TreeMap<>(values));
        int bytes = 0;
        for (Map.Entry<String, String> value : values.entrySet()) {
            bytes += value.getKey().length() + value.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        if (bytes > BYTES_MAX) {
            throw new ProblemException(Problem.HEADERS_TOO_LARGE, "the metadata has more than " + BYTES_MAX + " bytes");
        }
    }
}
