package com.databroker.streams;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A stream that is nothing but its definition, and arrivals of it.
record ColdFixture(String name, Schema schema, Granularity granularity) implements Source {
    private static final long serialVersionUID = 1;

    static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");

    static final Schema PLACE = Schema.named("place.v1")
            .add("city", FieldType.KEYWORD, "Its name.")
            .add("height", FieldType.DOUBLE, "Above the sea, in metres.")
            .add("seen", FieldType.TIME, "When somebody was there.")
            .build();

    /// Every type there is.
    static final Schema ALL = Schema.named("all.v1")
            .add("id", FieldType.KEYWORD, "Its id.")
            .add("time", FieldType.TIME, "When it happened.")
            .add("word", FieldType.KEYWORD, "A word.")
            .add("text", FieldType.TEXT, "A text.")
            .add("json", FieldType.JSON, "A value.")
            .add("int", FieldType.INT, "A small number.")
            .add("long", FieldType.LONG, "A number.")
            .add("double", FieldType.DOUBLE, "A fraction.")
            .add("bool", FieldType.BOOL, "Yes or no.")
            .add("words", FieldType.listOf(FieldType.KEYWORD), "Some words.")
            .add("times", FieldType.listOf(FieldType.TIME), "Some times.")
            .add("numbers", FieldType.listOf(FieldType.INT), "Some numbers.")
            .add("place", FieldType.structOf(PLACE), "A place.")
            .add("places", FieldType.listOf(FieldType.structOf(PLACE)), "Some places.")
            .build();

    /// The least there is.
    static final Schema SMALL = Schema.named("small.v1")
            .add("id", FieldType.KEYWORD, "Its id.")
            .add("time", FieldType.TIME, "When it happened.")
            .add("text", FieldType.TEXT, "A text.")
            .build();

    static ColdFixture small() {
        return new ColdFixture("small", SMALL, Granularity.DAY);
    }

    static ColdFixture all() {
        return new ColdFixture("all", ALL, Granularity.DAY);
    }

    /// One of [#SMALL].
    static Arrival row(String id, Instant time, long offset) {
        return row(SMALL, id, time, offset);
    }

    static Arrival row(Schema schema, String id, Instant time, long offset) {
        long micros = Arrival.micros(time);
        DataRecord record = DataRecord.of(schema)
                .set("id", id)
                .set("time", micros)
                .set("text", "text of " + id)
                .build();
        return new Arrival(record, micros, Arrival.micros(NOON) + offset, 0, offset);
    }

    /// Rows `first`, `first + 1`, … a second apart.
    static List<Arrival> rows(Instant from, int first, int count) {
        List<Arrival> rows = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            rows.add(row("r" + i, from.plusSeconds(i), i));
        }
        return rows;
    }

    @Override
    public String title() {
        return name;
    }

    @Override
    public RawTopic topic() {
        return new RawTopic(name, 1, 1, Duration.ofDays(7));
    }

    @Override
    public String timeField() {
        return "time";
    }

    @Override
    public boolean repeats() {
        return false;
    }

    @Override
    public BodyReader reader() {
        throw new UnsupportedOperationException("nothing is read here");
    }

    @Override
    public RecordParser parser() {
        throw new UnsupportedOperationException("nothing is parsed here");
    }
}
