package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ColdTableTest {
    private static final Instant NOON = ColdFixture.NOON;

    @TempDir
    Path folder;

    private ColdTable table;

    @BeforeEach
    void open() throws IOException {
        table = ColdTable.open(folder.resolve("with a blank/100%").toString(), ColdFixture.small());
    }

    private static List<Arrival> read(ColdTable from, ColdScan what) throws IOException {
        List<Arrival> rows = new ArrayList<>();
        from.scan(what, row -> rows.add(row.arrival()));
        return rows;
    }

    private static List<String> ids(ColdTable from, ColdScan what) throws IOException {
        List<String> ids = new ArrayList<>();
        from.scan(what, row -> ids.add(row.id()));
        return ids;
    }

    private void append(int number, List<Arrival> rows) throws IOException {
        assertThat(table.commit("w", number, table.stage(rows))).isPositive();
    }

    @Test
    void every_type_comes_back_as_it_was() throws IOException {
        ColdTable all = ColdTable.open("file:" + folder.resolve("all"), ColdFixture.all());
        List<Arrival> rows = ColdSamples.ofEveryType();
        all.commit("w", 1, all.stage(rows));
        List<Arrival> back = read(all, ColdScan.ALL);
        assertThat(back).containsExactlyInAnyOrderElementsOf(rows);
    }

    @Test
    void what_is_staged_is_not_there_before_it_is_committed() throws IOException {
        List<ColdFile> staged = table.stage(ColdFixture.rows(NOON, 0, 10));
        assertThat(ids(table, ColdScan.ALL)).isEmpty();
        table.commit("w", 1, staged);
        assertThat(ids(table, ColdScan.ALL)).hasSize(10);
    }

    @Test
    void who_read_before_sees_what_another_commits_now() throws IOException {
        ColdTable another = ColdTable.open(table.folder().location(), table.source());
        append(1, ColdFixture.rows(NOON, 0, 10));
        assertThat(ids(another, ColdScan.ALL)).hasSize(10);
        // More than the ten versions behind which the log is summed up.
        for (int i = 1; i < 15; i++) {
            append(1 + i, ColdFixture.rows(NOON, 10 * i, 10));
            assertThat(ids(another, ColdScan.ALL)).hasSize(10 * i + 10);
        }
        another.compact(NOON.plus(Duration.ofDays(1)));
        assertThat(ids(table, ColdScan.ALL)).hasSize(150);
        assertThat(table.mayHold(ColdScan.ALL.since(Arrival.micros(NOON.plus(Duration.ofDays(2))))))
                .isFalse();
        assertThat(table.mayHold(ColdScan.ALL.since(Arrival.micros(NOON)))).isTrue();
    }

    @Test
    void who_asks_seldom_sees_what_was_committed_although_the_log_was_cleaned_meanwhile() throws IOException {
        ColdTable another = ColdTable.open(table.folder().location(), table.source());
        append(1, ColdFixture.rows(NOON, 0, 10));
        assertThat(ids(another, ColdScan.ALL)).hasSize(10);
        for (int i = 1; i < 15; i++) {
            append(1 + i, ColdFixture.rows(NOON, 10 * i, 10));
        }
        // What is older than a checkpoint, as any program cleans the log of Delta when a week is over.
        Path log = folder.resolve("with a blank/100%/_delta_log");
        for (int version = 0; version < 10; version++) {
            Files.delete(log.resolve("%020d.json".formatted(version)));
        }
        assertThat(ids(another, ColdScan.ALL)).hasSize(150);
    }

    @Test
    void the_same_commit_again_changes_nothing() throws IOException {
        List<ColdFile> staged = table.stage(ColdFixture.rows(NOON, 0, 10));
        long version = table.commit("w", 7, staged);
        assertThat(table.commit("w", 7, staged)).isEqualTo(ColdTable.ALREADY);
        assertThat(table.commit("w", 6, staged)).isEqualTo(ColdTable.ALREADY);
        assertThat(table.commit("another", 7, table.stage(ColdFixture.rows(NOON, 10, 1))))
                .isEqualTo(version + 1);
        assertThat(table.statistics()).satisfies(statistics -> {
            assertThat(statistics.rows()).isEqualTo(11);
            assertThat(statistics.version()).isEqualTo(version + 1);
            assertThat(statistics.files()).isEqualTo(2);
            assertThat(statistics.partitions()).isEqualTo(1);
            assertThat(statistics.bytes()).isPositive();
        });
    }

    @Test
    void a_writer_that_began_at_an_old_checkpoint_is_told_so_instead_of_losing_rows() throws IOException {
        List<ColdFile> first = table.stage(ColdFixture.rows(NOON, 0, 10));
        table.commit("w", 5, first);
        table.commit("w", 6, table.stage(ColdFixture.rows(NOON, 10, 10)));
        table.compact(NOON.plus(Duration.ofDays(1)));
        // Replayed as it was, though compacted meanwhile.
        table.requireKnown(new ColdBatch("w", 5, first));
        // Begun again at 4, so that 5 holds other rows than it did.
        List<ColdFile> other = table.stage(ColdFixture.rows(NOON, 0, 15));
        assertThat(table.commit("w", 5, other)).isEqualTo(ColdTable.ALREADY);
        assertThatThrownBy(() -> table.requireKnown(new ColdBatch("w", 5, other)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("stream small", "old checkpoint", "newest checkpoint");
        assertThat(ids(table, ColdScan.ALL)).hasSize(20);
    }

    @Test
    void ids_of_a_partition_are_known_once_they_are_committed() throws IOException {
        ColdIds known = new ColdIds(table.folder().location(), table.source());
        LocalDate day = LocalDate.of(2026, 11, 28);
        append(1, ColdFixture.rows(NOON, 0, 10));
        List<ColdFile> staged = table.stage(ColdFixture.rows(NOON, 10, 10));
        assertThat(known.has(day, "r3")).isTrue();
        assertThat(known.has(day, "r15")).isFalse();
        assertThat(known.has(day, "r15")).isFalse();
        table.commit("w", 2, staged);
        assertThat(known.has(day, "r15")).isTrue();
        assertThat(known.has(day, "r15")).as("it stays known").isTrue();
        assertThat(known.has(day.plusDays(1), "r15")).isFalse();
        List<String> ids = new ArrayList<>();
        known.ids(day, ids::add);
        assertThat(ids).containsExactlyInAnyOrderElementsOf(numbered(0, 20));
    }

    @Test
    void rows_of_a_file_are_sorted_by_time() throws IOException {
        List<Arrival> rows = ColdFixture.rows(NOON, 0, 100);
        append(1, rows.reversed());
        assertThat(read(table, ColdScan.ALL)).containsExactlyElementsOf(rows);
    }

    @Test
    void partitions_come_newest_first_and_those_that_cannot_match_are_not_read() throws IOException {
        for (int day = 0; day < 10; day++) {
            append(day + 1, ColdFixture.rows(NOON.minus(Duration.ofDays(day)), day * 10, 10));
        }
        assertThat(ids(table, ColdScan.ALL)).startsWith("r0", "r1").endsWith("r98", "r99");
        long from = Arrival.micros(NOON.minus(Duration.ofDays(2)));
        long to = Arrival.micros(NOON.minus(Duration.ofDays(1)));
        List<String> ids = new ArrayList<>();
        ColdScan.Result result = table.scan(ColdScan.ALL.since(from).before(to), row -> ids.add(row.id()));
        assertThat(ids).containsExactlyElementsOf(numbered(20, 30));
        assertThat(result.partitions()).isEqualTo(10);
        assertThat(result.partitionsRead()).isEqualTo(1);
        assertThat(result.files()).isEqualTo(10);
        assertThat(result.filesRead()).isEqualTo(1);
        assertThat(result.rows()).isEqualTo(10);
        assertThat(result.complete()).isTrue();
    }

    private static List<String> numbered(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "r" + i).toList();
    }

    @Test
    void files_of_a_partition_are_told_apart_by_their_bounds() throws IOException {
        for (int hour = 0; hour < 8; hour++) {
            append(hour + 1, ColdFixture.rows(NOON.plus(Duration.ofHours(hour)), hour * 10, 10));
        }
        long after = Arrival.micros(NOON.plus(Duration.ofHours(7)));
        assertThat(table.scan(ColdScan.ALL.since(after), row -> true).filesRead())
                .isEqualTo(1);
        // Rows arrive a microsecond after each other.
        ColdScan early = ColdScan.ALL.arrivedBefore(Arrival.micros(NOON) + 5);
        assertThat(ids(table, early)).containsExactlyElementsOf(numbered(0, 5));
        ColdScan one = ColdScan.ALL.withId("r35").ids();
        assertThat(ids(table, one)).containsExactly("r35");
        // The other one holds r0 to r9.
        assertThat(table.scan(one, row -> true).filesRead()).isEqualTo(2);
    }

    @Test
    void a_scan_ends_when_the_visitor_has_enough() throws IOException {
        for (int hour = 0; hour < 8; hour++) {
            append(hour + 1, ColdFixture.rows(NOON.plus(Duration.ofHours(hour)), hour * 10, 10));
        }
        assertThat(table.scan(ColdScan.ALL, row -> false)).satisfies(result -> {
            assertThat(result.rows()).isEqualTo(1);
            assertThat(result.complete()).isFalse();
        });
        // The newest 15: nothing that follows can be among them.
        List<Long> times = new ArrayList<>();
        ColdScan.Result result = table.scan(ColdScan.ALL, new ColdScan.Visitor() {
            @Override
            public boolean row(ColdRow row) {
                return times.add(row.time());
            }

            @Override
            public boolean goOn(long latest) {
                return times.stream().filter(time -> time > latest).count() < 15;
            }
        });
        assertThat(result.filesRead()).isEqualTo(2);
        assertThat(times).hasSize(20);
    }

    @Test
    void a_record_that_does_not_say_when_is_found_by_when_it_arrived() throws IOException {
        long arrived = Arrival.micros(NOON);
        DataRecord timeless =
                DataRecord.of(ColdFixture.SMALL).set("id", "timeless").build();
        Arrival row = new Arrival(timeless, arrived, arrived, 3, 4);
        append(1, List.of(row, ColdFixture.row("old", NOON.minusSeconds(60), 1)));
        assertThat(read(table, ColdScan.ALL.since(arrived))).containsExactly(row);
        assertThat(ids(table, ColdScan.ALL.before(arrived))).containsExactly("old");
    }

    @Test
    void times_that_no_calendar_has_do_not_stop_the_stream() throws IOException {
        long[] times = {Long.MIN_VALUE, -1, 0, Arrival.micros(Instant.parse("+20000-01-01T00:00:00Z")), Long.MAX_VALUE};
        List<Arrival> rows = new ArrayList<>();
        for (int i = 0; i < times.length; i++) {
            DataRecord record = DataRecord.of(ColdFixture.SMALL)
                    .set("id", "t" + i)
                    .set("time", times[i])
                    .build();
            rows.add(new Arrival(record, times[i], 0, 0, i));
        }
        append(1, rows);
        assertThat(read(table, ColdScan.ALL)).containsExactlyInAnyOrderElementsOf(rows);
        for (int i = 0; i < times.length - 1; i++) {
            ColdScan one = ColdScan.ALL.since(times[i]).before(times[i] + 1);
            assertThat(read(table, one)).containsExactly(rows.get(i));
        }
        assertThat(ids(table, ColdScan.ALL.since(Long.MAX_VALUE))).containsExactly("t4");
    }

    @Test
    void partitions_may_be_months_or_years() throws IOException {
        ColdTable years = ColdTable.open(
                folder.resolve("years").toString(), new ColdFixture("years", ColdFixture.SMALL, Granularity.YEAR));
        years.commit(
                "w",
                1,
                years.stage(List.of(
                        ColdFixture.row("a", Instant.parse("2025-01-01T00:00:00Z"), 0),
                        ColdFixture.row("b", Instant.parse("2025-12-31T23:59:59Z"), 1),
                        ColdFixture.row("c", Instant.parse("2026-06-01T00:00:00Z"), 2))));
        assertThat(years.statistics().partitions()).isEqualTo(2);
        assertThat(folder.resolve("years/date=2025-01-01")).isDirectory();
        long from = Arrival.micros(Instant.parse("2025-06-01T00:00:00Z"));
        assertThat(ids(years, ColdScan.ALL.since(from))).containsExactly("c", "b");
    }

    @Test
    void a_crash_between_staging_and_commit_leaves_files_that_are_removed_later() throws IOException {
        append(1, ColdFixture.rows(NOON, 0, 10));
        List<ColdFile> lost = table.stage(ColdFixture.rows(NOON, 10, 10));
        Path orphan =
                folder.resolve("with a blank/100%").resolve(lost.getFirst().path());
        Path draft = Files.createFile(orphan.resolveSibling(".x" + NioDraft.SUFFIX));
        Instant staged = Files.getLastModifiedTime(orphan).toInstant();
        assertThatThrownBy(() -> table.vacuum(Duration.ofDays(6), staged))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 7 days");
        assertThat(table.vacuum(ColdTable.RETENTION_MIN, staged.plus(Duration.ofDays(6)))
                        .files())
                .isZero();
        assertThat(table.vacuum(ColdTable.RETENTION_MIN, staged.plus(Duration.ofDays(8)))
                        .files())
                .isEqualTo(2);
        assertThat(orphan).doesNotExist();
        assertThat(draft).doesNotExist();
        assertThat(ids(table, ColdScan.ALL)).hasSize(10);
    }

    @Test
    void the_log_is_summed_up_so_that_it_stays_quick_to_read() throws IOException {
        for (int i = 1; i <= 12; i++) {
            append(i, ColdFixture.rows(NOON, i, 1));
        }
        assertThat(folder.resolve("with a blank/100%/_delta_log/00000000000000000010.checkpoint.parquet"))
                .exists();
        assertThat(ColdTable.open(table.folder().location(), ColdFixture.small())
                        .statistics()
                        .rows())
                .isEqualTo(12);
        try (var files = Files.walk(folder)) {
            assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(NioDraft.SUFFIX));
        }
    }
}
