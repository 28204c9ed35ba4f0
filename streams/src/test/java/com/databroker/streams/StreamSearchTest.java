package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Forty days of records, ten of them hot, against a look at every one of them.
final class StreamSearchTest {
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
    private static final int DAYS = 40;
    private static final int PER_DAY = 60;
    private static final Source SOURCE = HotSource.named("forty");

    @TempDir
    static Path folder;

    private static final List<Arrival> ALL = new ArrayList<>();
    private static LuceneHotStore hot;
    private static ColdTable cold;
    private static StreamSearch search;

    @BeforeAll
    static void fill() throws IOException {
        InstantSource clock = InstantSource.fixed(NOW);
        hot = new LuceneHotStore(HotConfig.in(folder.resolve("hot")), clock);
        cold = ColdTable.open(folder.resolve("cold").toString(), SOURCE);
        search = new StreamSearch(hot, clock);
        SplittableRandom random = new SplittableRandom(17);
        int recent = 0;
        for (int day = DAYS - 1; day >= 0; day--) {
            List<Arrival> rows = new ArrayList<>();
            for (int i = 0; i < PER_DAY; i++) {
                Instant time = NOW.minus(day, ChronoUnit.DAYS).minusSeconds(random.nextInt(40_000));
                DataRecord any = HotSource.random(random, "id-" + day + "-" + i, time);
                DataRecord.Builder record = DataRecord.of(HotSource.SCHEMA);
                for (int place = 0; place < HotSource.SCHEMA.size(); place++) {
                    record.set(place, any.get(place));
                }
                record.set("created_at", any.get(1) == null ? null : (Object) Arrival.micros(time));
                rows.add(HotSource.arrival(record.build(), time.plusSeconds(60)));
            }
            cold.commit("w", DAYS - day, cold.stage(rows));
            ALL.addAll(rows);
            for (Arrival row : rows) {
                if (row.arrived() >= Arrival.micros(NOW.minus(10, ChronoUnit.DAYS))) {
                    hot.put(SOURCE, row);
                    recent++;
                }
            }
        }
        HotStoreContract.visible(hot, SOURCE, recent);
    }

    @AfterAll
    static void close() throws IOException {
        hot.close();
    }

    private static final Map<String, List<Arrival>> MATCHING = new HashMap<>();

    /// Each record is looked at once for each query, as if it were alone.
    private static Stream<Arrival> matching(StreamQuery query) {
        return MATCHING
                .computeIfAbsent(query.q(), q -> {
                    StreamQueryMatcher matcher = new StreamQueryMatcher(SOURCE.schema(), StreamQuery.of(q, 1));
                    return ALL.stream()
                            .filter(row -> matcher.matches(row.record(), row.time()))
                            .toList();
                })
                .stream()
                .filter(row -> query.from() == null || row.time() >= Arrival.micros(query.from()))
                .filter(row -> query.to() == null || row.time() < Arrival.micros(query.to()));
    }

    private static List<String> expected(StreamQuery query) {
        return matching(query)
                .sorted(Comparator.comparingLong(Arrival::time).reversed().thenComparing(Arrival::id))
                .map(Arrival::id)
                .toList();
    }

    private static final List<String> QUERIES = List.of(
            "",
            "fox",
            "kind:PushEvent",
            "title:networks -running",
            "transformer OR cafe",
            "bytes>5 AND open:true",
            "created_at:[2026-10-25 TO 2026-11-02]",
            "tags:P*",
            "owner.note:star",
            "title:\"quick foxes\"~3",
            "notes:*",
            "parts.size:[2 TO 7]",
            "title:ru?",
            "score:[-1 TO 2}");

    @Test
    void both_stores_together_find_what_a_look_at_every_record_finds_page_by_page() throws IOException {
        Set<Integer> sizes = new HashSet<>();
        Map<String, Arrival> byId = new HashMap<>();
        ALL.forEach(row -> byId.put(row.id(), row));
        for (String q : QUERIES) {
            StreamQuery query = StreamQuery.of(q, 250);
            List<String> found = new ArrayList<>();
            StreamAnswer page = search.search(SOURCE, cold, query);
            while (true) {
                page.hits().forEach(hit -> {
                    found.add(hit.id());
                    Arrival row = java.util.Objects.requireNonNull(byId.get(hit.id()));
                    assertThat(hit.json()).isEqualTo(RecordJson.write(row.record()));
                });
                assertThat(page.exact() && page.total() != expected(query).size())
                        .as(q)
                        .isFalse();
                if (page.next() == null) {
                    break;
                }
                page = search.search(SOURCE, cold, query.after(page.next()));
            }
            assertThat(found).as(q).isEqualTo(expected(query));
            assertThat(page.partial()).isNull();
            sizes.add(found.size());
        }
        assertThat(sizes).hasSizeGreaterThan(8);
    }

