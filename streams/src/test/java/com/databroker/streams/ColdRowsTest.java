package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.utils.CloseableIterator;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ColdRowsTest {
    private static final Source SOURCE = HotSource.named("rows");
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");

    private static Arrival at(String id, Instant time, String text) {
        return HotSource.arrival(id, time, NOON, text);
    }

    /// The ids of each partition, in the order of its rows.
    private static List<String> ids(ColdRows rows) throws Exception {
        List<String> found = new ArrayList<>();
        for (ColdRows.Part part : rows.parts(
                time -> Arrival.instant(time).atOffset(java.time.ZoneOffset.UTC).toLocalDate())) {
            try (CloseableIterator<ColumnarBatch> batches =
                    part.batches(ColdColumns.ofFiles(SOURCE), 0, part.size(), 2)) {
                while (batches.hasNext()) {
                    ColumnarBatch batch = batches.next();
                    assertThat(batch.getSize()).isBetween(1, 2);
                    for (int row = 0; row < batch.getSize(); row++) {
                        found.add(part.date() + " " + batch.getColumnVector(0).getString(row));
                    }
                }
            }
        }
        return found;
    }

    @Test
    void rows_come_back_by_partition_in_the_order_of_time() throws Exception {
        ColdRows rows = new ColdRows(SOURCE.schema());
        assertThat(rows.isEmpty()).isTrue();
        rows.add(at("late", NOON.plusSeconds(3), "x"));
        rows.add(at("next", NOON.plusSeconds(86_400), "x"));
        rows.add(at("early", NOON.minusSeconds(3), "x"));
        rows.add(at("noon", NOON, "x"));
        assertThat(rows.size()).isEqualTo(4);
        LocalDate day = LocalDate.of(2026, 11, 28);
        assertThat(ids(rows)).containsExactly(day + " early", day + " noon", day + " late", day.plusDays(1) + " next");
    }

    @Test
    void room_is_used_again_and_that_of_a_long_row_is_given_back() throws Exception {
        ColdRows rows = new ColdRows(SOURCE.schema());
        String text = "word ".repeat(4000);
        String longer = "word ".repeat(400_000);
        for (int round = 0; round < 3; round++) {
            List<String> wanted = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                rows.add(at("id-%03d".formatted(i), NOON.plusMillis(i), i == 100 ? longer : text));
                wanted.add("2026-11-28 id-%03d".formatted(i));
            }
            assertThat(rows.bytes()).isGreaterThan(199L * text.length() + longer.length());
            assertThat(ids(rows)).isEqualTo(wanted);
            rows.clear();
            assertThat(rows.isEmpty()).isTrue();
            assertThat(rows.bytes()).isZero();
        }
    }
}
