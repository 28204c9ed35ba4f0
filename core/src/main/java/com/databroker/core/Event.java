package com.databroker.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What passed through the broker: a publication with its place, its time and the principal who published it.
///
/// @param time when the broker took it
/// @param principal name of the authenticated publisher; `broker` for announcements of the broker itself
public record Event(Position position, Instant time, String principal, Publication publication) {
    /// The type of an event whose publisher did not name one.
    public static final String DEFAULT_TYPE = "databroker.event";

    public Topic topic() {
        return publication.topic();
    }

    public Bytes payload() {
        return publication.payload();
    }

    public @Nullable String contentType() {
        return publication.contentType();
    }

    public String type() {
        return publication.attributes().getOrDefault("type", DEFAULT_TYPE);
    }

    /// The publisher's id, else the position, which is unique on this broker.
    public String id() {
        return publication.attributes().getOrDefault("id", position.toString());
    }
}
