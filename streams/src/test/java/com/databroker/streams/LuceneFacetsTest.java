package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is counted by blocks, by the index's own numbers and by thresholds is what one gets who looks
/// at each record.
final class LuceneFacetsTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");
    private static final int RECORDS = 30_000;
    private static final long SEED = 20_261_129;

    @TempDir
    private @Nullable Path folder;

    private final List<DataRecord> records = new ArrayList<>();
    private @Nullable HotStore open;

    private HotStore store() {
        return java.util.Objects.requireNonNull(open);
    }

    /// Three days, in the order in which they happened but for every tenth, and some put again.
    @BeforeEach
    void fill() throws Exception {
        HotConfig config = new HotConfig(
                java.util.Objects.requireNonNull(folder),
                HotConfig.RETENTION,
                HotConfig.BYTES_MAX,
                Duration.ofMillis(10),
                HotConfig.TIMEOUT);
        open = new LuceneHotStore(config, InstantSource.fixed(NOON));
        Random random = new Random(SEED);
        for (int i = 0; i < RECORDS; i++) {
            Instant happened = NOON.minus(3, ChronoUnit.DAYS).plusSeconds(i * 8L);
            Instant late = i % 10 == 0 ? happened.minusSeconds(random.nextInt(200_000)) : happened;
            DataRecord record = record(random, i, late);
            records.add(record);
            put(record, happened);
        }
        for (int i = 0; i < RECORDS; i += 997) {
            DataRecord record = record(random, i, NOON);
            records.set(i, record);
            put(record, NOON);
        }
        HotStoreContract.visible(store(), SOURCE, RECORDS);
    }

    private void put(DataRecord record, Instant arrived) throws IOException {
        store().put(SOURCE, HotSource.arrival(record, arrived));
    }

    private static DataRecord record(Random random, int i, Instant happened) {
        // A few that are frequent, and thousands that are not.
        int owner = (int) (4000 * Math.pow(random.nextDouble(), 6));
        return DataRecord.of(HotSource.SCHEMA)
                .set("id", "r" + i)
                .set("created_at", Arrival.micros(happened))
                .set("kind", "kind" + owner)
                .set("tags", List.of("tag" + random.nextInt(3000), "tag" + random.nextInt(3000)))
                .set("title", i % 7 == 0 ? "seldom word" : "word")
                .set("open", i % 3 == 0)
                .set("count", owner % 50)
                .build();
    }

    @AfterEach
    void close() throws Exception {
        store().close();
    }

    @Test
    void values_are_those_of_every_record() throws Exception {
        for (String q : List.of("", "word", "seldom", "open:true", "kind:kind3")) {
            for (int size : new int[] {1, 5, 20, 1000}) {
                same(q, "kind", size, record -> List.of((String) get(record, "kind")));
                same(q, "tags", size, LuceneFacetsTest::tags);
                same(q, "open", size, record -> List.of(get(record, "open").toString()));
                same(q, "count", size, record -> List.of(get(record, "count").toString()));
            }
        }
    }

    private static List<String> tags(DataRecord record) {
        return ((List<?>) get(record, "tags"))
                .stream().map(Object::toString).distinct().toList();
    }

    private static Object get(DataRecord record, String field) {
        return java.util.Objects.requireNonNull(record.get(field));
    }

    private void same(String q, String field, int size, Function<DataRecord, List<String>> values) throws IOException {
        Map<String, Long> all = new HashMap<>();
        records.stream()
                .filter(matches(q))
                .forEach(record -> values.apply(record).forEach(value -> all.merge(value, 1L, Long::sum)));
        List<StreamQuery.Count> expected = all.entrySet().stream()
                .map(each -> new StreamQuery.Count(each.getKey(), each.getValue()))
                .sorted(LuceneFacets.ORDER)
                .limit(size)
                .toList();
        StreamQuery.Answer answer = store().search(SOURCE, StreamQuery.of(q, 1).facet(field, size));
        assertThat(answer.values()).as(q + " by " + field).isEqualTo(expected);
        assertThat(answer.total()).isEqualTo(records.stream().filter(matches(q)).count());
    }

    private static Predicate<DataRecord> matches(String q) {
        return switch (q) {
            case "seldom" -> record -> get(record, "title").equals("seldom word");
            case "open:true" -> record -> get(record, "open").equals(true);
            case "kind:kind3" -> record -> get(record, "kind").equals("kind3");
            default -> record -> true;
        };
    }

    @Test
    void steps_are_those_of_every_record_whatever_their_length() throws Exception {
        for (String q : List.of("", "word", "seldom", "open:true", "kind:kind3")) {
            for (Duration step : List.of(Duration.ofHours(1), Duration.ofHours(6), Duration.ofDays(7))) {
                steps(StreamQuery.of(q, 1).histogram(step), matches(q));
                steps(StreamQuery.of(q, 1).histogram(step).facet("kind", 3), matches(q));
            }
            Instant from = NOON.minusSeconds(100_000);
            Instant to = NOON.minusSeconds(50_001);
            steps(
                    StreamQuery.of(q, 1).histogram(Duration.ofMinutes(7)).between(from, to),
                    matches(q).and(record -> {
                        long time = (Long) get(record, "created_at");
                        return time >= Arrival.micros(from) && time < Arrival.micros(to);
                    }));
        }
    }

    private void steps(StreamQuery query, Predicate<DataRecord> matching) throws IOException {
        long step = java.util.Objects.requireNonNull(query.histogram()).toNanos() / 1000;
        Map<Long, Long> all = new TreeMap<>();
        records.stream()
                .filter(matching)
                .forEach(record -> all.merge(Math.floorDiv((Long) get(record, "created_at"), step), 1L, Long::sum));
        List<StreamQuery.Step> expected = new ArrayList<>();
        all.forEach((number, count) -> expected.add(new StreamQuery.Step(Arrival.instant(number * step), count)));
        StreamQuery.Answer answer = store().search(SOURCE, query);
        assertThat(answer.steps()).as(query.toString()).isEqualTo(expected);
        assertThat(answer.total())
                .isEqualTo(all.values().stream().mapToLong(Long::longValue).sum());
    }
}
