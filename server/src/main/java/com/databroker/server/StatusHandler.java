package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.UsersSchema;
import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FilePlane;
import com.databroker.files.FilesStatus;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsStatus;
import com.databroker.streams.StreamStatus;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// What tells about the broker itself: `/`, `/health/…`, `/metrics`, `/problems/<number>`, `/schemas/…`.
final class StatusHandler {
    /// What the pages of folders need; nothing is fetched from elsewhere.
    private static final Map<String, String> ASSETS = Map.of("folder.css", "text/css; charset=utf-8");

    private final Metrics metrics;
    private final boolean metricsPublic;
    private final FilePlane files;
    private final ObjectPlane objects;
    private final @Nullable StreamSources streams;
    private final BooleanSupplier stopping;

    /// @param streams null where there are none
    StatusHandler(
            Metrics metrics,
            boolean metricsPublic,
            FilePlane files,
            ObjectPlane objects,
            @Nullable StreamSources streams,
            BooleanSupplier stopping) {
        this.metrics = metrics;
        this.metricsPublic = metricsPublic;
        this.files = files;
        this.objects = objects;
        this.streams = streams;
        this.stopping = stopping;
    }

    void index(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        String accept = exchange.request().getHeader("Accept");
        if (accept != null && accept.contains("text/html")) {
            ConsoleHandler.redirect(exchange);
            return;
        }
        exchange.json(200, json -> {
            json.writeStartObject();
            json.writeStringProperty("name", "databroker");
            json.writeStringProperty("version", Version.VERSION);
            json.writeStringProperty("events", "/events");
            json.writeStringProperty("files", "/files/");
            json.writeStringProperty("users", "/access/users");
            json.writeStringProperty("console", "/console/");
            json.writeStringProperty("health", "/health/ready");
            json.writeStringProperty("checks", "/health/checks");
            json.writeStringProperty("status", "/status");
            json.writeStringProperty("config", "/config");
            json.writeStringProperty("connections", "/connections");
            json.writeStringProperty("metrics", "/metrics");
            json.writeStringProperty("docs", "/docs");
            json.writeStringProperty("openapi", "/openapi.json");
            json.writeStringProperty("asyncapi", "/asyncapi.json");
            json.writeStringProperty("problems", "/problems");
            json.writeStringProperty("schemas", "/schemas/" + SCHEMA);
            json.writeEndObject();
        });
    }

    private static final String SCHEMA = "broker_users.xsd";

    void asset(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        String name = exchange.target().tail();
        String mediaType = ASSETS.get(name);
        if (mediaType == null) {
            throw new ProblemException(Problem.NOT_FOUND, "there is no page " + name);
        }
        page(exchange, name, mediaType);
    }

