package com.databroker.events;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an event carries beside topic, payload and time; one instance serves all plain messages of a connection.
record EventMeta(String principal, @Nullable String contentType, Map<String, String> attributes) {
    static EventMeta plain(String principal) {
        return new EventMeta(principal, null, Map.of());
    }
}
