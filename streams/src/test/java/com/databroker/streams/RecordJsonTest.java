package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RecordJsonTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");

    @Test
    void a_record_is_one_object_in_the_order_of_its_schema_without_what_it_lacks() {
        DataRecord inner = DataRecord.of(HotSource.INNER).set("label", "x").build();
        DataRecord record = DataRecord.of(HotSource.SCHEMA)
                .set("id", "1")
                .set("created_at", Arrival.micros(NOON) + 1)
                .set("tags", List.of("a", "b"))
                .set("count", 7)
                .set("score", 1.5)
                .set("open", true)
                .set("raw", "{\"a\": [1]}")
                .set("owner", inner)
                .set("parts", List.of(inner))
                .build();
        assertThat(RecordJson.write(record).utf8())
                .isEqualTo("{\"id\":\"1\",\"created_at\":\"2026-11-28T12:00:00.000001Z\",\"tags\":[\"a\",\"b\"],"
                        + "\"count\":7,\"score\":1.5,\"open\":true,\"raw\":{\"a\": [1]},\"owner\":{\"label\":\"x\"},"
                        + "\"parts\":[{\"label\":\"x\"}]}");
    }

    @Test
    void what_is_written_is_read_again() {
        for (int seed = 0; seed < 2000; seed++) {
            DataRecord record = HotSource.random(new SplittableRandom(seed), "id" + seed, NOON);
            Bytes json = RecordJson.write(record);
            assertThat(Json.isValid(json))
                    .as("seed " + seed + ": " + json.utf8())
                    .isTrue();
            DataRecord again = RecordJson.read(HotSource.SCHEMA, json);
            assertThat(again).as("seed " + seed).isEqualTo(record);
        }
    }

    @Test
    void raw_values_of_every_kind_come_back_as_they_were() {
        for (String raw : List.of("1", "-2.50e3", "\"a \\\" b\"", "true", "null", "[ 1 ,2]", "{\"a\":{}}", "\"ü\"")) {
            DataRecord record = DataRecord.of(HotSource.SCHEMA)
                    .set("id", "ü")
                    .set("raw", raw)
                    .set("owner", DataRecord.of(HotSource.INNER).build())
                    .build();
            assertThat(RecordJson.read(HotSource.SCHEMA, RecordJson.write(record)))
                    .isEqualTo(record);
        }
    }

    @Test
    void half_a_character_is_replaced_where_a_record_is_made_and_so_in_every_store() {
        DataRecord record = DataRecord.of(HotSource.SCHEMA)
                .set("id", "\uD800")
                .set("raw", "\"\uDC00 \uD83D\uDE00 \uD800\"")
                .build();
        DataRecord again = RecordJson.read(HotSource.SCHEMA, RecordJson.write(record));
        assertThat(again.get("id")).isEqualTo("\uFFFD");
        assertThat(again.get("raw")).isEqualTo("\"\uFFFD \uD83D\uDE00 \uFFFD\"");
    }

    @Test
    void times_of_every_age_are_written_and_read() {
        for (String time : List.of(
                "1969-12-31T23:59:59.999999Z",
                "0000-01-01T00:00:00.000000Z",
                "9999-12-31T23:59:59.999999Z",
                "2024-02-29T00:00:00.000000Z")) {
            assertThat(RecordJson.time(Arrival.micros(Instant.parse(time)))).isEqualTo(time);
        }
        long far = Arrival.micros(Instant.parse("+12345-01-01T00:00:00.000001Z"));
        assertThat(Arrival.micros(Instant.parse(RecordJson.time(far)))).isEqualTo(far);
    }

    @Test
    void fields_of_a_later_schema_are_passed_over() {
        DataRecord record = RecordJson.read(
                HotSource.SCHEMA, Bytes.utf8("{\"id\":\"1\",\"new\":{\"a\":[1]},\"count\":2,\"kind\":null}"));
        assertThat(record.get("count")).isEqualTo(2);
        assertThat(record.get("kind")).isNull();
    }

    @Test
    void what_is_no_record_is_refused() {
        for (String json : List.of(
                "",
                "[]",
                "{",
                "{\"count\":\"x\"}",
                "{\"count\":3000000000}",
                "{\"tags\":{}}",
                "{\"created_at\":\"no\"}")) {
            assertThatThrownBy(() -> RecordJson.read(HotSource.SCHEMA, Bytes.utf8(json)))
                    .as(json)
                    .isInstanceOf(ProblemException.class);
        }
    }
}
