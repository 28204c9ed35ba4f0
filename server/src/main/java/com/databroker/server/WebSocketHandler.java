package com.databroker.server;

import com.databroker.core.EventMessages;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.events.EventPlane;
import com.databroker.events.Form;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Map;

/// `GET /events` with an upgrade: checks the request, and hands the connection to a [WebSocketConversation].
final class WebSocketHandler {
    /// Subprotocols in the order in which the broker prefers none: the client's order decides.
    static final List<String> SUBPROTOCOLS =
            List.of(EventMessages.JSON.subprotocol(), EventMessages.CBOR.subprotocol(), EventFrames.CLOUDEVENTS_JSON);

    private final EventPlane plane;
    private final Origins origins;
    private final OpenStreams open;

    /// One instance a protocol, so that the plane encodes an event once for all its connections.
    private final Map<String, Form> forms = Map.of(
            EventMessages.JSON.subprotocol(),
            EventFrames.json(),
            EventMessages.CBOR.subprotocol(),
            EventFrames.cbor(),
            EventFrames.CLOUDEVENTS_JSON,
            EventFrames.cloudEvents());

    WebSocketHandler(EventPlane plane, Origins origins, OpenStreams open) {
        this.plane = plane;
        this.origins = origins;
        this.open = open;
    }

    /// Bytes of the largest message: a payload of the full size in Base64, and what stands around it.
    static int messageMax(EventPlane plane) {
        return 2 * plane.config().payloadMax().intBytes() + 65_536;
    }

    int messageMax() {
        return messageMax(plane);
    }

    static boolean isUpgrade(HttpServerRequest request) {
        return "websocket".equalsIgnoreCase(request.getHeader("Upgrade"));
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET);
        exchange.target().allow("topic", "since");
        HttpServerRequest request = exchange.request();
        origins.check(request);
        String topic = exchange.target().parameter("topic");
        String since = exchange.target().parameter("since");
        Pattern pattern = topic == null ? null : Pattern.of(topic);
        Position position = since == null ? null : Position.parse(since);
        // Wrong credentials are refused as HTTP, where the client can read why.
        boolean known = exchange.hasCredentials();
        if (known) {
            exchange.principal();
        }
        // Asked for before the handshake takes the request over.
        var credentials = exchange.credentials();
        exchange.lasting();
        request.toWebSocket()
                .onSuccess(socket -> {
                    String protocol = socket.subProtocol();
                    String chosen = protocol == null ? EventMessages.JSON.subprotocol() : protocol;
                    Form form = forms.get(chosen);
                    if (form == null) {
                        socket.close((short) Problem.BAD_REQUEST.closeCode(), "unknown subprotocol");
                        return;
                    }
                    new WebSocketConversation(plane, exchange.gate(), socket, chosen, form, exchange.address(), open)
                            .open(known ? credentials : null, pattern, position);
                })
                .onFailure(failed -> exchange.fail(
                        new ProblemException(Problem.BAD_REQUEST, "the WebSocket handshake is malformed", failed)));
    }
}
