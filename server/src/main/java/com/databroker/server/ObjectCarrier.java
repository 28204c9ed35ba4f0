package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import java.util.concurrent.ScheduledExecutorService;

/// What carries the frames of one [ObjectConversation] to and fro: a WebSocket, say. Whatever is called here is called
/// from its loop.
interface ObjectCarrier {
    /// The one thread on which the conversation lives. What it is given is done in order.
    ScheduledExecutorService loop();

    /// Sends a frame behind those before.
    void write(Bytes frame);

    /// Whether frames go out as fast as they are written. Once they do again, the carrier says so by
    /// [ObjectConversation#writable].
    boolean isWritable();

    /// Hands over no more frames until [#resume]. Those under way may still come.
    void pause();

    void resume();

    /// Whether the other end is gone, or has been told to go.
    boolean isClosed();

    /// Tells the other end why, and ends.
    void close(ProblemException why);
}
