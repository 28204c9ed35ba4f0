package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.CloudEvents;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Text;
import com.databroker.core.Topic;
import com.databroker.events.EventPlane;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// `POST /events/<topic>`: a raw body, or CloudEvents in binary, structured or batched mode.
///
/// Answers 200 with the position of each event. CloudEvents may also be posted to `/events`, to the topic that each
/// names itself.
final class PublishHandler {
    private static final String LIMIT = "events.payload-max";

    /// What curl and browsers say when nobody told them; it says nothing about the bytes.
    private static final String FORM = "application/x-www-form-urlencoded";

    private final EventPlane plane;

    PublishHandler(EventPlane plane) {
        this.plane = plane;
    }

    void handle(Exchange exchange) {
        String tail = exchange.target().tail();
        if (tail.isEmpty()) {
            // A GET is somebody else's; who is told what is allowed is told of it, too.
            exchange.allow(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT);
        } else {
            exchange.allow(HttpMethod.POST, HttpMethod.PUT);
        }
        exchange.target().allow();
        Principal principal = exchange.principal();
        Topic topic = tail.isEmpty() ? null : Topic.of(tail);
        if (topic != null) {
            exchange.require(Action.PUBLISH, topic.text());
        }
        String mediaType = mediaType(exchange.request());
        long max = plane.config().payloadMax().bytes();
        boolean enveloped = mediaType.startsWith("application/cloudevents");
        // An envelope around a payload of the full size, in Base64.
        exchange.body(enveloped ? max * 2 + 65_536 : max, LIMIT, body -> publish(exchange, principal, topic, body));
    }

    private void publish(Exchange exchange, Principal principal, @Nullable Topic topic, Bytes body) {
        List<Publication> publications = publications(exchange.request(), topic, body);
        for (Publication publication : publications) {
            exchange.require(Action.PUBLISH, publication.topic().text());
        }
        List<Position> positions =
                publications.isEmpty() ? List.of() : plane.publish(principal, publications, Exchange.DOOR);
        exchange.json(200, json -> {
            json.writeStartObject();
            if (!positions.isEmpty()) {
                json.writeStringProperty("position", positions.getLast().toString());
            }
            if (positions.size() != 1) {
                json.writeName("positions");
                json.writeStartArray();
                positions.forEach(position -> json.writeString(position.toString()));
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    private static List<Publication> publications(HttpServerRequest request, @Nullable Topic topic, Bytes body) {
        String mediaType = mediaType(request);
        if (mediaType.equals(CloudEvents.BATCH_MEDIA_TYPE)) {
            return CloudEvents.readBatch(topic, body);
        }
        if (mediaType.equals(CloudEvents.MEDIA_TYPE)) {
            return List.of(CloudEvents.read(topic, body));
        }
        if (mediaType.startsWith("application/cloudevents")) {
            throw new ProblemException(
                    Problem.MEDIA_TYPE_UNSUPPORTED,
                    mediaType + " is not read; send " + CloudEvents.MEDIA_TYPE + ", " + CloudEvents.BATCH_MEDIA_TYPE
                            + " or ce- headers");
        }
        String contentType = mediaType.isEmpty() || mediaType.equals(FORM) ? null : request.getHeader("Content-Type");
        Map<String, String> ce = new TreeMap<>();
        request.headers().forEach((name, value) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.startsWith("ce-")) {
                if (ce.put(lower.substring(3), percentDecoded(value)) != null) {
                    throw new ProblemException(Problem.MESSAGE_INVALID, "the header " + lower + " stands twice");
                }
            }
        });
        if (!ce.isEmpty()) {
            return List.of(CloudEvents.readBinary(topic, ce, contentType, body));
        }
        if (topic == null) {
            throw new ProblemException(Problem.TOPIC_INVALID, "name the topic in the address: POST /events/<topic>");
        }
        return List.of(new Publication(topic, body, contentType, Map.of()));
    }

    /// As the HTTP binding of CloudEvents writes what is not printable ASCII; anything else stays as it is.
    private static String percentDecoded(String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        try {
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "a ce- header is not percent-encoded: " + Text.excerpt(value));
        }
    }

    /// Without its parameters, empty where there is none.
    static String mediaType(HttpServerRequest request) {
        String header = request.getHeader("Content-Type");
        if (header == null) {
            return "";
        }
        int semicolon = header.indexOf(';');
        return (semicolon < 0 ? header : header.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    }
}
