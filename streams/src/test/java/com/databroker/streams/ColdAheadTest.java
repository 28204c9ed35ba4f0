package com.databroker.streams;

import static com.databroker.streams.ColdFixture.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ColdAheadTest {
    private static final SinkWriter.Context NO_CONTEXT = new SinkWriter.Context() {
        @Override
        public long currentWatermark() {
            return Long.MIN_VALUE;
        }

        @Override
        public Long timestamp() {
            return 0L;
        }
    };

    @TempDir
    Path folder;

    private void append(ColdTable table, String appId, long checkpoint, int first, int count) throws Exception {
        table.commit(appId, checkpoint, table.stage(ColdFixture.rows(NOON, first, count)));
    }

    @Test
    void what_was_committed_beyond_a_checkpoint_is_known_also_when_files_were_made_one() throws Exception {
        ColdTable table = ColdTable.open(folder.toString(), ColdFixture.small());
        assertThat(ColdAhead.of(table, "cold", 1)).as("of an empty table").isEmpty();
        append(table, "cold/a", 7, 0, 10);
        append(table, "other/a", 1, 100, 5);
        append(table, "cold/a", 8, 10, 10);
        append(table, "cold/a", 9, 20, 10);
        assertThat(ColdAhead.of(table, "cold", 9)).as("from the newest").isEmpty();
        assertThat(ColdAhead.of(table, "cold", 8)).isEqualTo(Map.of(0, 29L));
        // Begun again at 7 under a new name, and then once more.
        append(table, "cold/b", 8, 30, 10);
        assertThat(ColdAhead.of(table, "cold", 8))
                .as("the newest of the new name")
                .isEmpty();
        assertThat(ColdAhead.of(table, "cold", 7)).isEqualTo(Map.of(0, 39L));
        table.compact(NOON.plus(Duration.ofDays(30)));
        assertThat(ColdAhead.of(table, "cold", 8)).as("after compaction").isEmpty();
        assertThat(ColdAhead.of(table, "cold", 7)).containsKey(0);
    }

    @Test
    void what_is_there_already_is_left_out_and_what_is_new_is_not() throws Exception {
        ColdTable table = ColdTable.open(folder.toString(), ColdFixture.small());
        append(table, "cold/a", 2, 0, 10);
        ColdWriter writer = new ColdWriter(table, 100, 1 << 20, ColdAhead.of(table, "cold", 1));
        for (Arrival row : ColdFixture.rows(NOON, 5, 10)) {
            writer.write(row, NO_CONTEXT);
        }
        List<ColdFile> staged = new ArrayList<>();
        writer.prepareCommit().forEach(batch -> staged.addAll(batch.files()));
        table.commit("cold/b", 2, staged);
        List<String> ids = new ArrayList<>();
        table.scan(ColdScan.ALL.ids(), row -> ids.add(row.id()));
        assertThat(ids).hasSize(15).doesNotHaveDuplicates();
    }
}
