package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ColdEvolutionTest {
    private static final Instant NOON = ColdFixture.NOON;

    @TempDir
    Path folder;

    private static Schema.Builder smaller() {
        return Schema.named("small.v1")
                .add("id", FieldType.KEYWORD, "Its id.")
                .add("time", FieldType.TIME, "When it happened.");
    }

    private static final Schema INNER =
            Schema.named("inner.v1").add("a", FieldType.INT, "A number.").build();

    private static final Schema INNER_LATER = Schema.named("inner.v1")
            .add("a", FieldType.INT, "A number.")
            .add("b", FieldType.KEYWORD, "A word.")
            .build();

    private ColdTable open(Schema schema) throws IOException {
        return ColdTable.open(folder.toString(), new ColdFixture("small", schema, Granularity.DAY));
    }

    private static Arrival row(Schema schema, String id, Object... more) {
        DataRecord.Builder record = DataRecord.of(schema).set("id", id).set("time", Arrival.micros(NOON));
        for (int i = 0; i < more.length; i++) {
            record.set(2 + i, more[i]);
        }
        return new Arrival(record.build(), Arrival.micros(NOON), Arrival.micros(NOON), 0, 0);
    }

    @Test
    void fields_that_are_added_are_null_in_what_was_before() throws IOException {
        Schema before =
                smaller().add("inner", FieldType.structOf(INNER), "A part.").build();
        Schema after = smaller()
                .add("inner", FieldType.structOf(INNER_LATER), "A part.")
                .add("score", FieldType.DOUBLE, "A score.")
                .build();
        ColdTable old = open(before);
        DataRecord inner = DataRecord.of(INNER).set("a", 1).build();
        old.commit("w", 1, old.stage(List.of(row(before, "old", inner))));

        ColdTable young = open(after);
        DataRecord innerLater =
                DataRecord.of(INNER_LATER).set("a", 2).set("b", "x").build();
        young.commit("w", 2, young.stage(List.of(row(after, "new", innerLater, 0.5))));
        List<Arrival> rows = new ArrayList<>();
        young.scan(ColdScan.ALL, found -> rows.add(found.arrival()));
        DataRecord widened = DataRecord.of(INNER_LATER).set("a", 1).build();
        assertThat(rows).containsExactlyInAnyOrder(row(after, "old", widened), row(after, "new", innerLater, 0.5));

        // What an old writer had staged before is still taken.
        assertThat(old.commit("w", 3, old.stage(List.of(row(before, "late", inner)))))
                .isPositive();
        assertThat(young.compact(NOON.plus(Duration.ofDays(1))).merged()).isEqualTo(3);
        assertThat(young.statistics().rows()).isEqualTo(3);
        rows.clear();
        young.scan(ColdScan.ALL, found -> rows.add(found.arrival()));
        assertThat(rows).contains(row(after, "late", widened), row(after, "new", innerLater, 0.5));
        long version = young.statistics().version();
        assertThat(open(after).statistics().version())
                .as("opening it again changes nothing")
                .isEqualTo(version);
    }

    @Test
    void a_field_that_is_gone_or_changed_is_refused_with_its_name() throws IOException {
        open(smaller().add("text", FieldType.TEXT, "A text.").build());
        assertThatThrownBy(() -> open(smaller().build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("stream small", "column text", "no such field", "only be added");
        assertThatThrownBy(() ->
                        open(smaller().add("text", FieldType.LONG, "A number.").build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("column text", "string", "long");
        assertThatThrownBy(() -> open(smaller()
                        .add("new", FieldType.LONG, "A number.")
                        .add("text", FieldType.TEXT, "A text.")
                        .build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("column text", "the field new at its place");
    }

    @Test
    void a_field_with_the_name_of_a_column_of_ours_is_refused() {
        assertThatThrownBy(() ->
                        open(smaller().add("date", FieldType.KEYWORD, "A day.").build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot have a field date");
    }
}
