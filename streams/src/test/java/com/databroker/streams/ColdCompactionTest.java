package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ColdCompactionTest {
    private static final Instant NOON = ColdFixture.NOON;
    private static final Instant NEXT_DAY = NOON.plus(Duration.ofDays(1));

    @TempDir
    Path folder;

    private ColdTable table;

    @BeforeEach
    void open() throws IOException {
        table = ColdTable.open(folder.toString(), ColdFixture.small());
    }

    private static List<Arrival> read(ColdTable from) throws IOException {
        List<Arrival> rows = new ArrayList<>();
        from.scan(ColdScan.ALL, row -> rows.add(row.arrival()));
        return rows;
    }

    private void append(int number, List<Arrival> rows) throws IOException {
        table.commit("w", number, table.stage(rows));
    }

    @Test
    void many_small_files_become_one_with_the_same_rows_in_order() throws IOException {
        List<Arrival> rows = ColdFixture.rows(NOON, 0, 200);
        for (int i = 0; i < 10; i++) {
            List<Arrival> part = new ArrayList<>();
            for (int j = i; j < rows.size(); j += 10) {
                part.add(rows.get(j));
            }
            append(i + 1, part);
        }
        assertThat(table.compact(NEXT_DAY)).isEqualTo(new ColdCompaction.Result(10, 1, 200, 0));
        assertThat(table.statistics().files()).isEqualTo(1);
        assertThat(table.statistics().rows()).isEqualTo(200);
        assertThat(read(table)).containsExactlyElementsOf(rows);
        assertThat(table.compact(NEXT_DAY).merged()).isZero();
    }

    @Test
    void every_type_survives_compaction() throws IOException {
        ColdTable all = ColdTable.open(folder.resolve("all").toString(), ColdFixture.all());
        List<Arrival> rows = ColdSamples.ofEveryType();
        for (int i = 0; i < rows.size(); i++) {
            all.commit("w", 2L * i, all.stage(List.of(rows.get(i))));
            Arrival again = new Arrival(
                    rows.get(i).record(), rows.get(i).time(), rows.get(i).arrived(), 7, i);
            all.commit("w", 2L * i + 1, all.stage(List.of(again)));
        }
        List<Arrival> before = read(all);
        assertThat(all.compact(Instant.parse("9999-01-01T00:00:00Z")).made()).isPositive();
        assertThat(read(all)).hasSize(8).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void a_partition_that_is_written_to_is_merged_when_enough_has_come() throws IOException {
        for (int i = 0; i < 7; i++) {
            append(i + 1, ColdFixture.rows(NOON, i * 10, 10));
        }
        assertThat(table.compact(NOON).merged()).as("few files").isZero();
        append(8, ColdFixture.rows(NOON, 70, 10));
        assertThat(table.compact(NOON).merged()).isEqualTo(8);
        for (int i = 8; i < 15; i++) {
            append(i + 1, ColdFixture.rows(NOON, i * 10, 10));
        }
        assertThat(table.compact(NOON).merged())
                .as("the large one waits until as much has come")
                .isZero();
        append(16, ColdFixture.rows(NOON, 150, 10));
        assertThat(table.compact(NOON).merged()).isEqualTo(9);
        assertThat(table.compact(NEXT_DAY).merged()).isZero();
        assertThat(table.statistics().files()).isEqualTo(1);
    }

    @Test
    void what_was_compacted_is_removed_after_a_week_and_not_before() throws IOException {
        append(1, ColdFixture.rows(NOON, 0, 10));
        append(2, ColdFixture.rows(NOON, 10, 10));
        Instant now = Files.getLastModifiedTime(folder).toInstant();
        table.compact(now.plus(Duration.ofDays(300)));
        assertThat(table.vacuum(ColdTable.RETENTION_MIN, now.plus(Duration.ofDays(306)))
                        .files())
                .as("readers may still be at it, though the files are old")
                .isZero();
        assertThat(table.vacuum(ColdTable.RETENTION_MIN, now.plus(Duration.ofDays(308)))
                        .files())
                .isEqualTo(2);
        assertThat(read(table)).hasSize(20);
    }

    @Test
    void appending_and_compacting_at_the_same_time_loses_nothing() throws Exception {
        int writers = 3;
        int commits = 8;
        try (ExecutorService threads = Executors.newFixedThreadPool(writers + 2)) {
            List<Future<Long>> all = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                int first = writer * commits;
                all.add(threads.submit(() -> {
                    ColdTable own = ColdTable.open(folder.toString(), ColdFixture.small());
                    long version = 0;
                    for (int i = first; i < first + commits; i++) {
                        version = own.commit("w" + first, i, own.stage(ColdFixture.rows(NOON, i * 10, 10)));
                        assertThat(own.commit("w" + first, i, List.of())).isEqualTo(ColdTable.ALREADY);
                    }
                    return version;
                }));
            }
            Callable<Long> compaction = () -> {
                ColdTable own = ColdTable.open(folder.toString(), ColdFixture.small());
                long merged = 0;
                for (int i = 0; i < 4; i++) {
                    merged += own.compact(NEXT_DAY).merged();
                }
                return merged;
            };
            all.add(threads.submit(compaction));
            all.add(threads.submit(compaction));
            for (Future<Long> each : all) {
                each.get(120, TimeUnit.SECONDS);
            }
        }
        table.compact(NEXT_DAY);
        assertThat(table.statistics().rows()).isEqualTo(10L * writers * commits);
        assertThat(table.statistics().files()).isEqualTo(1);
        assertThat(read(table)).containsExactlyInAnyOrderElementsOf(ColdFixture.rows(NOON, 0, writers * commits * 10));
    }
}
