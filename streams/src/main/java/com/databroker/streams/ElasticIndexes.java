package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;

/// The indexes of one stream in the cluster:
///
/// ```
///   databroker-github                 template, with what databroker knows of the whole stream in _meta
///   databroker-github                 alias of them all
///   databroker-github-2026.11.28      what arrived on that day (UTC)
/// ```
/// Each is made with everything it needs, whatever the template says by then; the template is for one that somebody
/// deletes while it is written to. For any number of threads, and of processes.
final class ElasticIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(ElasticIndexes.class);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuu.MM.dd");
    private static final String EXISTS = "resource_already_exists_exception";
    private static final String META = "databroker";
    private static final int PRIORITY = 500;

    private final ElasticClient client;
    private final ElasticConfig config;
    private final ElasticForm form;
    private final String alias;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<LocalDate> made = new HashSet<>();
    private volatile boolean ready;

    /// Before that nothing is kept, since the room was used up: arrival in microseconds.
    private volatile long floor = Long.MIN_VALUE;

    ElasticIndexes(ElasticClient client, ElasticConfig config, String stream, ElasticForm form) {
        this.client = client;
        this.config = config;
        this.form = form;
        alias = config.prefix() + "-" + stream;
    }

    /// An index as the cluster tells of it.
    ///
    /// @param bytes of all its copies
    /// @param broken whether a part of it is missing
    record Index(String name, LocalDate day, long bytes, boolean broken) {}

    String alias() {
        return alias;
    }

    String name(LocalDate day) {
        return alias + "-" + DAY.format(day);
    }

    long floor() {
        return floor;
    }

    /// Sees to it that there is the index of that day.
    void ensure(LocalDate day) throws IOException {
        lock.lock();
        try {
            prepare();
            if (!made.contains(day)) {
                create(day);
                made.add(day);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Reads what is known of the stream, and writes template and mappings where they are not as they should be.
    void prepare() throws IOException {
        if (ready) {
            return;
        }
        lock.lock();
        try {
            if (ready) {
                return;
            }
            Map<String, @Nullable Object> known = known();
            if (known.get("floor") instanceof Number kept) {
                floor = Math.max(floor, kept.longValue());
            }
            if (!fingerprint().equals(known.get("mapping"))) {
                writeTemplate();
                // Fields are only ever added.
                for (Index index : list()) {
                    client.ask("PUT", "/" + index.name() + "/_mapping", Json.bytes(form::mapping));
                }
            }
            // What another process put before it ended is found from now on.
            refresh();
            ready = true;
        } finally {
            lock.unlock();
        }
    }

    /// Forgets what there is, because the cluster says otherwise.
    void forget() {
        lock.lock();
        try {
            made.clear();
            ready = false;
        } finally {
            lock.unlock();
        }
    }

    /// What databroker wrote beside the template; empty where there is none.
    private Map<String, @Nullable Object> known() throws IOException {
        ElasticClient.Answer answer =
                client.send("GET", "/_index_template/" + alias, ElasticClient.JSON, null, config.patience());
        if (answer.status() == ElasticException.UNKNOWN) {
            return Map.of();
        }
        for (Object each : ElasticJson.list(answer.tree().get("index_templates"))) {
            Map<String, @Nullable Object> template =
                    ElasticJson.object(ElasticJson.object(each).get("index_template"));
            if (template.get("_meta") instanceof Map<?, ?> meta && meta.get(META) != null) {
                return ElasticJson.object(meta.get(META));
            }
        }
        return Map.of();
    }

    private String fingerprint() {
        byte[] definition = Json.bytes(json -> {
                    json.writeStartArray();
                    form.mapping(json);
                    settings(json);
                    json.writeEndArray();
                })
                .utf8()
                .getBytes(StandardCharsets.UTF_8);
        return UUID.nameUUIDFromBytes(definition).toString();
    }

    private void writeTemplate() throws IOException {
        Bytes body = Json.bytes(json -> {
            json.writeStartObject();
            json.writeName("index_patterns");
            json.writeStartArray();
            json.writeString(alias + "-*");
            json.writeEndArray();
            // The indexes of "a-b" have the pattern of "a", too: the longer name goes first.
            json.writeNumberProperty("priority", PRIORITY + alias.length());
            json.writeName("_meta");
            json.writeStartObject();
            json.writeName(META);
            json.writeStartObject();
            json.writeStringProperty("mapping", fingerprint());
            if (floor != Long.MIN_VALUE) {
                json.writeNumberProperty("floor", floor);
            }
            json.writeEndObject();
            json.writeEndObject();
            json.writeName("template");
            definition(json);
            json.writeEndObject();
        });
        client.ask("PUT", "/_index_template/" + alias, body);
    }

    private void definition(JsonGenerator json) {
        json.writeStartObject();
        json.writeName("settings");
        settings(json);
        json.writeName("mappings");
        form.mapping(json);
        json.writeName("aliases");
        json.writeStartObject();
        json.writeName(alias);
        json.writeStartObject();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
    }

    private void settings(JsonGenerator json) {
        json.writeStartObject();
        json.writeNumberProperty("index.number_of_shards", config.shards());
        json.writeNumberProperty("index.number_of_replicas", config.replicas());
        json.writeStringProperty("index.codec", "best_compression");
        // Named, it is also kept by indexes that nobody searches.
        json.writeStringProperty("index.refresh_interval", "1s");
        // What is answered is on the disk.
        json.writeStringProperty("index.translog.durability", "request");
        json.writeNumberProperty("index.max_result_window", StreamQuery.LIMIT_MAX + 1);
        if (!config.policy().isEmpty()) {
            json.writeStringProperty("index.lifecycle.name", config.policy());
        }
        json.writeEndObject();
    }

    private void create(LocalDate day) throws IOException {
        try {
            client.ask("PUT", "/" + name(day), Json.bytes(this::definition));
            LOG.atInfo().addKeyValue("index", name(day)).log("an index is made");
        } catch (ElasticException refused) {
            if (!refused.type().equals(EXISTS)) {
                throw refused;
            }
        }
    }

    /// All of them, the oldest first.
    List<Index> list() throws IOException {
        String path = "/_cat/indices/" + alias + "-*?format=json&bytes=b&h=index,health,store.size";
        List<Index> all = new ArrayList<>();
        for (Object each : ElasticJson.list(client.ask("GET", path, null).get(""))) {
            Map<String, @Nullable Object> row = ElasticJson.object(each);
            String name = String.valueOf(row.get("index"));
            LocalDate day = day(name);
            if (day != null) {
                Object size = row.get("store.size");
                long bytes = size == null ? 0 : Long.parseLong(size.toString());
                all.add(new Index(name, day, bytes, "red".equals(row.get("health"))));
            }
        }
        all.sort(Comparator.comparing(Index::day));
        return all;
    }

    /// The day of an index, null where it is of something else, such as of a stream with a longer name.
    private @Nullable LocalDate day(String name) {
        if (!name.startsWith(alias + "-")) {
            return null;
        }
        try {
            return LocalDate.parse(name.substring(alias.length() + 1), DAY);
        } catch (DateTimeException foreign) {
            return null;
        }
    }

    /// Makes findable what was put.
    void refresh() throws IOException {
        client.ask("POST", "/" + alias + "/_refresh?ignore_unavailable=true", null);
    }

    /// Keeps nothing that arrived before, from now on and after a start.
    void raise(long arrived) throws IOException {
        lock.lock();
        try {
            prepare();
            floor = Math.max(floor, arrived);
            writeTemplate();
        } finally {
            lock.unlock();
        }
    }

    void drop(Index index) throws IOException {
        lock.lock();
        try {
            made.remove(index.day());
            client.ask("DELETE", "/" + index.name() + "?ignore_unavailable=true", null);
            LOG.atInfo().addKeyValue("index", index.name()).log("a day of the hot store is gone");
        } finally {
            lock.unlock();
        }
    }

    /// Leaves nothing.
    void delete() throws IOException {
        lock.lock();
        try {
            for (Index index : list()) {
                drop(index);
            }
            ElasticClient.Answer answer =
                    client.send("DELETE", "/_index_template/" + alias, ElasticClient.JSON, null, config.patience());
            if (answer.status() != ElasticException.UNKNOWN) {
                answer.tree();
            }
            floor = Long.MIN_VALUE;
            forget();
        } finally {
            lock.unlock();
        }
    }
}