    @Test
    void values_and_steps_count_what_is_in_both_stores() throws IOException {
        for (String q : QUERIES.subList(0, 4)) {
            for (String field :
                    List.of("kind", "tags", "bytes", "score", "open", "parts.label", "sizes", "created_at")) {
                StreamQuery query = StreamQuery.of(q, 5)
                        .facet(field, field.equals("created_at") ? 1 : 1000)
                        .histogram(Duration.ofDays(3));
                StreamAnswer answer = search.search(SOURCE, cold, query);
                String what = q + ", " + field;
                assertThat(answer.total()).as(what).isEqualTo(matching(query).count());
                assertThat(answer.exact()).as(what).isTrue();
                if (!field.equals("created_at")) {
                    assertThat(counts(answer.values())).as(what).isEqualTo(values(query, field));
                }
                Map<Instant, Long> steps = new TreeMap<>();
                long step = Duration.ofDays(3).toNanos() / 1000;
                matching(query)
                        .forEach(row ->
                                steps.merge(Arrival.instant(Math.floorDiv(row.time(), step) * step), 1L, Long::sum));
                Map<Instant, Long> told = new TreeMap<>();
                answer.steps().forEach(each -> told.put(each.begin(), each.count()));
                assertThat(told).as(what).isEqualTo(steps);
            }
        }
    }

    private static Map<String, Long> counts(List<StreamQuery.Count> values) {
        Map<String, Long> counts = new HashMap<>();
        values.forEach(each -> counts.put(each.value(), each.count()));
        return counts;
    }

    private static Map<String, Long> values(StreamQuery query, String field) {
        ColdField place = ColdField.of(SOURCE.schema(), field);
        Map<String, Long> counts = new HashMap<>();
        matching(query).forEach(row -> {
            Set<String> own = new HashSet<>();
            place.any(row.record()::get, value -> {
                // Neither is kept as a value: one is no number, the other the same as the other zero.
                if (!value.equals(Double.NaN)) {
                    own.add(value.equals(-0.0) ? "0.0" : value.toString());
                }
                return false;
            });
            own.forEach(each -> counts.merge(each, 1L, Long::sum));
        });
        return counts;
    }

    @Test
    void a_narrow_question_over_thirty_days_reads_the_partitions_it_needs_and_no_other() throws IOException {
        StreamQuery month = StreamQuery.of("kind:WatchEvent", 10).between(NOW.minus(30, ChronoUnit.DAYS), NOW);
        // The hot store fills the page: of the cold one nothing newer can come.
        assertThat(search.search(SOURCE, cold, month).read().files()).isLessThanOrEqualTo(1);

        Instant begin = Instant.parse("2026-11-05T00:00:00Z");
        StreamQuery days = StreamQuery.of("kind:WatchEvent", 1000).between(begin, begin.plus(2, ChronoUnit.DAYS));
        StreamAnswer narrow = search.search(SOURCE, cold, days);
        assertThat(narrow.hits()).hasSize((int) matching(days).count()).isNotEmpty();
        assertThat(narrow.read().partitions()).isEqualTo(2);
        assertThat(narrow.read().ofPartitions()).isGreaterThanOrEqualTo(DAYS);
        assertThat(narrow.read().files()).isLessThanOrEqualTo(4);

        StreamQuery all = StreamQuery.of("kind:WatchEvent", 1000).between(NOW.minus(30, ChronoUnit.DAYS), NOW);
        StreamAnswer wide = search.search(SOURCE, cold, all);
        assertThat(wide.hits()).hasSize((int) matching(all).count());
        // Ten of the thirty days are hot.
        assertThat(wide.read().partitions()).isBetween(20, 22);
    }

    @Test
    void a_search_that_takes_too_long_ends_in_time_and_says_what_may_be_missing() throws IOException {
        AtomicInteger looks = new AtomicInteger();
        InstantSource slow = () -> NOW.plusSeconds(looks.incrementAndGet());
        StreamQuery query = StreamQuery.of("", 1).facet("kind", 20);
        StreamAnswer answer = new StreamSearch(hot, slow).search(SOURCE, cold, query);
        assertThat(answer.partial()).contains("10 s", "happened before 2026-11-");
        assertThat(answer.exact()).isFalse();
        assertThat(answer.read().files()).isBetween(1, 15);
        assertThat(answer.total()).isLessThan(ALL.size());
    }
}
