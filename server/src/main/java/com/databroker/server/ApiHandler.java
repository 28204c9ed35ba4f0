package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import io.vertx.core.http.HttpMethod;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// `/openapi.json`: the operations of [ApiRoutes] as OpenAPI 3.1. Everybody may know them.
final class ApiHandler {
    private static final String PROBLEM = "application/problem+json";
    private static final Map<String, String> GROUPS = groups();

    private ApiHandler() {}

    private static Map<String, String> groups() {
        Map<String, String> groups = new LinkedHashMap<>();
        groups.put("events", "Publish and hear");
        groups.put("files", "Store, fetch, list");
        groups.put("objects", "Typed objects of databases");
        groups.put("streams", "Records that are collected, searched and counted");
        groups.put("access", "Users, grants, connections");
        groups.put("broker", "The broker itself");
        return groups;
    }

    static void openApi(Exchange exchange) {
        answer(exchange, Json.bytes(ApiHandler::write));
    }

    static void asyncApi(Exchange exchange) {
        answer(exchange, Json.bytes(ApiMessages::write));
    }

    private static void answer(Exchange exchange, Bytes body) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        exchange.target().allow();
        exchange.answer(200, Exchange.JSON, body);
    }

    static void info(JsonGenerator json, String about) {
        json.writeName("info");
        json.writeStartObject();
        json.writeStringProperty("title", "databroker");
        json.writeStringProperty("version", Version.VERSION);
        json.writeStringProperty("description", about);
        json.writeName("license");
        json.writeStartObject();
        json.writeStringProperty("name", "Apache-2.0");
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("openapi", "3.1.1");
        info(json, "Each GET is also a HEAD. What goes wrong comes as a numbered problem.");
        json.writeName("servers");
        json.writeStartArray();
        json.writeStartObject();
        json.writeStringProperty("url", "/");
        json.writeEndObject();
        json.writeEndArray();
        json.writeName("security");
        json.writeStartArray();
        for (String scheme : List.of("token", "userAndToken", "certificate")) {
            json.writeStartObject();
            none(json, scheme);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeName("tags");
        json.writeStartArray();
        GROUPS.forEach((name, about) -> {
            json.writeStartObject();
            json.writeStringProperty("name", name);
            json.writeStringProperty("description", about);
            json.writeEndObject();
        });
        json.writeEndArray();
        paths(json);
        components(json);
        json.writeEndObject();
    }

    private static void none(JsonGenerator json, String name) {
        json.writeName(name);
        json.writeStartArray();
        json.writeEndArray();
    }

    private static void paths(JsonGenerator json) {
        Map<String, List<ApiRoutes.Route>> byPath = new LinkedHashMap<>();
        for (ApiRoutes.Route route : ApiRoutes.all()) {
            byPath.computeIfAbsent(route.path(), path -> new java.util.ArrayList<>())
                    .add(route);
        }
        json.writeName("paths");
        json.writeStartObject();
        byPath.forEach((path, routes) -> {
            json.writeName(path);
            json.writeStartObject();
            for (ApiRoutes.Route route : routes) {
                json.writeName(route.method().toLowerCase(Locale.ROOT));
                operation(json, route);
            }
            json.writeEndObject();
        });
        json.writeEndObject();
    }

    private static void operation(JsonGenerator json, ApiRoutes.Route route) {
        json.writeStartObject();
        json.writeStringProperty("operationId", route.id());
        json.writeStringProperty("summary", route.summary());
        json.writeName("tags");
        json.writeStartArray();
        json.writeString(route.group());
        json.writeEndArray();
        if (route.right().isEmpty()) {
            none(json, "security");
        } else {
            json.writeStringProperty("description", "Needs the right: " + route.right() + ".");
        }
        json.writeName("parameters");
        json.writeStartArray();
        route.inPath().forEach(name -> parameter(json, name, "path", about(name), true));
        route.query().forEach(each -> parameter(json, each.name(), "query", each.about(), false));
        json.writeEndArray();
        if (!route.consumes().isEmpty()) {
            json.writeName("requestBody");
            json.writeStartObject();
            content(json, route.consumes(), route.example());
            json.writeEndObject();
        }
        json.writeName("responses");
        json.writeStartObject();
        json.writeName(Integer.toString(route.status()));
        json.writeStartObject();
        json.writeStringProperty("description", "It is done.");
        if (!route.produces().isEmpty()) {
            content(json, route.produces(), "");
        }
        json.writeEndObject();
        json.writeName("default");
        json.writeStartObject();
        json.writeStringProperty("$ref", "#/components/responses/problem");
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
    }

    private static String about(String name) {
        return switch (name) {
            case "topic", "path", "page" -> "segments between slashes, which stay as they are";
            default -> "";
        };
    }

    private static void parameter(JsonGenerator json, String name, String in, String about, boolean required) {
        json.writeStartObject();
        json.writeStringProperty("name", name);
        json.writeStringProperty("in", in);
        json.writeBooleanProperty("required", required);
        if (!about.isEmpty()) {
            json.writeStringProperty("description", about);
        }
        json.writeName("schema");
        json.writeStartObject();
        json.writeStringProperty("type", "string");
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void content(JsonGenerator json, String type, String example) {
        json.writeName("content");
        json.writeStartObject();
        json.writeName(type);
        json.writeStartObject();
        if (!example.isEmpty()) {
            json.writeName("example");
            if (type.endsWith("json")) {
                Json.writeTree(json, Json.parse(Bytes.utf8(example)));
            } else {
                json.writeString(example);
            }
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void components(JsonGenerator json) {
        json.writeName("components");
        json.writeStartObject();
        json.writeName("securitySchemes");
        json.writeStartObject();
        scheme(json, "token", "http", "bearer");
        scheme(json, "userAndToken", "http", "basic");
        scheme(json, "certificate", "mutualTLS", "");
        json.writeEndObject();
        json.writeName("responses");
        json.writeStartObject();
        json.writeName("problem");
        json.writeStartObject();
        json.writeStringProperty("description", "A numbered problem; see /problems.");
        json.writeName("content");
        json.writeStartObject();
        json.writeName(PROBLEM);
        json.writeStartObject();
        json.writeName("schema");
        json.writeStartObject();
        json.writeStringProperty("$ref", "#/components/schemas/problem");
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
        json.writeName("schemas");
        json.writeStartObject();
        json.writeName("problem");
        problem(json);
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void scheme(JsonGenerator json, String name, String type, String scheme) {
        json.writeName(name);
        json.writeStartObject();
        json.writeStringProperty("type", type);
        if (!scheme.isEmpty()) {
            json.writeStringProperty("scheme", scheme);
        }
        json.writeEndObject();
    }

    /// As a WebSocket carries it, too.
    static void problem(JsonGenerator json) {
        schema(
                json,
                List.of(
                        "type string",
                        "number integer",
                        "title string",
                        "status integer",
                        "detail string",
                        "remedy string",
                        "retry boolean"));
    }

    /// @param members `name type` each, of which all are there
    static void schema(JsonGenerator json, List<String> members) {
        json.writeStartObject();
        json.writeStringProperty("type", "object");
        json.writeName("properties");
        json.writeStartObject();
        for (String member : members) {
            String[] parts = member.split(" ", -1);
            json.writeName(parts[0].replace("?", ""));
            json.writeStartObject();
            if (!parts[1].equals("any")) {
                json.writeStringProperty("type", parts[1]);
            }
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeName("required");
        json.writeStartArray();
        members.stream()
                .map(member -> member.split(" ", -1)[0])
                .filter(name -> !name.endsWith("?"))
                .forEach(json::writeString);
        json.writeEndArray();
        json.writeEndObject();
    }
}
