package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.ObjectPlane;
import io.vertx.core.http.HttpMethod;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/// `GET /objects` with an upgrade: checks the request, and has an [ObjectSocket] carry the conversation.
final class ObjectsSocketHandler {
    static final List<String> SUBPROTOCOLS =
            Stream.of(ObjectMessages.values()).map(ObjectMessages::subprotocol).toList();

    private final ObjectConversation.Shared shared;
    private final Origins origins;

    ObjectsSocketHandler(ObjectPlane plane, Origins origins, Executor blocking, InstantSource clock, OpenStreams open) {
        this.shared = new ObjectConversation.Shared(plane, blocking, clock, open);
        this.origins = origins;
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET);
        exchange.target().allow();
        origins.check(exchange.request());
        boolean known = exchange.hasCredentials();
        if (known) {
            // Wrong ones are refused as HTTP, where the client can read why.
            exchange.principal();
        }
        Credentials credentials = exchange.credentials();
        exchange.lasting();
        exchange.request()
                .toWebSocket()
                .onSuccess(socket -> ObjectSocket.open(
                        shared, exchange.gate(), socket, exchange.address(), known ? credentials : null))
                .onFailure(failed -> exchange.fail(
                        new ProblemException(Problem.BAD_REQUEST, "the WebSocket handshake is malformed", failed)));
    }
}
