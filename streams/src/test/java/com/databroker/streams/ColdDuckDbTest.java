package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The files as a program of other people reads them, which knows nothing of how they came to be.
final class ColdDuckDbTest {
    @TempDir
    Path folder;

    private static List<List<Object>> query(ColdTable table, String columns) throws Exception {
        String files = table.list(table.latest()).files().stream()
                .map(file -> "'" + NioFileIO.path(file.status().getPath()) + "'")
                .collect(Collectors.joining(", ", "[", "]"));
        String from = " from read_parquet(" + files + ", hive_partitioning = true) order by topic_offset desc";
        return sql("select " + columns + from);
    }

    private static List<List<Object>> sql(String query) throws SQLException {
        // Nothing is loaded over the network.
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement()) {
            statement.execute("set autoinstall_known_extensions = false");
            statement.execute("set TimeZone = 'UTC'");
            try (ResultSet result = statement.executeQuery(query)) {
                return rows(result);
            }
        }
    }

    private static List<List<Object>> rows(ResultSet result) throws SQLException {
        List<List<Object>> rows = new ArrayList<>();
        while (result.next()) {
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                row.add(result.getObject(i));
            }
            rows.add(row);
        }
        return rows;
    }

    @Test
    void another_reader_finds_every_value() throws Exception {
        ColdTable table = ColdTable.open(folder.toString(), ColdFixture.all());
        table.commit("w", 1, table.stage(ColdSamples.ofEveryType()));
        assertThat(query(table, "id, word, \"int\", \"long\", \"double\", bool, json"))
                .startsWith(
                        java.util.Arrays.asList("nothing", null, null, null, null, null, null),
                        List.of("ordinary", "word", 1, 2L, 0.5, true, "{\"a\":[1,null]}"));
        assertThat(query(table, "epoch_us(time), cast(date as varchar), length(text), len(words), len(numbers)"))
                .satisfies(rows -> {
                    assertThat(rows.get(1))
                            .startsWith(
                                    Arrival.micros(java.time.Instant.parse("2026-11-28T12:00:00.123456Z")),
                                    "2026-11-28");
                    assertThat(rows.get(2)).startsWith(-1L, "1969-12-31", 0L);
                    assertThat(rows.get(3)).element(2).isEqualTo(3_000_000L);
                    assertThat(rows.get(3)).element(4).isEqualTo(10_000L);
                });
        assertThat(query(
                        table,
                        "place.city, place.height, len(places), places[1].city, epoch_us(arrived), topic_partition"))
                .element(1)
                .isEqualTo(List.of("Köln", 53.0, 2L, "a", Arrival.micros(ColdFixture.NOON) + 1, 1));
    }

    /// What the log says by the rules of its own protocol: the last word on each file, as JSON of our commits.
    private String log() {
        return "with actions as (select unnest([{path: add.path, stats: add.stats, there: true, written: filename},"
                + " {path: remove.path, stats: null, there: false, written: filename}], recursive := true)"
                + " from read_json('" + folder + "/_delta_log/*.json', filename = true, union_by_name = true,"
                + " columns = {add: 'struct(path varchar, stats varchar)', remove: 'struct(path varchar)'})),"
                + " files as (select path, arg_max(stats, written) as stats from actions where path is not null"
                + " group by path having arg_max(there, written)) ";
    }

    @Test
    void another_reader_of_the_log_finds_the_same_rows_and_its_statistics_are_true() throws Exception {
        ColdTable table = ColdTable.open(folder.toString(), ColdFixture.small());
        for (int day = 0; day < 4; day++) {
            for (int part = 0; part < 3; part++) {
                int first = day * 100 + part * 10;
                java.time.Instant from = ColdFixture.NOON.minus(java.time.Duration.ofDays(day));
                table.commit("w", first + 1, table.stage(ColdFixture.rows(from, first, 10)));
            }
        }
        Schema wider = Schema.named("small.v2")
                .add("id", FieldType.KEYWORD, "Its id.")
                .add("time", FieldType.TIME, "When it happened.")
                .add("text", FieldType.TEXT, "A text.")
                .add("later", FieldType.LONG, "A number.")
                .build();
        table = ColdTable.open(folder.toString(), new ColdFixture("small", wider, Granularity.DAY));
        table.compact(ColdFixture.NOON);
        DataRecord record = DataRecord.of(wider)
                .set("id", "new")
                .set("time", Arrival.micros(ColdFixture.NOON))
                .set("later", 7L)
                .build();
        table.commit(
                "w", 1_000, table.stage(List.of(new Arrival(record, Arrival.micros(ColdFixture.NOON), 1, 0, 999))));

        List<List<Object>> files = sql(log() + "select path, stats from files order by path");
        assertThat(files).hasSizeBetween(5, 8).hasSize(table.statistics().files());
        List<List<Object>> read = new ArrayList<>();
        for (List<Object> file : files) {
            String from = " from read_parquet('" + folder + "/" + file.get(0) + "')";
            read.addAll(sql("select id, epoch_us(time), epoch_us(arrived), topic_offset" + from));
            // What the log says of a file is what another reader finds in it.
            List<Object> told = sql("select count(*), min(id), max(id), strftime(min(time), '%Y-%m-%dT%H:%M:%S'),"
                            + " min(topic_offset), max(topic_offset)" + from)
                    .getFirst();
            assertThat(sql("select (s->>'numRecords')::bigint, s->'minValues'->>'id', s->'maxValues'->>'id',"
                            + " left(s->'minValues'->>'time', 19), (s->'minValues'->>'topic_offset')::bigint,"
                            + " (s->'maxValues'->>'topic_offset')::bigint from (select '" + file.get(1)
                            + "'::json as s)"))
                    .containsExactly(told);
        }
        List<List<Object>> expected = new ArrayList<>();
        table.scan(
                ColdScan.ALL,
                row -> expected.add(List.of(
                        row.id(), row.time(), row.arrived(), row.arrival().offset())));
        assertThat(read).hasSize(121).containsExactlyInAnyOrderElementsOf(expected);
        // By those statistics alone a reader leaves out what cannot hold the row: of the days all but one, of the files
        // all but two.
        assertThat(sql(log() + "select count(*) from files where (stats->'minValues'->>'id') <= 'r215'"
                        + " and (stats->'maxValues'->>'id') >= 'r215'"
                        + " and (stats->'maxValues'->>'time') >= '2026-11-26'"
                        + " and (stats->'minValues'->>'time') < '2026-11-27'"))
                .containsExactly(List.of(1L));
    }
}
