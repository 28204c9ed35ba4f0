package com.databroker.streams;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// How long searches of the cold store take, over thirty days; `benchmarks/cold-search` runs it.
final class ColdSearchBench {
    private static final Instant NOW = Instant.parse("2026-11-28T00:00:00Z");
    private static final int DAYS = 30;
    private static final int WORDS = 20_000;
    private static final int RUNS = 7;

    private static final Schema SCHEMA = Schema.named("bench.v1")
            .add("id", FieldType.KEYWORD, "Its id.")
            .add("created_at", FieldType.TIME, "When it happened.")
            .add("kind", FieldType.KEYWORD, "One of a few.")
            .add("repo", FieldType.KEYWORD, "One of many.")
            .add("actor", FieldType.KEYWORD, "One of many.")
            .add("labels", FieldType.listOf(FieldType.KEYWORD), "Some of a few.")
            .add("title", FieldType.TEXT, "Some words.")
            .add("body", FieldType.TEXT, "Many words.")
            .add("number", FieldType.INT, "A number.")
            .add("bytes", FieldType.LONG, "A number.")
            .add("raw", FieldType.JSON, "Kept and not searched.")
            .build();

    private final Source source = new HotSource("bench", SCHEMA);
    private final ColdTable table;
    private final StreamSearch search;

    private ColdSearchBench(ColdTable table, StreamSearch search) {
        this.table = table;
        this.search = search;
    }

