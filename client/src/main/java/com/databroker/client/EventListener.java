package com.databroker.client;

import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.ProblemException;
import java.time.Duration;

/// Hears the events of a [Subscription], and what becomes of the connection that carries them.
///
/// All listeners of one client are called one after the other on one thread, in the order in which things
/// happened. A listener that takes long therefore delays the others; when the client's queue is full, nothing
/// more is read from the connection, and a broker that waits too long drops events and tells a gap. Answers
/// come over the same connection: a listener that publishes uses [DatabrokerClient#publishAsync]. What a
/// listener throws is logged, and the next event follows.
@FunctionalInterface
public interface EventListener {
    /// One event that matches the pattern. Positions ascend within an epoch, and none comes twice.
    void event(Event event);

    /// Events are missing: this client read too slowly, or was away for longer than the broker remembers.
    ///
    /// A gap belongs to the connection, not to a pattern: it may be that nothing of this subscription was in
    /// it.
    ///
    /// @param gap from the first missing position to the first that is delivered again
    default void gap(EventMessage.Gap gap) {}

    /// The last call: the broker ended the subscription for good, and nothing is tried again.
    ///
    /// Not called after [Subscription#close] or [DatabrokerClient#close].
    ///
    /// @param why what the broker, or the protocol, has against it
    default void closed(ProblemException why) {}

    /// The connection is lost or could not be made again. Left out while the listener is behind by a full
    /// queue.
    ///
    /// @param why one line for a log
    /// @param nextTry from now until the next attempt
    default void disconnected(String why, Duration nextTry) {}

    /// The broker has taken the subscription: for the first time, or again after the connection was lost. Left
    /// out while the listener is behind by a full queue.
    default void connected() {}
}
