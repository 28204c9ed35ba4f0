package com.databroker.core;

import java.time.Instant;
import java.util.Map;

/// What became of a file, announced after it is safe on the disk under `files/<path>`.
///
/// @param path relative to the root, segments between slashes
/// @param size in bytes; the last known one of a deleted file
/// @param etag strong entity tag without quotes, changes with every version
/// @param sha256 lower-case hexadecimal
/// @param version greater than that of every earlier change of any file; a change that is announced again after a
///     crash keeps its version
/// @param principal who did it; `disk` where another program did
public record FileChange(
        Kind kind, String path, long size, String etag, String sha256, long version, Instant time, String principal) {
    /// The three words of the first Datahub, kept as event types.
    public enum Kind {
        CREATED,
        UPDATED,
        DELETED;

        public String eventType() {
            return "FILE " + name();
        }
    }

    /// The announcement of this change.
    public Publication announcement() {
        return new Publication(
                Topic.of("files/" + path),
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("event", kind.eventType());
                    json.writeStringProperty("path", path);
                    json.writeNumberProperty("size", size);
                    json.writeStringProperty("etag", etag);
                    json.writeStringProperty("sha256", sha256);
                    json.writeNumberProperty("version", version);
                    json.writeStringProperty("time", time.toString());
                    json.writeStringProperty("principal", principal);
                    json.writeEndObject();
                }),
                "application/json",
                Map.of("type", kind.eventType()));
    }
}
