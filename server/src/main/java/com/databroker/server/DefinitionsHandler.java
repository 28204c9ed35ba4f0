package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.files.FilePlane;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `/definitions`: what makes this broker differ from another one, as one document, see [Definitions].
///
/// ```
/// GET  /definitions?form=yaml&secrets=true     passwords of settings only where they are asked for
/// POST /definitions?dry-run=true               what would change, line by line; changes nothing then
/// ```
/// Users are in force at once, streams and settings at the next start. Settings are kept beside the configuration, see
/// [ImportedSettings], which no broker writes: where it says otherwise, that is told.
final class DefinitionsHandler {
    static final String AREA = "definitions";

    private static final List<String> SECTIONS = List.of("files.rules.", "objects.stores.", "streams.collectors.");
    private static final String NAME = "[a-z][a-z0-9-]{0,39}\\.yaml";

    private final ConfigReader.Result started;
    private final DataFolder data;
    private final Path streams;
    private final FilePlane files;
    private final Gate gate;

    /// What differs.
    ///
    /// @param waits whether it is not done here, but in the configuration
    private record Change(String what, List<String> lines, boolean waits) {}

    DefinitionsHandler(AboutHandler.Parts parts) {
        this.started = parts.read();
        this.data = parts.data();
        this.streams = StreamSources.definitions(
                started.config().streams(), started.config().data());
        this.files = parts.files();
        this.gate = parts.gate();
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.POST);
        Principal principal = exchange.require(Action.ADMIN, AREA);
        if (exchange.isMethod(HttpMethod.GET)) {
            exchange.target().allow("form", "secrets");
            boolean yaml = "yaml".equals(exchange.target().parameter("form"));
            boolean secrets = "true".equals(exchange.target().parameter("secrets"));
            exchange.blocking(() -> {
                Definitions now = now(secrets);
                Bytes body = yaml ? now.yaml() : now.json();
                exchange.onLoop(() -> {
                    exchange.response().putHeader("Cache-Control", "no-store");
                    exchange.answer(200, yaml ? "application/yaml" : Exchange.JSON, body);
                });
            });
            return;
        }
        exchange.target().allow("dry-run");
        boolean dry = "true".equals(exchange.target().parameter("dry-run"));
        exchange.body(
                ConfigYaml.BYTES_MAX,
                "1 MiB",
                body -> exchange.blocking(() -> {
                    List<Change> changes = take(Definitions.parse(body), dry, principal);
                    exchange.onLoop(() -> answer(exchange, changes));
                }));
    }

    private static void answer(Exchange exchange, List<Change> changes) {
        exchange.json(200, json -> {
            json.writeStartObject();
            json.writeArrayPropertyStart("changes");
            for (Change change : changes) {
                json.writeStartObject();
                json.writeStringProperty("what", change.what);
                json.writeBooleanProperty("waits", change.waits);
                json.writeArrayPropertyStart("lines");
                change.lines.forEach(json::writeString);
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private Definitions now(boolean secrets) {
        return new Definitions(users(), streams(), settings(next(), secrets));
    }

    private String users() {
        try {
            return Files.readString(files.onDisk(FilesHandler.USERS_FILE));
        } catch (IOException unreadable) {
            throw DataFolder.problem(files.onDisk(FilesHandler.USERS_FILE), unreadable);
        }
    }

    private Map<String, String> streams() {
        Map<String, String> found = new TreeMap<>();
        if (!Files.isDirectory(streams)) {
            return found;
        }
        try (Stream<Path> all = Files.list(streams)) {
            for (Path file : all.toList()) {
                String name = BackupItems.name(file);
                if (name.matches(NAME)) {
                    found.put(name, Files.readString(file));
                }
            }
            return found;
        } catch (IOException unreadable) {
            throw DataFolder.problem(streams, unreadable);
        }
    }

    /// The configuration as the next start will read it.
    private ConfigReader.Result next() {
        return started.again() == null ? started : started.again().apply(ImportedSettings.in(data.path()));
    }

    private static Map<String, String> settings(ConfigReader.Result of, boolean secrets) {
        Map<String, String> found = new LinkedHashMap<>();
        for (ConfigOrigin origin : of.origins()) {
            if (!isDefining(origin.key())
                    || origin.origin().equals("default")
                    || origin.value().isEmpty()) {
                continue;
            }
            boolean secret = origin.value().contains(SettingKey.SECRET);
            if (!secret) {
                found.put(origin.key(), origin.value());
            } else if (secrets) {
                Object value = value(of.config(), origin.key());
                found.put(
                        origin.key(), value instanceof List<?> list ? SettingType.listed(list) : String.valueOf(value));
            }
        }
        return found;
    }

    /// The value of a key in the tree of records.
    private static @Nullable Object value(@Nullable Object root, String key) {
        @Nullable Object at = root;
        for (String word : key.split("\\.", -1)) {
            if (at instanceof Map<?, ?> named) {
                at = named.get(word);
            } else if (at instanceof Record) {
                at = component(at, word);
            }
        }
        return at;
    }

    private static @Nullable Object component(Object record, String word) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            if (name.equals(word)) {
                try {
                    return component.getAccessor().invoke(record);
                } catch (ReflectiveOperationException closed) {
                    throw new IllegalStateException("records of the configuration are public", closed);
                }
            }
        }
        return null;
    }

    private List<Change> take(Definitions wanted, boolean dry, Principal principal) {
        List<Change> changes = new ArrayList<>();
        String users = wanted.users();
        boolean otherUsers = users != null && !users.equals(users());
        if (users != null && otherUsers) {
            gate.check(Bytes.utf8(users), principal);
            changes.add(new Change("users", TextDiff.of(users(), users), false));
        }
        Map<String, String> there = streams();
        Map<String, String> others = new LinkedHashMap<>();
        wanted.streams().forEach((name, text) -> {
            if (!text.equals(there.get(name))) {
                checkStream(name, text);
                others.put(name, text);
                String before = there.getOrDefault(name, "");
                changes.add(new Change("streams/" + name, TextDiff.of(before, text), false));
            }
        });
        Map<String, String> imported = settings(wanted.settings(), changes, principal);
        if (!dry) {
            if (users != null && otherUsers) {
                storeUsers(Bytes.utf8(users), principal);
            }
            others.forEach(this::storeStream);
            if (!imported.isEmpty()) {
                ImportedSettings.store(data, imported);
            }
        }
        return changes;
    }

    /// What settings differ, added to `changes`.
    ///
    /// @return all that are to be kept as imported; empty where nothing is to be written
    private Map<String, String> settings(Map<String, String> wanted, List<Change> changes, Principal principal) {
        Map<String, String> now = settings(next(), true);
        Map<String, String> others = new TreeMap<>(wanted);
        others.entrySet().removeIf(each -> each.getValue().equals(now.get(each.getKey())));
        if (others.isEmpty()) {
            return others;
        }
        // With one of them a program of the sender's choice could be run.
        if (!principal.isAdministrator()) {
            throw new ProblemException(Problem.FORBIDDEN, principal.name() + " is no administrator (admin on **)");
        }
        others.keySet().stream().filter(key -> !isDefining(key)).findFirst().ifPresent(key -> {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "settings: \"" + Text.excerpt(key) + "\" is none of those that are imported: " + SECTIONS);
        });
        Map<String, String> all = new TreeMap<>();
        ConfigReader.Result then = started;
        if (started.again() != null) {
            all.putAll(ImportedSettings.in(data.path()));
            all.putAll(others);
            then = started.again().apply(all);
        }
        Map<String, String> after = settings(then, true);
        for (ConfigOrigin origin : then.origins()) {
            String value = others.remove(origin.key());
            if (value != null && value.equals(after.get(origin.key()))) {
                changes.add(new Change("settings", List.of("+ " + origin.key() + ": " + origin.value()), false));
            } else if (value != null) {
                all.remove(origin.key());
                changes.add(waiting(origin.key(), value, origin.origin()));
            }
        }
        others.forEach((key, value) -> changes.add(waiting(key, value, "the configuration")));
        return all;
    }

    private static Change waiting(String key, String value, String where) {
        return new Change("settings", List.of("+ " + key + ": " + value, "# " + where + " says otherwise"), true);
    }

    private static boolean isDefining(String key) {
        return SECTIONS.stream().anyMatch(key::startsWith);
    }

    private void storeUsers(Bytes users, Principal principal) {
        try (OpenFile now = files.read(FilesHandler.USERS_FILE)) {
            files.put(
                    FilesHandler.USERS_FILE,
                    new ByteArrayInputStream(users.toArray()),
                    users.length(),
                    Precondition.version(now.entry().etag()),
                    principal);
        }
    }

    private void checkStream(String name, String text) {
        if (!name.matches(NAME)) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "streams: \"" + Text.excerpt(name) + "\" is no file of a stream; write <name>.yaml");
        }
        try {
            Path folder = Files.createTempDirectory("databroker");
            Path file = folder.resolve(name);
            try {
                Files.writeString(file, text);
                StreamDefinitions.read(file, StreamSources.BUILT_IN);
            } finally {
                Files.deleteIfExists(file);
                Files.delete(folder);
            }
        } catch (IOException refused) {
            throw DataFolder.problem(streams.resolve(name), refused);
        }
    }

    private void storeStream(String name, String text) {
        try {
            Files.createDirectories(streams);
            Path draft = streams.resolve("." + name + ".new");
            Files.writeString(draft, text);
            Files.move(draft, streams.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException refused) {
            throw DataFolder.problem(streams.resolve(name), refused);
        }
    }
}
