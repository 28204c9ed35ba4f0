package com.databroker.streams;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Records with the values at which formats break.
final class ColdSamples {
    private ColdSamples() {}

    static List<Arrival> ofEveryType() {
        List<Arrival> rows = new ArrayList<>();
        add(rows, DataRecord.of(ColdFixture.ALL).set("id", "nothing"));
        add(
                rows,
                DataRecord.of(ColdFixture.ALL)
                        .set("id", "ordinary")
                        .set("time", Arrival.micros(Instant.parse("2026-11-28T12:00:00.123456Z")))
                        .set("word", "word")
                        .set("text", "some words")
                        .set("json", "{\"a\":[1,null]}")
                        .set("int", 1)
                        .set("long", 2L)
                        .set("double", 0.5)
                        .set("bool", true)
                        .set("words", List.of("a", "b"))
                        .set("times", List.of(-1L, 0L, 1L))
                        .set("numbers", List.of(3, 2, 1))
                        .set("place", place("Köln", 53.0, 5L))
                        .set("places", List.of(place("a", 1.0, 2L), place(null, null, null))));
        add(
                rows,
                DataRecord.of(ColdFixture.ALL)
                        .set("id", "empty")
                        .set("time", -1L)
                        .set("word", "")
                        .set("text", "")
                        .set("json", "")
                        .set("words", List.of())
                        .set("times", List.of())
                        .set("numbers", List.of())
                        .set("place", place(null, null, null))
                        .set("places", List.of()));
        add(
                rows,
                DataRecord.of(ColdFixture.ALL)
                        .set("id", "extreme \0 \uffff 🜨")
                        .set("time", Arrival.micros(Instant.parse("0044-03-15T12:00:00Z")))
                        .set("word", "\"\\\u2028🜨")
                        .set("text", "ü".repeat(3_000_000))
                        .set("json", "[" + "9".repeat(1_000_000) + "]")
                        .set("int", Integer.MIN_VALUE)
                        .set("long", Long.MIN_VALUE)
                        .set("double", Double.NaN)
                        .set("bool", false)
                        .set("words", List.of("", "x".repeat(100_000)))
                        .set("times", List.of(Long.MIN_VALUE, Long.MAX_VALUE))
                        .set("numbers", java.util.Collections.nCopies(10_000, Integer.MAX_VALUE))
                        .set("place", place("", Double.NEGATIVE_INFINITY, Long.MIN_VALUE))
                        .set("places", java.util.Collections.nCopies(1_000, place("x", -0.0, null))));
        return rows;
    }

    private static DataRecord place(
            @org.jspecify.annotations.Nullable String city,
            @org.jspecify.annotations.Nullable Double height,
            @org.jspecify.annotations.Nullable Long seen) {
        return DataRecord.of(ColdFixture.PLACE)
                .set("city", city)
                .set("height", height)
                .set("seen", seen)
                .build();
    }

    private static void add(List<Arrival> rows, DataRecord.Builder builder) {
        DataRecord record = builder.build();
        Long time = (Long) record.get("time");
        long arrived = Arrival.micros(ColdFixture.NOON) + rows.size();
        rows.add(
                new Arrival(record, time == null ? arrived : time, arrived, rows.size(), Long.MAX_VALUE - rows.size()));
    }
}
