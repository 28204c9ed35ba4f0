package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsStatus;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// What administrators of `objects/<store>` do: have its database record what others change, and end old
/// capabilities. Both are audited.
final class ObjectCare {
    private static final String TRIGGERS = "triggers";
    private static final String CAPABILITIES = "capabilities";
    private static final String AT_ONCE = "at-once";
    private static final String OBJECTS = "objects/";

    private final ObjectPlane plane;

    ObjectCare(ObjectPlane plane) {
        this.plane = plane;
    }

    boolean handles(String word) {
        return word.equals(TRIGGERS) || word.equals(CAPABILITIES);
    }

    void handle(Exchange exchange, String[] path) {
        if (path[0].equals(TRIGGERS)) {
            triggers(exchange, path);
        } else {
            rotate(exchange, path);
        }
    }

    private void triggers(Exchange exchange, String[] path) {
        exchange.target().allow();
        if (path.length == 1) {
            exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
            Principal principal = exchange.principal();
            exchange.blocking(() -> {
                List<ObjectsStatus.Others> all = plane.others().stream()
                        .filter(one -> principal.may(Action.ADMIN, OBJECTS + one.store()))
                        .toList();
                exchange.onLoop(() -> exchange.json(200, json -> others(json, all)));
            });
            return;
        }
        if (path.length > 2) {
            throw new ProblemException(Problem.NOT_FOUND, "below /objects/triggers are the names of stores");
        }
        exchange.allow(HttpMethod.POST, HttpMethod.DELETE);
        administer(exchange, path[1], TRIGGERS);
        boolean watch = exchange.isMethod(HttpMethod.POST);
        exchange.blocking(() -> {
            plane.watchOthers(path[1], watch);
            List<ObjectsStatus.Others> now = plane.others().stream()
                    .filter(one -> one.store().equals(path[1]))
                    .toList();
            exchange.onLoop(() -> exchange.json(200, json -> others(json, now)));
        });
    }

    /// Begins new capabilities of a store; those before the last are good for nothing.
    private void rotate(Exchange exchange, String[] path) {
        if (path.length != 2) {
            throw new ProblemException(Problem.NOT_FOUND, "below /objects/capabilities are the names of stores");
        }
        exchange.allow(HttpMethod.POST);
        exchange.target().allow(AT_ONCE);
        boolean atOnce = "true".equals(exchange.target().parameter(AT_ONCE));
        administer(exchange, path[1], CAPABILITIES);
        exchange.blocking(() -> {
            plane.rotate(path[1], atOnce);
            exchange.onLoop(() -> exchange.empty(204));
        });
    }

    private static void administer(Exchange exchange, String store, String what) {
        String area = OBJECTS + store;
        Principal principal = exchange.require(Action.ADMIN, area);
        exchange.gate().performed(principal, Action.ADMIN, area + "/" + what, exchange.address(), Exchange.DOOR);
    }

    private static void others(JsonGenerator json, List<ObjectsStatus.Others> all) {
        json.writeStartArray();
        for (ObjectsStatus.Others one : all) {
            json.writeStartObject();
            json.writeStringProperty("store", one.store());
            json.writeBooleanProperty("possible", one.possible());
            json.writeName("told");
            json.writeStartArray();
            one.told().forEach(json::writeString);
            json.writeEndArray();
            json.writeName("untold");
            json.writeStartArray();
            one.untold().forEach(json::writeString);
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
