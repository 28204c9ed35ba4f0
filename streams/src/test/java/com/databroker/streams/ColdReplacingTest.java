package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ColdReplacingTest {
    private static final Instant NOON = ColdFixture.NOON;

    @TempDir
    Path folder;

    private ColdTable table;

    @BeforeEach
    void open() throws IOException {
        table = ColdTable.open(folder.toString(), ColdFixture.small());
    }

    private static Arrival replay(String id, Instant time, String text, long offset) {
        long micros = Arrival.micros(time);
        DataRecord record = DataRecord.of(ColdFixture.SMALL)
                .set("id", id)
                .set("time", micros)
                .set("text", text)
                .build();
        return new Arrival(record, micros, Arrival.micros(NOON), 0, offset, true);
    }

    private List<ColdFile> replacing(Arrival... rows) throws IOException {
        return table.stage(List.of(rows)).stream().map(ColdFile::replacing).toList();
    }

    /// Text by id; an id that is there twice fails.
    private Map<String, String> texts() throws IOException {
        Map<String, String> texts = new TreeMap<>();
        table.scan(ColdScan.ALL, row -> {
            Arrival arrival = row.arrival();
            assertThat(texts.put(arrival.id(), String.valueOf(arrival.record().get("text"))))
                    .as("a second " + arrival.id())
                    .isNull();
            return true;
        });
        return texts;
    }

    private List<String> paths() throws IOException {
        return table.list(table.latest()).files().stream().map(ColdEntry::path).toList();
    }

    @Test
    void what_is_replayed_is_there_once_with_its_new_values_wherever_the_old_ones_lay() throws IOException {
        table.commit("w", 1, table.stage(ColdFixture.rows(NOON, 0, 100)));
        table.commit("w", 2, table.stage(ColdFixture.rows(NOON.plus(Duration.ofDays(1)), 100, 100)));
        table.commit("w", 3, table.stage(ColdFixture.rows(NOON.minus(Duration.ofDays(9)), 200, 100)));
        List<String> before = paths();
        List<ColdFile> staged = replacing(
                replay("r7", NOON.plusSeconds(7), "same day", 1000),
                replay("r150", NOON.plusSeconds(8), "another day", 1001),
                replay("x", NOON.plusSeconds(9), "new", 1002));
        table.commit("w", 4, staged);
        Map<String, String> texts = texts();
        assertThat(texts)
                .hasSize(301)
                .containsEntry("r7", "same day")
                .containsEntry("r150", "another day")
                .containsEntry("x", "new")
                .containsEntry("r8", "text of r8");
        assertThat(paths())
                .as("a file that holds none of them stays")
                .hasSize(4)
                .contains(before.stream()
                        .filter(path -> path.contains("11-19"))
                        .findFirst()
                        .orElseThrow());
        assertThat(table.commit("w", 4, staged)).isEqualTo(ColdTable.ALREADY);
        table.requireKnown(new ColdBatch("w", 4, staged));
        assertThat(texts()).isEqualTo(texts);
    }

    @Test
    void of_several_rows_of_one_checkpoint_the_last_one_stays() throws IOException {
        List<ColdFile> staged = new ArrayList<>(table.stage(List.of(ColdFixture.row("a", NOON, 1))));
        staged.addAll(replacing(replay("a", NOON.plusSeconds(1), "first", 2), replay("b", NOON, "b", 3)));
        staged.addAll(replacing(replay("a", NOON.plus(Duration.ofDays(3)), "last", 9)));
        table.commit("w", 1, staged);
        assertThat(texts()).isEqualTo(Map.of("a", "last", "b", "b"));
        assertThat(table.commit("w", 1, staged)).isEqualTo(ColdTable.ALREADY);
        table.requireKnown(new ColdBatch("w", 1, staged));
    }

    @Test
    void replaying_and_compacting_at_the_same_time_loses_nothing_and_doubles_nothing() throws Exception {
        for (int i = 0; i < 12; i++) {
            table.commit("w", i, table.stage(ColdFixture.rows(NOON, i * 10, 10)));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<?> replays = threads.submit(() -> {
                ColdTable own = ColdTable.open(folder.toString(), ColdFixture.small());
                for (int i = 0; i < 12; i++) {
                    List<Arrival> rows = new ArrayList<>();
                    for (int row = i * 10; row < i * 10 + 10; row++) {
                        rows.add(replay("r" + row, NOON.plusSeconds(row), "new", 1000 + row));
                    }
                    own.commit(
                            "r",
                            i,
                            own.stage(rows).stream().map(ColdFile::replacing).toList());
                }
                return null;
            });
            Future<?> compaction = threads.submit(() -> {
                ColdTable own = ColdTable.open(folder.toString(), ColdFixture.small());
                for (int i = 0; i < 6; i++) {
                    own.compact(NOON.plus(Duration.ofDays(2)));
                }
                return null;
            });
            replays.get(120, TimeUnit.SECONDS);
            compaction.get(120, TimeUnit.SECONDS);
        }
        assertThat(texts())
                .hasSize(120)
                .allSatisfy((id, text) -> assertThat(text).isEqualTo("new"));
    }
}
