package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A cold table in a bucket of a real S3 server.
final class S3TableTest {
    private static final Instant NOON = ColdFixture.NOON;

    @TempDir
    static Path folder;

    private static S3Server server;

    @BeforeAll
    static void start() throws IOException {
        server = S3Server.start(folder);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    private static String at(String name) {
        return server.place("tables").child(name).text();
    }

    private static List<String> ids(ColdTable table) throws IOException {
        List<String> ids = new ArrayList<>();
        table.scan(ColdScan.ALL.ids(), row -> ids.add(row.id()));
        return ids;
    }

    private static List<String> keys(String prefix) {
        return S3Clients.of(server.place(""))
                .listObjectsV2(list -> list.bucket(S3Server.BUCKET).prefix(prefix))
                .contents()
                .stream()
                .map(each -> each.key())
                .toList();
    }

    @Test
    void a_table_in_a_bucket_is_as_one_in_a_folder() throws IOException {
        ColdTable table = ColdTable.open(at("all"), ColdFixture.all());
        List<Arrival> rows = ColdSamples.ofEveryType();
        List<ColdFile> staged = table.stage(rows);
        assertThat(table.commit("w", 1, staged)).isPositive();
        assertThat(table.commit("w", 1, staged)).isEqualTo(ColdTable.ALREADY);
        table.requireKnown(new ColdBatch("w", 1, staged));
        List<String> found = new ArrayList<>();
        ColdTable.open(at("all"), ColdFixture.all())
                .scan(ColdScan.ALL, row -> found.add(row.arrival().toString()));
        assertThat(found)
                .containsExactlyInAnyOrderElementsOf(
                        rows.stream().map(Arrival::toString).toList());
        ColdIds known = new ColdIds(at("all"), ColdFixture.all());
        assertThat(known.has(LocalDate.of(2026, 11, 28), "ordinary")).isTrue();
        assertThat(known.has(LocalDate.of(2026, 11, 28), "unknown")).isFalse();
        assertThat(keys("tables/all/_delta_log/")).contains("tables/all/_delta_log/00000000000000000001.json");
    }

    @Test
    void fields_can_be_added_and_partitions_that_are_not_asked_for_are_not_read() throws IOException {
        ColdTable before = ColdTable.open(at("more"), ColdFixture.small());
        for (int day = 0; day < 5; day++) {
            before.commit("w", day + 1, before.stage(ColdFixture.rows(NOON.minus(Duration.ofDays(day)), day * 10, 10)));
        }
        Schema wider = Schema.named("small.v2")
                .add("id", FieldType.KEYWORD, "Its id.")
                .add("time", FieldType.TIME, "When it happened.")
                .add("text", FieldType.TEXT, "A text.")
                .add("later", FieldType.LONG, "A number.")
                .build();
        ColdTable after = ColdTable.open(at("more"), new ColdFixture("small", wider, Granularity.DAY));
        List<Object> later = new ArrayList<>();
        ColdScan.Result result = after.scan(
                ColdScan.ALL.since(Arrival.micros(NOON.minus(Duration.ofDays(1)))), row -> later.add(row.id()));
        assertThat(later).hasSize(20);
        assertThat(result.partitionsRead()).isEqualTo(2);
        assertThat(result.partitions()).isEqualTo(5);
        assertThat(result.filesRead()).isEqualTo(2);
    }

    @Test
    void writers_that_race_and_one_that_compacts_lose_nothing_and_double_nothing() throws Exception {
        String location = at("race");
        ColdTable.open(location, ColdFixture.small());
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int writer = 0; writer < 3; writer++) {
                int first = writer * 1_000;
                all.add(threads.submit(() -> {
                    ColdTable own = ColdTable.open(location, ColdFixture.small());
                    for (int number = 1; number <= 6; number++) {
                        List<Arrival> rows = ColdFixture.rows(NOON, first + number * 10, 10);
                        assertThat(own.commit("w" + first, number, own.stage(rows)))
                                .isPositive();
                        assertThat(own.commit("w" + first, number, List.of())).isEqualTo(ColdTable.ALREADY);
                    }
                    return null;
                }));
            }
            all.add(threads.submit(() -> {
                ColdTable own = ColdTable.open(location, ColdFixture.small());
                for (int i = 0; i < 3; i++) {
                    own.compact(NOON.plus(Duration.ofDays(2)));
                }
                return null;
            }));
            for (Future<?> each : all) {
                each.get(120, TimeUnit.SECONDS);
            }
        }
        ColdTable table = ColdTable.open(location, ColdFixture.small());
        assertThat(ids(table)).hasSize(180).doesNotHaveDuplicates();
        table.compact(NOON.plus(Duration.ofDays(2)));
        assertThat(table.statistics().files()).isEqualTo(1);
        assertThat(ids(table)).hasSize(180).doesNotHaveDuplicates();
        table.stage(ColdFixture.rows(NOON, 5_000, 5));
        int before = keys("tables/race/date=").size();
        assertThat(table.vacuum(ColdTable.RETENTION_MIN, Instant.now().plus(Duration.ofDays(6)))
                        .files())
                .isZero();
        assertThat(table.vacuum(ColdTable.RETENTION_MIN, NOON.plus(Duration.ofDays(3650)))
                        .files())
                .isEqualTo(before - 1);
        assertThat(keys("tables/race/date=")).hasSize(1);
        assertThat(ids(table)).hasSize(180);
    }

    @Test
    void what_a_killed_writer_had_committed_is_not_committed_again() throws Exception {
        int batches = 25;
        SplittableRandom random = new SplittableRandom(4711);
        List<Integer> reached = new ArrayList<>();
        for (int kill = 0; kill < 3; kill++) {
            Path log = folder.resolve("writer-" + kill);
            Process child = writer(log, batches);
            int until = 1 + random.nextInt(batches / 2);
            Await.until(
                    "it commits",
                    () -> !child.isAlive() || Files.readAllLines(log).size() > until);
            assertThat(child.isAlive()).as(Files.readString(log)).isTrue();
            child.destroyForcibly().waitFor();
            reached.add(Files.readAllLines(log).size());
        }
        Path log = folder.resolve("writer-last");
        assertThat(writer(log, batches).waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(log)).endsWith("done\n");
        List<String> ids = ids(ColdTable.open(at("killed"), ColdFixture.small()));
        assertThat(ids).as("killed at " + reached).hasSize(batches * S3Writer.ROWS);
        assertThat(new TreeSet<>(ids)).hasSize(batches * S3Writer.ROWS);
    }

    private static Process writer(Path log, int batches) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1"));
        command.addAll(S3Server.credentials());
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                S3Writer.class.getName(),
                at("killed"),
                String.valueOf(batches)));
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("writer-errors").toFile())
                .redirectOutput(log.toFile())
                .start();
    }

    @Test
    void a_job_that_failed_on_its_way_brings_every_row_once() throws Exception {
        Path own = Files.createDirectory(folder.resolve("job"));
        new ColdSinkTest.Run(own, at("job")).check();
    }
}
