package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What goes when, in a real Elasticsearch.
final class ElasticRetentionTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");
    private static final Source OTHER = HotSource.named("test-other");
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static @Nullable ElasticServer server;

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private final InstantSource clock = now::get;
    private String prefix = "";

    private static ElasticServer server() {
        return java.util.Objects.requireNonNull(server);
    }

    @BeforeAll
    static void serve() throws Exception {
        server = ElasticServer.shared();
    }

    @BeforeEach
    void begin() {
        prefix = "retention" + NUMBER.incrementAndGet();
    }

    private HotStore open(long bytesMax) throws IOException {
        ElasticConfig base = server().config(prefix);
        return new ElasticHotStore(
                new ElasticConfig(
                        base.hosts(),
                        "",
                        "",
                        "",
                        "",
                        prefix,
                        1,
                        0,
                        "",
                        Duration.ofDays(10),
                        bytesMax,
                        base.refresh(),
                        base.patience()),
                List.of(SOURCE),
                clock);
    }

    private static void put(HotStore store, Source source, String id, Instant arrived) throws IOException {
        store.put(source, HotSource.arrival(id, NOON, arrived, "word"));
    }

    private static List<String> ids(HotStore store) throws IOException {
        return store.search(SOURCE, StreamQuery.of("word", 100)).hits().stream()
                .map(StreamQuery.Hit::id)
                .toList();
    }

    private List<String> indexes() throws IOException {
        return server().ask("GET", "/_cat/indices/" + prefix + "-*?h=index&s=index")
                .lines()
                .map(name -> name.substring(prefix.length() + 1))
                .toList();
    }

    @Test
    void what_arrived_ten_days_ago_is_neither_found_nor_kept() throws Exception {
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "a", NOON.plusSeconds(1));
            put(store, SOURCE, "b", NOON.plus(11, ChronoUnit.HOURS));
            put(store, SOURCE, "c", NOON.minus(1, ChronoUnit.DAYS));
            // Its indexes have a name that begins like those of the first.
            put(store, OTHER, "d", NOON);
            HotStoreContract.visible(store, SOURCE, 3);
            HotStoreContract.visible(store, OTHER, 1);
            assertThat(indexes()).containsExactly("test-2026.11.27", "test-2026.11.28", "test-other-2026.11.28");

            now.set(NOON.plus(10, ChronoUnit.DAYS).plusSeconds(1));
            assertThat(ids(store)).containsExactly("a", "b");
            now.set(now.get().plus(1, ChronoUnit.MICROS));
            assertThat(ids(store)).containsExactly("b");
            assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(1);

            now.set(NOON.plus(10, ChronoUnit.DAYS).plus(2, ChronoUnit.HOURS));
            store.expire();
            assertThat(indexes()).containsExactly("test-2026.11.28", "test-other-2026.11.28");
            // With the retention out of the way it shows that the record itself has gone.
            now.set(NOON);
            put(store, SOURCE, "e", NOON);
            HotStoreContract.visible(store, SOURCE, 1, "id:e");
            assertThat(ids(store)).containsExactly("b", "e");

            now.set(NOON.plus(12, ChronoUnit.DAYS));
            store.expire();
            assertThat(indexes()).isEmpty();
            assertThat(store.status().get(0).oldest()).isNull();
            put(store, SOURCE, "f", NOON);
            assertThat(store.status().get(0).tooOld()).isEqualTo(1);
        }
    }

    @Test
    void a_full_disk_costs_the_oldest_days_and_a_start_remembers_it() throws Exception {
        try (HotStore store = open(1)) {
            put(store, OTHER, "a", NOON.minus(3, ChronoUnit.DAYS));
            put(store, SOURCE, "b", NOON.minus(1, ChronoUnit.DAYS));
            put(store, SOURCE, "c", NOON.minus(30, ChronoUnit.MINUTES));
            put(store, SOURCE, "d", NOON);
            HotStoreContract.visible(store, SOURCE, 3);
            HotStoreContract.visible(store, OTHER, 1);
            store.expire();
            assertThat(indexes()).containsExactly("test-2026.11.28");
            assertThat(ids(store)).containsExactly("d");
            assertThat(store.status().get(0).droppedEarly()).isEqualTo(2);
        }
        // What was dropped is not found in the hot store, so that the cold one is asked for it.
        try (HotStore store = open(Long.MAX_VALUE)) {
            long since = store.search(SOURCE, StreamQuery.of("", 1)).since();
            assertThat(Arrival.instant(since)).isBetween(NOON.minus(30, ChronoUnit.MINUTES), NOON);
            put(store, SOURCE, "b", NOON.minus(1, ChronoUnit.DAYS));
            store.flush(SOURCE);
            assertThat(indexes()).containsExactly("test-2026.11.28");
        }
    }

    @Test
    void template_alias_and_mapping_are_made_and_a_field_that_was_added_is_found_in_the_index_of_today()
            throws Exception {
        Schema less = Schema.named("test.hot.v1")
                .add("id", FieldType.KEYWORD, "Id.")
                .add("created_at", FieldType.TIME, "Time.")
                .add("raw", FieldType.JSON, "Raw.")
                .build();
        Source before = new HotSource("test", less);
        try (HotStore store = open(Long.MAX_VALUE)) {
            // A line break, which ends a line of a request; and deeper than Elasticsearch reads.
            for (String raw : List.of("{\n}", "[".repeat(1500) + "]".repeat(1500), "{ \"a\": 1.50}")) {
                DataRecord record = DataRecord.of(less)
                        .set("id", "raw" + raw.length())
                        .set("raw", raw)
                        .build();
                store.put(before, HotSource.arrival(record, NOON));
                HotStoreContract.visible(store, before, 1, "id:raw" + raw.length());
                assertThat(store.search(before, StreamQuery.of("id:raw" + raw.length(), 1))
                                .hits()
                                .get(0)
                                .json())
                        .isEqualTo(RecordJson.write(record));
            }
        }
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "new", NOON);
            HotStoreContract.visible(store, SOURCE, 1, "title:word");
            HotStoreContract.visible(store, SOURCE, 4);
        }
        String mapping = server().ask("GET", "/" + prefix + "-test/_mapping");
        for (String part : List.of(
                "\"kind\":{\"type\":\"keyword\"",
                "\"title\":{\"type\":\"text\"}",
                "\"created_at\":{\"type\":\"date\"",
                "\"count\":{\"type\":\"integer\"}",
                "\"raw\":{\"type\":\"object\",\"enabled\":false}",
                "\"parts\":{\"properties\":{\"label\"")) {
            assertThat(mapping).contains(part);
        }
        Matcher settings = Pattern.compile("\"refresh_interval\":\"1s\"")
                .matcher(server().ask("GET", "/" + prefix + "-test-2026.11.28/_settings"));
        assertThat(settings.find()).isTrue();
    }
}
