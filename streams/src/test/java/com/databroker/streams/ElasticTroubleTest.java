package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a store does with every way in which a cluster fails.
final class ElasticTroubleTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");
    private final ElasticFake fake;

    ElasticTroubleTest() throws IOException {
        fake = new ElasticFake();
    }

    @AfterEach
    void end() {
        fake.close();
    }

    private HotStore open(Duration patience, URI... hosts) throws IOException {
        return open("", patience, hosts);
    }

    private HotStore open(String policy, Duration patience, URI... hosts) throws IOException {
        ElasticConfig base = ElasticServer.config("t", fake.address());
        return new ElasticHotStore(
                new ElasticConfig(
                        new ArrayList<>(hosts.length == 0 ? base.hosts() : List.of(hosts)),
                        "alice",
                        "s3cret-word",
                        "",
                        "",
                        "t",
                        1,
                        0,
                        policy,
                        HotConfig.RETENTION,
                        HotConfig.BYTES_MAX,
                        // Only who flushes sends here.
                        Duration.ofHours(1),
                        patience),
                List.of(SOURCE),
                InstantSource.fixed(NOON));
    }

    private static void put(HotStore store, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            store.put(SOURCE, HotSource.arrival("id" + i, NOON, NOON, "word"));
        }
    }

    private static List<String> ids(String bulk) {
        return bulk.lines()
                .filter(line -> line.startsWith("{\"index\":{"))
                .map(line -> line.replaceAll(".*\"_id\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    @Test
    void what_there_is_no_room_for_goes_again_and_the_rest_does_not() throws Exception {
        fake.say(
                new ElasticFake.Reply(429, "{\"error\":{\"type\":\"circuit_breaking_exception\",\"reason\":\"full\"}}"),
                ElasticFake.items(
                        ElasticFake.item(201, ""),
                        ElasticFake.item(429, "es_rejected_execution_exception"),
                        ElasticFake.item(503, "unavailable_shards_exception")),
                ElasticFake.items(ElasticFake.item(429, "es_rejected_execution_exception"), ElasticFake.item(200, "")));
        try (HotStore store = open(Duration.ofSeconds(20))) {
            put(store, 0, 3);
            store.flush(SOURCE);
            assertThat(fake.bulks.stream().map(ElasticTroubleTest::ids))
                    .containsExactly(
                            List.of("id0", "id1", "id2"),
                            List.of("id0", "id1", "id2"),
                            List.of("id1", "id2"),
                            List.of("id1"));
            assertThat(store.life(SOURCE)).isZero();
        }
    }

    @Test
    void an_answer_that_is_none_is_asked_for_again() throws Exception {
        fake.say(
                new ElasticFake.Reply(-1, ""),
                new ElasticFake.Reply(200, "<html>welcome</html>"),
                new ElasticFake.Reply(200, "{\"errors\":true,\"items\":[]}"),
                new ElasticFake.Reply(200, "{\"errors\":true,\"items\":[{\"index\":\"fine\"}]}"),
                new ElasticFake.Reply(200, "{\"errors\":true,\"ite"),
                new ElasticFake.Reply(502, "<html><h1>Bad Gateway</h1></html>"));
        try (HotStore store = open(Duration.ofSeconds(30))) {
            put(store, 0, 1);
            store.flush(SOURCE);
            assertThat(fake.bulks).hasSize(7);
            assertThat(store.life(SOURCE)).isZero();
        }
    }

    @Test
    void a_machine_that_says_nothing_is_left_for_the_next_one() throws Exception {
        URI nobody = URI.create("http://127.0.0.1:1");
        try (HotStore store = open(Duration.ofSeconds(2), nobody, fake.address())) {
            put(store, 0, 1);
            store.flush(SOURCE);
            fake.say(new ElasticFake.Reply(0, ""));
            put(store, 1, 2);
            store.flush(SOURCE);
            assertThat(fake.bulks).hasSize(3);
        }
    }

    @Test
    void what_is_too_large_for_somebody_on_the_way_goes_in_parts() throws Exception {
        fake.say(new ElasticFake.Reply(413, "too large"), new ElasticFake.Reply(413, "too large"));
        try (HotStore store = open(Duration.ofSeconds(20))) {
            put(store, 0, 8);
            store.flush(SOURCE);
            assertThat(fake.bulks.stream().map(bulk -> ids(bulk).size())).containsExactly(8, 4, 2, 2, 2, 2);
            assertThat(fake.bulks.subList(2, 6).stream().flatMap(bulk -> ids(bulk).stream()))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 8).mapToObj(i -> "id" + i).toList());
        }
    }

    @Test
    void a_record_that_is_refused_goes_once_more_in_a_form_that_can_always_be_kept() throws Exception {
        fake.say(
                ElasticFake.items(ElasticFake.item(400, "document_parsing_exception"), ElasticFake.item(201, "")),
                ElasticFake.items(ElasticFake.item(400, "document_parsing_exception")));
        try (HotStore store = open(Duration.ofSeconds(20))) {
            put(store, 0, 2);
            assertThatThrownBy(() -> store.flush(SOURCE)).hasMessageContaining("document_parsing_exception");
            assertThat(fake.bulks.get(0)).doesNotContain("@record");
            assertThat(ids(fake.bulks.get(1))).containsExactly("id0");
            assertThat(fake.bulks.get(1)).contains("\"@record\":\"{\\\"id\\\":\\\"id0\\\"");
            assertThat(store.life(SOURCE)).isEqualTo(1);
        }
    }

    @Test
    void who_may_not_is_told_at_once_and_no_secret_is_in_what_is_said() throws Exception {
        fake.say(new ElasticFake.Reply(403, "{\"error\":{\"type\":\"security_exception\",\"reason\":\"denied\"}}"));
        try (HotStore store = open(Duration.ofSeconds(20))) {
            put(store, 0, 1);
            assertThatThrownBy(() -> store.flush(SOURCE)).isInstanceOfSatisfying(IOException.class, refused -> {
                assertThat(refused).hasMessageContaining("security_exception, denied");
                assertThat(refused).hasMessageNotContaining("s3cret");
            });
            assertThat(fake.signatures).allMatch(signature -> signature.equals("Basic YWxpY2U6czNjcmV0LXdvcmQ="));
            assertThat(store.toString() + ElasticServer.config("t", fake.address()))
                    .doesNotContain("s3cret");
        }
    }

    @Test
    void a_cluster_that_stays_away_costs_what_waits_and_the_job_is_told() throws Exception {
        try (HotStore store = open(Duration.ofMillis(500), URI.create("http://127.0.0.1:1"))) {
            put(store, 0, 1);
            assertThatThrownBy(() -> store.flush(SOURCE)).hasMessageContaining("127.0.0.1:1");
            assertThat(store.life(SOURCE)).isEqualTo(1);
            assertThat(store.status().get(0).damage()).hasSize(1).allMatch(what -> what.contains("cannot be asked"));
            assertThatThrownBy(() -> store.count(SOURCE, StreamQuery.of("", 1))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void where_a_policy_of_the_cluster_deletes_databroker_names_it_and_does_not() throws Exception {
        fake.indexes = "[{\"index\":\"t-test-2026.11.01\",\"health\":\"red\",\"store.size\":\"1000\"}]";
        for (String policy : List.of("", "ten-days")) {
            fake.requests.clear();
            try (HotStore store = open(policy, Duration.ofSeconds(5))) {
                put(store, 0, 1);
                store.flush(SOURCE);
                store.expire();
                assertThat(store.status().get(0).damage())
                        .containsExactly("2026-11-01: a part of the index is missing in the cluster");
            }
            // The server that the other tests talk to has no policies, and refuses their name.
            assertThat(fake.requests.stream().filter(request -> request.startsWith("PUT /t-test-2026.11.28 ")))
                    .hasSize(1)
                    .allMatch(request -> request.contains("\"index.lifecycle.name\"") == !policy.isEmpty());
            assertThat(fake.requests.contains("DELETE /t-test-2026.11.01 ")).isEqualTo(policy.isEmpty());
        }
    }

    @Test
    void a_key_signs_in_as_well() throws Exception {
        ElasticConfig base = ElasticServer.config("t", fake.address());
        ElasticConfig config = new ElasticConfig(
                base.hosts(),
                "",
                "",
                "a2V5OnNlY3JldA==",
                "",
                "t",
                1,
                0,
                "",
                base.retention(),
                base.bytesMax(),
                base.refresh(),
                base.patience());
        try (HotStore store = new ElasticHotStore(config, List.of(), InstantSource.fixed(NOON))) {
            put(store, 0, 1);
            store.flush(SOURCE);
            assertThat(fake.signatures).allMatch(signature -> signature.equals("ApiKey a2V5OnNlY3JldA=="));
        }
    }

    @Test
    void answers_of_any_bytes_are_refused_and_break_nothing() throws Exception {
        String whole = "{\"errors\":true,\"items\":[{\"index\":{\"status\":201}},{\"index\":{\"status\":429,"
                + "\"error\":{\"type\":\"x\",\"caused_by\":{\"reason\":\"y\"}}}}]}";
        long seed = 7;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            StringBuilder broken = new StringBuilder(whole);
            for (int n = random.nextInt(4); n >= 0; n--) {
                broken.setCharAt(random.nextInt(broken.length()), (char) random.nextInt(32, 127));
            }
            broken.setLength(random.nextInt(broken.length() + 1));
            try {
                ElasticException.of(200, ElasticJson.parse(com.databroker.core.Bytes.utf8(broken.toString())));
            } catch (IOException refused) {
                assertThat(refused).as("seed " + seed).hasMessageStartingWith("Elasticsearch answers");
            }
        }
    }
}
