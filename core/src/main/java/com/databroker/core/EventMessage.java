package com.databroker.core;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What passes over a WebSocket, as `docs/reference/websocket.md` shows it; [EventMessages] reads and writes it.
///
/// A request carries an `id` of the client's choice, and its answer ([Ack], [Pong] or [Refused]) carries it back.
public sealed interface EventMessage {
    /// The number of a request that wants no answer.
    long NO_ID = -1;

    /// From client to broker.
    sealed interface Request extends EventMessage {
        long id();
    }

    /// From broker to client.
    sealed interface Answer extends EventMessage {}

    /// The first frame of a client that could not send a header, as a browser.
    record Authenticate(long id, String token) implements Request {
        @Override
        public String toString() {
            return "Authenticate[…]";
        }
    }

    /// @param since deliver what came after this position first; null for only what comes from now on
    record Subscribe(long id, Pattern pattern, @Nullable Position since) implements Request {}

    /// The pattern as it was subscribed, letter by letter.
    record Unsubscribe(long id, Pattern pattern) implements Request {}

    /// One event; its [Ack] comes when it has its position.
    record Publish(long id, Publication publication) implements Request {}

    /// Is anybody there? The answer is a [Pong].
    record Ping(long id) implements Request {}

    /// The first answer on an admitted connection.
    record Welcome(String principal, Position position, Map<String, Long> limits) implements Answer {}

    /// @param position of the published event, or from which on a subscription delivers
    record Ack(long id, Position position) implements Answer {}

    /// An event that a subscription of this connection asked for.
    record Delivery(Event event) implements Answer {}

    /// Events that this subscriber will not get: it read too slowly, or asked for more than is held.
    ///
    /// @param from first position that is missing
    /// @param to first position that is delivered again
    /// @param lost how many offsets lie between; of another epoch unknown, then -1
    record Gap(Position from, Position to, long lost) implements Answer {}

    /// The answer to a [Ping].
    record Pong(long id) implements Answer {}

    /// @param id of the request, [#NO_ID] where none is to blame
    record Refused(long id, Problem problem, String detail) implements Answer {}
}
