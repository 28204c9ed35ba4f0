package com.databroker.events;

import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an event carries beside topic, payload and time; one instance serves all plain messages of a connection.
record EventMeta(String principal, @Nullable String contentType, Map<String, String> attributes) {
    static EventMeta plain(String principal) {
        return new EventMeta(principal, null, Map.of());
    }

    /// The same with the trace that it goes on with.
    EventMeta traced(Span span) {
        return new EventMeta(principal, contentType, Map.of(Trace.PARENT, span.traceParent()));
    }
}