    /// @param args a folder that is empty or holds the table of a run before; how many rows
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int rows = Integer.parseInt(args[1]);
        InstantSource clock = InstantSource.system();
        Source source = new HotSource("bench", SCHEMA);
        ColdTable table = ColdTable.open(folder.resolve("cold").toString(), source);
        if (table.statistics().rows() == 0) {
            fill(table, rows);
        }
        try (LuceneHotStore hot = new LuceneHotStore(HotConfig.in(folder.resolve("hot")), clock)) {
            new ColdSearchBench(table, new StreamSearch(hot, clock)).run();
        }
        System.exit(0);
    }

    private static void fill(ColdTable table, int rows) throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        long begin = System.nanoTime();
        for (int day = 0; day < DAYS; day++) {
            List<Arrival> all = new ArrayList<>();
            for (int i = 0; i < rows / DAYS; i++) {
                Instant time = NOW.minus(DAYS - day, ChronoUnit.DAYS).plusMillis(random.nextInt(86_400_000));
                all.add(row(random, "event-" + day + "-" + i, time));
            }
            table.commit("bench", day + 1, table.stage(all));
        }
        System.out.printf(Locale.ROOT, "written in %.1f s%n", (System.nanoTime() - begin) / 1e9);
    }

    private static Arrival row(RandomGenerator random, String id, Instant time) {
        long micros = Arrival.micros(time);
        DataRecord record = DataRecord.of(SCHEMA)
                .set("id", id)
                .set("created_at", micros)
                .set("kind", "Kind" + skewed(random, 15) + "Event")
                .set("repo", "org-" + random.nextInt(500) + "/repo-" + random.nextInt(100))
                .set("actor", "actor-" + random.nextInt(200_000))
                .set("labels", List.of("label-" + random.nextInt(30), "label-" + random.nextInt(30)))
                .set("title", words(random, 8))
                .set("body", words(random, 60))
                .set("number", random.nextInt(10_000))
                .set("bytes", random.nextLong(1L << 30))
                .set("raw", "{\"payload\":\"" + words(random, 30) + "\"}")
                .build();
        // Long ago, so that none of it is of the hot store's days.
        return new Arrival(record, micros, Arrival.micros(Instant.parse("2020-01-01T00:00:00Z")), 0, 0);
    }

    private static int skewed(RandomGenerator random, int bound) {
        double share = random.nextDouble();
        return (int) (bound * share * share * share);
    }

    private static String words(RandomGenerator random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(word(skewed(random, WORDS))).append(i % 12 == 11 ? ". " : " ");
        }
        return text.toString();
    }

    private static String word(int number) {
        StringBuilder word = new StringBuilder();
        for (int rest = number + 30; rest > 0; rest /= 30) {
            word.append("bacadafagahijekelimenipoqoruso", rest % 15 * 2, rest % 15 * 2 + 2);
        }
        return word.append(number % 7).toString();
    }

    private void run() throws IOException {
        ColdTable.Statistics held = table.statistics();
        System.out.printf(
                Locale.ROOT,
                "%,d rows, %d partitions, %d files, %.0f MB%n%n",
                held.rows(),
                held.partitions(),
                held.files(),
                held.bytes() / 1e6);
        Instant day = NOW.minus(12, ChronoUnit.DAYS);
        System.out.println("| question | hits | first | median | slowest | partitions | files |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
        StreamQuery month = StreamQuery.of("", 20).between(NOW.minus(DAYS, ChronoUnit.DAYS), NOW);
        ask("newest 20 of 30 days", month);
        ask("one repository, one day", of("repo:\"org-17/repo-4\"").between(day, day.plus(1, ChronoUnit.DAYS)));
        ask("one repository, 30 days", of("repo:\"org-17/repo-4\"").between(month.from(), NOW));
        ask("a rare word in any field, one day", of(word(WORDS - 3)).between(day, day.plus(1, ChronoUnit.DAYS)));
        ask("two rare words in the text, 30 days", of("body:" + word(9_001) + " body:" + word(8_007)));
        ask("a rare word in any field, 30 days", of(word(WORDS - 3)).between(month.from(), NOW));
        ask("a frequent word in any field, 30 days", of(word(3)).between(month.from(), NOW));
        ask(
                "numbers in a range, 30 days",
                of("number:[17 TO 18] AND bytes>1000000").between(month.from(), NOW));
        ask("values of a field, 30 days", month.facet("kind", 20));
        ask("a histogram by days, 30 days", month.histogram(Duration.ofDays(1)));
        plain(word(WORDS - 3), day);
    }

    private static StreamQuery of(String q) {
        return StreamQuery.of(q, 20);
    }

    private void ask(String what, StreamQuery query) throws IOException {
        long[] took = new long[RUNS];
        StreamAnswer answer = search.search(source, table, query);
        for (int i = 0; i < RUNS; i++) {
            long begin = System.nanoTime();
            answer = search.search(source, table, query);
            took[i] = System.nanoTime() - begin;
        }
        long first = took[0];
        Arrays.sort(took);
        System.out.printf(
                Locale.ROOT,
                "| %s | %d of %s%d | %.0f ms | %.0f ms | %.0f ms | %d of %d | %d of %d |%s%n",
                what,
                answer.hits().size(),
                answer.exact() ? "" : "at least ",
                answer.total(),
                first / 1e6,
                took[RUNS / 2] / 1e6,
                took[RUNS - 1] / 1e6,
                answer.read().partitions(),
                answer.read().ofPartitions(),
                answer.read().files(),
                answer.read().ofFiles(),
                answer.partial() == null ? "" : " " + answer.partial());
    }

    /// The same question without columns left out and without a look at the values: each record is made, and an index
    /// of it.
    private void plain(String q, Instant day) throws IOException {
        StreamQuery query = of(q);
        ColdScan scan = ColdScan.ALL.since(Arrival.micros(day)).before(Arrival.micros(day.plus(1, ChronoUnit.DAYS)));
        StreamQueryMatcher matcher = new StreamQueryMatcher(SCHEMA, query);
        double best = Double.MAX_VALUE;
        long rows = 0;
        for (int i = 0; i < 3; i++) {
            long[] seen = new long[2];
            long begin = System.nanoTime();
            table.scan(scan, row -> {
                Arrival arrival = row.arrival();
                seen[0]++;
                seen[1] += matcher.matches(arrival.record(), arrival.time()) ? 1 : 0;
                return true;
            });
            best = Math.min(best, System.nanoTime() - begin);
            rows = seen[0];
        }
        System.out.printf(
                Locale.ROOT,
                "%nWithout both, a rare word in any field, one day: %.0f ms, %.1f us a record.%n",
                best / 1e6,
                best / 1e3 / rows);
    }
}
