package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Runs of views on a real Flink over real tables, compared with counts made by hand.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ViewJobTest {
    private static final View WORDS = View.values("words", "Words a day.", "words");
    private static final View TERMS = View.terms("terms", "Terms a day.", "text");
    private static final ColdFixture SOURCE = new ColdFixture("all", ColdFixture.ALL, Granularity.MONTH);

    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedFlink flink;

    @BeforeAll
    void start(@TempDir Path home) {
        flink = EmbeddedFlink.start(home, Duration.ofSeconds(1), 1, 1);
    }

    @AfterAll
    void stop() {
        flink.close();
    }

    private static Arrival row(int number, Instant time, long arrived, List<String> words, String text) {
        long micros = Arrival.micros(time);
        DataRecord record = DataRecord.of(SOURCE.schema())
                .set("id", "r" + number)
                .set("time", micros)
                .set("words", words)
                .set("text", text)
                .build();
        return new Arrival(record, micros, arrived, 0, number);
    }

    private String place(View view, String test) {
        return folder.resolve(test + "-" + view.name()).toString();
    }

    private void run(ColdTable table, View view, String test, long horizon) throws IOException {
        ViewWork work = ViewWork.plan(table, table.folder().location(), view, place(view, test), horizon);
        flink.batch(work);
    }

    private List<ViewRow> rows(View view, String test) throws IOException {
        ViewTable result = ViewTable.open(place(view, test), view);
        List<ViewRow> rows = new ArrayList<>();
        result.read(result.latest(), result.entries(result.latest()), rows::add);
        return rows;
    }

    private static Map<String, Long> counts(List<ViewRow> rows) {
        Map<String, Long> counts = new TreeMap<>();
        for (ViewRow row : rows) {
            String key = LocalDate.ofEpochDay(row.day()) + " " + row.key();
            assertThat(counts.put(key, row.count())).as(key + " is there once").isNull();
        }
        return counts;
    }

    private static Map<String, Long> brute(List<Arrival> all, long horizon) {
        Map<String, Long> counts = new TreeMap<>();
        for (Arrival each : all) {
            if (each.arrived() < horizon) {
                for (Object word : new HashSet<>((List<?>) each.record().get("words"))) {
                    counts.merge(each.day() + " " + word, 1L, Long::sum);
                }
            }
        }
        return counts;
    }

    @Test
    void flinks_own_http_interface_which_asks_nobody_who_he_is_answers_nothing() throws Exception {
        for (String path : List.of("/", "/jobs", "/jobmanager/config", "/taskmanagers")) {
            HttpURLConnection asked =
                    (HttpURLConnection) flink.http().resolve(path).toURL().openConnection();
            assertThat(asked.getResponseCode()).as(path).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
        }
    }

    @Test
    void what_came_since_changes_its_days_and_no_other_whatever_the_order_of_arrival() throws Exception {
        ColdTable table = ColdTable.open(folder.resolve("cold").toString(), SOURCE);
        Random random = new Random(7);
        List<Arrival> all = new ArrayList<>();
        long clock = Arrival.micros(ColdFixture.NOON);
        for (int turn = 1; turn <= 4; turn++) {
            List<Arrival> batch = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                // The third turn is late for days of the first ones; some arrived after the horizon of their turn.
                Instant time = ColdFixture.NOON.minus(Duration.ofHours(random.nextInt(turn == 3 ? 24 * 60 : 48)));
                List<String> words = List.of("w" + random.nextInt(20), "w" + random.nextInt(20), "w1");
                batch.add(row(all.size() + i, time, clock + random.nextInt(1_200_000), words, ""));
            }
            table.commit("w", turn, table.stage(batch));
            all.addAll(batch);
            if (turn == 3) {
                table.compact(ColdFixture.NOON);
            }
            clock += 1_000_000;
            run(table, WORDS, "late", clock);
            assertThat(counts(rows(WORDS, "late"))).as("turn " + turn).isEqualTo(brute(all, clock));
        }
        long version = ViewTable.open(place(WORDS, "late"), WORDS).latest().getVersion();
        // The same run again, as after a kill behind its commit.
        run(table, WORDS, "late", clock);
        assertThat(ViewTable.open(place(WORDS, "late"), WORDS).latest().getVersion())
                .isEqualTo(version);
        ViewWork next = ViewWork.plan(table, table.folder().location(), WORDS, place(WORDS, "late"), clock + 1_000_000);
        Set<Integer> late = new HashSet<>();
        long horizon = clock;
        all.stream().filter(each -> each.arrived() >= horizon).forEach(each -> late.add(ViewKeys.day(each.time())));
        assertThat(next.days()).as("only days of what came behind the horizon").isEqualTo(late);
    }

    @Test
    void more_keys_than_are_kept_are_counted_in_one_row() throws Exception {
        ColdTable table = ColdTable.open(folder.resolve("many").toString(), SOURCE);
        List<Arrival> all = new ArrayList<>();
        for (int i = 0; i < 12_000; i++) {
            all.add(row(i, ColdFixture.NOON, i, List.of("rare" + i, "often" + i % 100), ""));
        }
        table.commit("w", 1, table.stage(all));
        run(table, WORDS, "many", 1_000_000);
        List<ViewRow> rows = rows(WORDS, "many");
        assertThat(rows).hasSize(10_001).allMatch(row -> row.records() == 12_000);
        assertThat(rows.stream().mapToLong(ViewRow::count).sum()).isEqualTo(24_000);
        assertThat(rows).filteredOn(row -> row.key() == null).singleElement().satisfies(others -> {
            assertThat(others.keys()).isEqualTo(2_100);
            assertThat(others.count()).isEqualTo(2_100);
        });
        assertThat(rows)
                .filteredOn(row -> "often7".equals(row.key()))
                .singleElement()
                .matches(row -> row.count() == 120);
    }

    @Test
    void a_term_is_compared_with_the_days_before() throws Exception {
        ColdTable table = ColdTable.open(folder.resolve("texts").toString(), SOURCE);
        List<Arrival> all = new ArrayList<>();
        for (int day = 0; day < 20; day++) {
            for (int i = 0; i < 10; i++) {
                String text = "Every day's word" + (day == 19 && i < 8 ? ", flood" : "") + (i == 0 ? " tide" : "");
                all.add(row(all.size(), ColdFixture.NOON.plus(Duration.ofDays(day)), all.size(), List.of(), text));
            }
        }
        table.commit("w", 1, table.stage(all.subList(0, 195)));
        run(table, TERMS, "trend", 195);
        table.commit("w", 2, table.stage(all.subList(195, 200)));
        run(table, TERMS, "trend", 1_000_000);
        int last = ViewKeys.day(all.getLast().time());
        List<ViewRow> rows = rows(TERMS, "trend");
        assertThat(rows).hasSize(20 * 4 + 1);
        assertThat(rows)
                .filteredOn(row -> row.day() == last)
                .extracting(ViewRow::key, ViewRow::count, ViewRow::score)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("every", 10L, 1.0),
                        org.assertj.core.groups.Tuple.tuple("day", 10L, 1.0),
                        org.assertj.core.groups.Tuple.tuple("word", 10L, 1.0),
                        org.assertj.core.groups.Tuple.tuple("tide", 1L, 1.0),
                        org.assertj.core.groups.Tuple.tuple("flood", 8L, 13.0 / 5));
        assertThat(rows).filteredOn(row -> row.day() == last - 19).allMatch(row -> Double.isNaN(row.score()));
    }

    /// What an answer must count: what is stored, and what is found in the hot store and arrived behind the
    /// horizon.
    private static Map<String, Long> expected(List<Arrival> stored, List<Arrival> waiting, ViewAnswer answer) {
        List<Arrival> all = new ArrayList<>(stored);
        long horizon = answer.horizon() == null ? Long.MIN_VALUE : Arrival.micros(answer.horizon());
        waiting.stream().filter(each -> each.arrived() >= horizon).forEach(all::add);
        return brute(all, Long.MAX_VALUE);
    }

    private static Map<String, Long> counts(ViewAnswer answer) {
        Map<String, Long> counts = new TreeMap<>();
        for (ViewAnswer.Day day : answer.days()) {
            day.rows().forEach(row -> counts.put(day.day() + " " + row.key(), row.count()));
            assertThat(day.others()).isZero();
        }
        return counts;
    }

    @Test
    void run_cold_and_hot_together_count_each_record_once_at_every_moment() throws Exception {
        long[] now = {Arrival.micros(ColdFixture.NOON)};
        InstantSource clock = () -> Arrival.instant(now[0]);
        ColdTable table = ColdTable.open(folder.resolve("seam").toString(), SOURCE);
        HotConfig config = HotConfig.in(folder.resolve("hot"));
        try (LuceneHotStore hot = new LuceneHotStore(config, clock)) {
            ViewServing serving =
                    new ViewServing(WORDS, table, table.folder().location(), hot, place(WORDS, "seam"), clock);
            ViewQuery query = new ViewQuery(LocalDate.parse("2026-08-01"), LocalDate.parse("2026-12-31"), 30, null);
            Random random = new Random(11);
            List<Arrival> stored = new ArrayList<>();
            List<Arrival> waiting = new ArrayList<>();
            assertThat(serving.answer(query).partial()).contains("not run yet");
            for (int turn = 1; turn <= 24; turn++) {
                for (int i = 0; i < 40; i++) {
                    Instant time = clock.instant().minus(Duration.ofHours(random.nextInt(24 * 70)));
                    List<String> words = List.of("w" + random.nextInt(20), "w" + random.nextInt(20));
                    Arrival each = row(turn * 100 + i, time, now[0] - random.nextInt(5_000_000), words, "");
                    hot.put(SOURCE, each);
                    waiting.add(each);
                }
                hot.flush(SOURCE);
                int put = stored.size() + waiting.size();
                Await.until("all are found", () -> hot.count(SOURCE, StreamQuery.of("", 1)) == put);
                now[0] += 2_000_000;
                if (turn % 3 == 0) {
                    // A checkpoint, which comes after a run now and then: some of it arrived before that run's horizon.
                    List<Arrival> some = new ArrayList<>(waiting.subList(0, waiting.size() / 2));
                    table.commit("w", turn, table.stage(some));
                    stored.addAll(some);
                    waiting.removeAll(some);
                }
                if (turn % 6 == 4) {
                    serving.run(flink::batch, now[0] - 1_000_000);
                }
                if (turn == 13) {
                    table.compact(clock.instant());
                }
                ViewAnswer answer = serving.answer(query);
                if (turn > 4) {
                    assertThat(answer.partial()).isNull();
                    assertThat(counts(answer)).as("turn " + turn).isEqualTo(expected(stored, waiting, answer));
                }
            }
            table.commit("w", 100, table.stage(waiting));
            stored.addAll(waiting);
            assertThat(counts(serving.answer(query))).isEqualTo(brute(stored, Long.MAX_VALUE));
            // The hot store has dropped all of it, and the last run was long ago.
            now[0] += 864_000_000_000L;
            assertThat(counts(serving.answer(query))).isEqualTo(brute(stored, Long.MAX_VALUE));
            ViewAnswer one = serving.answer(new ViewQuery(query.from(), query.to(), 1, "w7"));
            assertThat(one.days()).allMatch(day -> day.rows().size() <= 1);
            assertThat(one.days().stream().mapToLong(ViewAnswer.Day::records).sum())
                    .isEqualTo(stored.size());
        }
    }
}