    private static void page(Exchange exchange, String name, String mediaType) {
        try (InputStream in = StatusHandler.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing in the jar");
            }
            pageHeaders(exchange.response());
            exchange.answer(200, mediaType, Bytes.wrap(in.readAllBytes()));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// What a page of the broker's own may do in a browser: next to nothing.
    static void pageHeaders(HttpServerResponse response) {
        response.putHeader(
                        "Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                                + " frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cache-Control", "no-cache");
    }

    void health(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        switch (exchange.target().tail()) {
            case "live" ->
                exchange.json(200, json -> {
                    json.writeStartObject();
                    json.writeStringProperty("status", "up");
                    json.writeEndObject();
                });
            case "ready" -> exchange.blocking(() -> ready(exchange));
            default ->
                throw new ProblemException(
                        Problem.NOT_FOUND, "there are /health/live, /health/ready and /health/checks");
        }
    }

    private void ready(Exchange exchange) {
        boolean accepting = !stopping.getAsBoolean();
        FilesStatus status = files.status();
        boolean writable = status.failure().isEmpty() && Files.isWritable(files.root());
        String cause = status.failure().isEmpty()
                ? "the folder of files is not writable"
                : "the disk failed, files are read-only: " + status.failure();
        boolean ready = accepting && writable;
        List<ObjectsStatus.Store> stores = objects.status().stores();
        StreamStatus.Phase phase = streams == null ? null : streams.plane().phase();
        exchange.onLoop(() -> exchange.json(ready ? 200 : Problem.UNAVAILABLE.status(), json -> {
            json.writeStartObject();
            json.writeStringProperty("status", ready ? "ready" : "not ready");
            json.writeName("components");
            json.writeStartObject();
            component(json, "events", accepting, "shutting down");
            component(json, "files", writable, cause);
            if (!stores.isEmpty()) {
                // Which ones is for administrators.
                long away = stores.stream().filter(store -> !store.reachable()).count();
                component(json, "objects", away == 0, away + " of " + stores.size() + " stores do not answer");
            }
            if (streams != null && phase != null) {
                streams(json, streams, phase);
            }
            json.writeEndObject();
            json.writeEndObject();
        }));
    }

    /// They come up later and may fail alone: what the other planes do does not depend on them.
    private static void streams(JsonGenerator json, StreamSources streams, StreamStatus.Phase phase) {
        Optional<String> failure = streams.plane().failure();
        int refused = streams.refused().size();
        json.writeName("streams");
        json.writeStartObject();
        json.writeStringProperty("status", phase.name().toLowerCase(Locale.ROOT));
        if (failure.isPresent()) {
            json.writeStringProperty("cause", failure.get());
        } else if (refused > 0) {
            // Which ones is for those who may search them.
            json.writeStringProperty(
                    "cause", refused + (refused == 1 ? " stream was" : " streams were") + " left out: see streams ls");
        }
        json.writeEndObject();
    }

    private static void component(JsonGenerator json, String name, boolean up, String otherwise) {
        json.writeName(name);
        json.writeStartObject();
        json.writeStringProperty("status", up ? "up" : "down");
        if (!up) {
            json.writeStringProperty("cause", otherwise);
        }
        json.writeEndObject();
    }

    /// Open to this machine, where a scraper sits; from elsewhere for administrators of `metrics`.
    void metrics(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        if (!metricsPublic || !InetAddress.ofLiteral(exchange.address()).isLoopbackAddress()) {
            exchange.require(Action.ADMIN, "metrics");
        }
        String accept = exchange.request().getHeader("Accept");
        exchange.blocking(() -> {
            Metrics.Page page = metrics.page(accept);
            exchange.onLoop(() -> exchange.answer(200, page.contentType(), page.body()));
        });
    }

    void problems(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        String tail = exchange.target().tail();
        for (Problem problem : Problem.values()) {
            if (tail.equals(Integer.toString(problem.number()))) {
                exchange.json(200, json -> write(json, problem));
                return;
            }
        }
        if (!tail.isEmpty()) {
            throw new ProblemException(Problem.NOT_FOUND, "there is no problem of that number");
        }
        exchange.json(200, json -> {
            json.writeStartArray();
            for (Problem problem : Problem.values()) {
                write(json, problem);
            }
            json.writeEndArray();
        });
    }

    private static void write(JsonGenerator json, Problem problem) {
        json.writeStartObject();
        json.writeNumberProperty("number", problem.number());
        json.writeStringProperty("name", problem.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        json.writeStringProperty("title", problem.title());
        json.writeNumberProperty("status", problem.status());
        json.writeNumberProperty("closeCode", problem.closeCode());
        json.writeBooleanProperty("retry", problem.retry());
        json.writeStringProperty("remedy", problem.remedy());
        json.writeEndObject();
    }

    void schemas(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        if (!exchange.target().tail().equals(SCHEMA)) {
            throw new ProblemException(Problem.NOT_FOUND, "there is /schemas/" + SCHEMA);
        }
        exchange.answer(200, "application/xml", UsersSchema.bytes());
    }
}
