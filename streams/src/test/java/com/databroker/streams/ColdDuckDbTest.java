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
        // Nothing is loaded over the network.
        String from = " from read_parquet(" + files + ", hive_partitioning = true) order by topic_offset desc";
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement()) {
            statement.execute("set autoinstall_known_extensions = false");
            statement.execute("set TimeZone = 'UTC'");
            try (ResultSet result = statement.executeQuery("select " + columns + from)) {
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
}
