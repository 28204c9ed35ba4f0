package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.core.Setting;
import com.databroker.events.DoorCounters;
import com.databroker.events.EventPlane;
import com.databroker.files.FilePlane;
import com.databroker.files.FilesStatus;
import com.databroker.objects.ObjectPlane;
import com.databroker.objects.ObjectsStatus;
import io.vertx.core.http.HttpMethod;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// What the broker tells administrators about itself:
///
/// ```
///   GET /status          figures of now: events, files, connections      admin of status
///   GET /health/checks   what was looked at, and what to do              admin of health
///   GET /config          every setting in force, and where it came from  admin of config
///   POST /config/reload  takes into use what can be changed              admin of config
/// ```
final class AboutHandler {
    /// Areas that the console asks about.
    static final List<String> AREAS = List.of(
            "users",
            "status",
            "health",
            "config",
            "metrics",
            "views",
            ConnectionsHandler.AREA,
            BackupHandler.AREA,
            DefinitionsHandler.AREA);

    private final Parts parts;
    private final HealthChecks checks;
    private final ConnectionsHandler connections;
    private final Instant started;
    private final Map<String, Setting> settings = new LinkedHashMap<>();

    /// What is told about.
    record Parts(
            ConfigReader.Result read,
            DataFolder data,
            Gate gate,
            EventPlane events,
            FilePlane files,
            @Nullable StreamSources streams,
            ObjectPlane objects,
            Map<String, ConnectionLimit> limits,
            Optional<AmqpDoor> amqp,
            Reloading reloading,
            InstantSource clock) {}

    AboutHandler(Parts parts) {
        this.parts = parts;
        this.checks = new HealthChecks(parts);
        this.connections = new ConnectionsHandler(parts.gate());
        this.started = parts.clock().instant();
        SettingGroup.of(Config.class).keys().forEach(key -> settings.put(key.key(), key.setting()));
    }

    private static void require(Exchange exchange, String area) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        exchange.target().allow();
        exchange.require(Action.ADMIN, area);
    }

    void connections(Exchange exchange) {
        connections.handle(exchange);
    }

    void status(Exchange exchange) {
        require(exchange, "status");
        exchange.blocking(() -> {
            FilesStatus files = parts.files().status();
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartObject();
                json.writeStringProperty("version", Version.VERSION);
                json.writeStringProperty("started", started.toString());
                json.writeStringProperty("now", parts.clock().instant().toString());
                events(json);
                files(json, files);
                objects(json, parts.objects().status());
                json.writeName("connections");
                json.writeStartObject();
                parts.limits().forEach((door, limit) -> json.writeNumberProperty(door, limit.open()));
                json.writeEndObject();
                json.writeNumberProperty("sessions", parts.gate().sessionCount());
                var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
                json.writeName("heap");
                json.writeStartObject();
                json.writeNumberProperty("used", heap.getUsed());
                json.writeNumberProperty("max", heap.getMax());
                json.writeEndObject();
                json.writeEndObject();
            }));
        });
    }

    private void events(JsonGenerator json) {
        EventPlane events = parts.events();
        long published = 0;
        long delivered = 0;
        long lost = 0;
        long subscribers = 0;
        for (DoorCounters door : events.doors().values()) {
            published += door.published();
            delivered += door.delivered();
            lost += door.lost();
            subscribers += door.connections();
        }
        json.writeName("events");
        json.writeStartObject();
        json.writeNumberProperty("published", published);
        json.writeNumberProperty("delivered", delivered);
        json.writeNumberProperty("lost", lost);
        json.writeNumberProperty("connections", subscribers);
        json.writeStringProperty("next", events.next().toString());
        json.writeNumberProperty(
                "held", events.next().offset() - events.oldest().offset());
        json.writeNumberProperty("heldBytes", events.heldBytes());
        json.writeNumberProperty("windowBytes", events.config().window().bytes());
        json.writeEndObject();
    }

    private static void files(JsonGenerator json, FilesStatus files) {
        json.writeName("files");
        json.writeStartObject();
        json.writeNumberProperty("files", files.files());
        json.writeNumberProperty("bytes", files.bytes());
        json.writeNumberProperty("uploads", files.uploads());
        json.writeNumberProperty("waiting", files.watching().waiting());
        json.writeBooleanProperty("scanning", files.watching().scanning());
        json.writeEndObject();
    }

    /// Where there are any.
    private static void objects(JsonGenerator json, ObjectsStatus objects) {
        if (objects.stores().isEmpty()) {
            return;
        }
        json.writeName("objects");
        json.writeStartObject();
        json.writeNumberProperty("listeners", objects.listeners());
        json.writeNumberProperty("rows", objects.rows());
        json.writeName("stores");
        json.writeStartArray();
        for (ObjectsStatus.Store store : objects.stores()) {
            json.writeStartObject();
            json.writeStringProperty("name", store.name());
            json.writeStringProperty("kind", store.kind());
            json.writeBooleanProperty("durable", store.durable());
            json.writeBooleanProperty("reachable", store.reachable());
            json.writeNumberProperty("types", store.types());
            json.writeNumberProperty("commits", store.commits());
            json.writeNumberProperty("conflicts", store.conflicts());
            json.writeNumberProperty("told", store.told());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    void checks(Exchange exchange) {
        require(exchange, "health");
        exchange.blocking(() -> {
            List<HealthCheck> found = checks.look(exchange.principal());
            HealthCheck.Level worst =
                    found.stream().map(HealthCheck::level).max(Enum::compareTo).orElse(HealthCheck.Level.OK);
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartObject();
                json.writeStringProperty("status", worst.word());
                json.writeName("checks");
                json.writeStartArray();
                found.forEach(check -> check.write(json));
                json.writeEndArray();
                json.writeEndObject();
            }));
        });
    }

    private void reload(Exchange exchange) {
        exchange.allow(HttpMethod.POST);
        exchange.target().allow();
        exchange.require(Action.ADMIN, "config");
        exchange.blocking(() -> {
            List<String> waiting = parts.reloading().now();
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartObject();
                json.writeArrayPropertyStart("waiting");
                waiting.forEach(json::writeString);
                json.writeEndArray();
                json.writeEndObject();
            }));
        });
    }

    void config(Exchange exchange) {
        if (exchange.target().tail().equals("reload")) {
            reload(exchange);
            return;
        }
        require(exchange, "config");
        exchange.json(200, json -> {
            json.writeStartObject();
            json.writeName("settings");
            json.writeStartArray();
            for (ConfigOrigin origin : parts.read().origins()) {
                json.writeStartObject();
                json.writeStringProperty("key", origin.key());
                json.writeStringProperty("value", origin.value());
                json.writeStringProperty("origin", origin.origin());
                Setting setting = settings.get(origin.key());
                if (setting != null) {
                    json.writeStringProperty("about", setting.value());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }
}
