package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectKey;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowsAheadTest {
    private static List<StoreRow> row(int id) {
        return List.of(new StoreRow(ObjectKey.of("Person", id), 1, Map.of()));
    }

    @Test
    void portions_are_sent_in_their_order_and_all_of_them_before_it_is_closed() {
        List<List<StoreRow>> sent = new ArrayList<>();
        try (RowsAhead ahead = new RowsAhead(sent::add)) {
            assertThat(ahead.isBegun()).isFalse();
            IntStream.range(0, 1000).forEach(id -> ahead.accept(row(id)));
            assertThat(ahead.isBegun()).isTrue();
        }
        assertThat(sent)
                .isEqualTo(IntStream.range(0, 1000).mapToObj(RowsAheadTest::row).toList());
    }

    @Test
    void what_cannot_be_sent_ends_the_page_with_its_own_reason() {
        List<StoreRow> sent = new ArrayList<>();
        try (RowsAhead ahead = new RowsAhead(rows -> {
            if (!sent.isEmpty()) {
                throw new ProblemException(Problem.VALUE_TOO_LARGE, "too much");
            }
            sent.addAll(rows);
        })) {
            assertThatThrownBy(() -> IntStream.range(0, 3).forEach(id -> ahead.accept(row(id))))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("too much");
            assertThatThrownBy(ahead::await).isInstanceOf(ProblemException.class);
        }
        assertThat(sent).hasSize(1);
    }
}
