package com.databroker.events;

import com.databroker.core.Event;
import io.netty.buffer.ByteBuf;

/// How a protocol says an event: whole frames, ready for the wire, the same for all its subscribers.
///
/// The plane encodes an event once for each form that somebody needs, whatever the number of subscribers.
@FunctionalInterface
public interface Form {
    /// ZeroMQ's two frames, in which the log keeps every event already.
    Form ZMTP = (event, out) -> {
        throw new IllegalStateException("the log's own form is never encoded");
    };

    /// Appends the frames of `event` to `out`.
    void encode(Event event, ByteBuf out);
}
