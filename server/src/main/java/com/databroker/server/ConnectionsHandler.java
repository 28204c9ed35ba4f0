package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import io.vertx.core.http.HttpMethod;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Who is connected, and stays so: WebSocket, server-sent events, ZeroMQ, SSH. Requests that come and go are
/// not here.
///
/// ```
/// GET    /connections?door=zmq&find=jenkins&limit=50&after=<id>     the newest first
/// DELETE /connections/<id>                                           ends one; its peer is told who did
/// ```
final class ConnectionsHandler {
    static final String AREA = "connections";
    private static final int LIMIT = 50;
    private static final int LIMIT_MAX = 500;

    /// Ids of one start differ in their number only.
    private static final Comparator<Session> NEWEST_FIRST =
            Comparator.comparingLong((Session session) -> number(session.id())).reversed();

    private final Gate gate;

    ConnectionsHandler(Gate gate) {
        this.gate = gate;
    }

    private static long number(String id) {
        try {
            return Long.parseLong(id.substring(id.lastIndexOf('-') + 1));
        } catch (NumberFormatException noId) {
            throw new ProblemException(Problem.BAD_REQUEST, "\"" + Text.excerpt(id) + "\" is no id of a connection");
        }
    }

    void handle(Exchange exchange) {
        String tail = exchange.target().tail();
        if (tail.isEmpty()) {
            exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
            list(exchange);
        } else {
            exchange.allow(HttpMethod.DELETE);
            end(exchange, tail);
        }
    }

    private void end(Exchange exchange, String id) {
        exchange.target().allow();
        Principal principal = exchange.require(Action.ADMIN, AREA);
        if (!gate.end(id, principal)) {
            throw new ProblemException(Problem.NOT_FOUND, "there is no connection " + Text.excerpt(id) + " any more");
        }
        gate.performed(principal, Action.ADMIN, AREA + "/" + id, exchange.address(), Exchange.DOOR);
        exchange.empty(204);
    }

    private void list(Exchange exchange) {
        exchange.target().allow("door", "find", "limit", "after");
        exchange.require(Action.ADMIN, AREA);
        String door = exchange.target().parameter("door");
        String find = exchange.target().parameter("find");
        String after = exchange.target().parameter("after");
        long before = after == null || after.isEmpty() ? Long.MAX_VALUE : number(after);
        int limit = (int) StreamsHandler.number(exchange, "limit", 1, LIMIT_MAX, LIMIT);
        exchange.blocking(() -> {
            List<Session> fitting = gate.sessions().stream()
                    .filter(session ->
                            door == null || door.isEmpty() || session.door().equals(door))
                    .filter(session -> fits(session, find))
                    .sorted(NEWEST_FIRST)
                    .toList();
            List<Session> rest = fitting.stream()
                    .filter(session -> number(session.id()) < before)
                    .toList();
            List<Session> page = rest.subList(0, Math.min(limit, rest.size()));
            Bytes body = Json.bytes(json -> {
                json.writeStartObject();
                json.writeNumberProperty("count", fitting.size());
                json.writeName("connections");
                json.writeStartArray();
                page.forEach(session -> write(json, session));
                json.writeEndArray();
                if (page.size() < rest.size()) {
                    json.writeStringProperty("next", page.getLast().id());
                }
                json.writeEndObject();
            });
            exchange.onLoop(() -> exchange.answer(200, Exchange.JSON, body));
        });
    }

    private static boolean fits(Session session, @Nullable String find) {
        if (find == null || find.isBlank()) {
            return true;
        }
        String all = session.principal().name() + " " + session.address() + " " + session.protocol();
        return all.toLowerCase(Locale.ROOT).contains(find.strip().toLowerCase(Locale.ROOT));
    }

    private static void write(JsonGenerator json, Session session) {
        json.writeStartObject();
        json.writeStringProperty("id", session.id());
        json.writeStringProperty("door", session.door());
        json.writeStringProperty("protocol", session.protocol());
        json.writeStringProperty("principal", session.principal().name());
        json.writeStringProperty("address", session.address());
        json.writeStringProperty("since", session.since().toString());
        Session.Traffic traffic = session.traffic();
        if (traffic != null) {
            json.writeName("patterns");
            json.writeStartArray();
            traffic.patterns().forEach(json::writeString);
            json.writeEndArray();
            json.writeNumberProperty("lag", traffic.lag());
            json.writeNumberProperty("delivered", traffic.delivered());
            json.writeNumberProperty("bytes", traffic.bytes());
            json.writeNumberProperty("lost", traffic.lost());
        }
        json.writeEndObject();
    }
}
