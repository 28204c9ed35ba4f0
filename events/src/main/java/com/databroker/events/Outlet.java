package com.databroker.events;

import com.databroker.core.Position;
import io.netty.buffer.ByteBuf;

/// The sending end of a subscriber's connection. All calls come on the connection's event loop.
public interface Outlet {
    /// Whether more may be written now. When it becomes true again the door calls [Subscriber#resume].
    boolean isWritable();

    /// Takes over `frames`: whole frames in the subscriber's form.
    void write(ByteBuf frames);

    void flush();

    /// Tells that events were lost: from the first that is missing to the first that comes again.
    ///
    /// @param lost number of offsets, -1 where the epochs differ
    void gap(Position from, Position to, long lost);

    /// The door's name, for metrics and announcements: `zmq`, `ws`, `sse`.
    String door();

    /// The peer's address, for announcements.
    String address();
}
