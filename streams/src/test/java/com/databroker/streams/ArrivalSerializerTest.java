package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

final class ArrivalSerializerTest {
    private static final Schema LATER = Schema.named("all.v1")
            .add("id", FieldType.KEYWORD, "Its id.")
            .add("time", FieldType.TIME, "When it happened.")
            .add("text", FieldType.TEXT, "A text.")
            .add("score", FieldType.DOUBLE, "A score.")
            .build();

    private static byte[] bytes(TypeSerializer<Arrival> form, Arrival arrival) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        form.serialize(arrival, out);
        return out.getCopyOfBuffer();
    }

    @Test
    void every_type_comes_back_as_it_was() throws IOException {
        ArrivalSerializer form = new ArrivalSerializer(ColdFixture.ALL);
        for (Arrival arrival : ColdSamples.ofEveryType()) {
            DataInputDeserializer in = new DataInputDeserializer(bytes(form, arrival));
            assertThat(form.deserialize(in)).isEqualTo(arrival);
            assertThat(in.available()).isZero();
        }
    }

    @Test
    void what_is_cut_off_or_claims_too_much_is_refused() throws IOException {
        ArrivalSerializer form = new ArrivalSerializer(ColdFixture.ALL);
        byte[] whole = bytes(form, ColdSamples.ofEveryType().get(1));
        for (int length = 0; length < whole.length; length++) {
            DataInputDeserializer in = new DataInputDeserializer(whole, 0, length);
            assertThatThrownBy(() -> form.deserialize(in)).isInstanceOf(IOException.class);
        }
        byte[] huge = whole.clone();
        huge[29] = 0x7f;
        assertThatThrownBy(() -> form.deserialize(new DataInputDeserializer(huge)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("fields");
    }

    @Test
    void a_checkpoint_is_read_after_fields_were_added_and_not_after_one_was_changed() throws Exception {
        ArrivalSerializer old = new ArrivalSerializer(ColdFixture.SMALL);
        Arrival arrival = ColdFixture.row("a", ColdFixture.NOON, 1);
        DataOutputSerializer out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(out, old.snapshotConfiguration());
        TypeSerializerSnapshot<Arrival> kept = TypeSerializerSnapshot.readVersionedSnapshot(
                new DataInputDeserializer(out.getCopyOfBuffer()), getClass().getClassLoader());
        assertThat(kept.restoreSerializer()).isEqualTo(old);

        ArrivalSerializer later = new ArrivalSerializer(LATER);
        assertThat(later.snapshotConfiguration()
                        .resolveSchemaCompatibility(kept)
                        .isCompatibleAsIs())
                .isTrue();
        Arrival read = later.deserialize(new DataInputDeserializer(bytes(old, arrival)));
        assertThat(read.record().get("text")).isEqualTo("text of a");
        assertThat(read.record().get("score")).isNull();

        assertThat(new ArrivalSerializer(ColdFixture.ALL)
                        .snapshotConfiguration()
                        .resolveSchemaCompatibility(kept)
                        .isIncompatible())
                .isTrue();
    }

    @Test
    void a_schema_comes_back_with_all_it_holds() throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        SchemaForm.write(ColdFixture.ALL, out);
        assertThat(SchemaForm.read(new DataInputDeserializer(out.getCopyOfBuffer())))
                .isEqualTo(ColdFixture.ALL);
    }

    @Test
    void files_of_a_checkpoint_come_back_and_those_of_a_newer_form_are_refused() throws IOException {
        ColdBatch.Form form = new ColdBatch.Form();
        ColdFile file = new ColdFile("date=2026-11-28/ü.parquet", java.time.LocalDate.EPOCH, 1, 2, 3, "{}", true);
        ColdBatch batch = new ColdBatch("cold/x", 7, List.of(file, file));
        byte[] bytes = form.serialize(batch);
        assertThat(form.deserialize(form.getVersion(), bytes)).isEqualTo(batch);
        assertThatThrownBy(() -> form.deserialize(form.getVersion() + 1, bytes))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("newer databroker");
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> form.deserialize(form.getVersion(), cut)).isInstanceOf(IOException.class);
        }
    }
}
