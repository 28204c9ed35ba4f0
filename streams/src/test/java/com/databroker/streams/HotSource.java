package com.databroker.streams;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// A stream for tests of the hot store, with a field of every type.
record HotSource(String name, Schema schema) implements Source {
    private static final long serialVersionUID = 1;

    static final Schema INNER = Schema.named("test.inner.v1")
            .add("label", FieldType.KEYWORD, "Keyword.")
            .add("note", FieldType.TEXT, "Text.")
            .add("size", FieldType.INT, "Number.")
            .build();

    static final Schema SCHEMA = Schema.named("test.hot.v1")
            .add("id", FieldType.KEYWORD, "Id.")
            .add("created_at", FieldType.TIME, "Time.")
            .add("kind", FieldType.KEYWORD, "Keyword.")
            .add("tags", FieldType.listOf(FieldType.KEYWORD), "Keywords.")
            .add("title", FieldType.TEXT, "Text.")
            .add("notes", FieldType.listOf(FieldType.TEXT), "Texts.")
            .add("count", FieldType.INT, "Number.")
            .add("bytes", FieldType.LONG, "Number.")
            .add("score", FieldType.DOUBLE, "Number.")
            .add("open", FieldType.BOOL, "Truth.")
            .add("sizes", FieldType.listOf(FieldType.LONG), "Numbers.")
            .add("raw", FieldType.JSON, "Raw.")
            .add("owner", FieldType.structOf(INNER), "Record.")
            .add("parts", FieldType.listOf(FieldType.structOf(INNER)), "Records.")
            .build();

    static final List<String> WORDS = List.of(
            "quick",
            "Foxes",
            "jumping",
            "networks",
            "transformer",
            "Müller's",
            "naïve",
            "run",
            "running",
            "the",
            "東京都",
            "databroker",
            "x86",
            "state-of-the-art",
            "don't",
            "a",
            "résumé",
            "café",
            "stars",
            "star",
            "\uD800");

    static final List<String> KINDS =
            List.of("PushEvent", "WatchEvent", "Push Event", "pushevent", "é", "", "a:b", "*");

    static HotSource named(String name) {
        return new HotSource(name, SCHEMA);
    }

    static Arrival arrival(String id, Instant time, Instant arrived, String title) {
        return arrival(
                DataRecord.of(SCHEMA)
                        .set("id", id)
                        .set("created_at", Arrival.micros(time))
                        .set("kind", "kind" + title.length() % 3)
                        .set("title", title)
                        .build(),
                arrived);
    }

    static Arrival arrival(DataRecord record, Instant arrived) {
        Long time = (Long) record.get("created_at");
        return new Arrival(record, time == null ? Arrival.micros(arrived) : time, Arrival.micros(arrived), 0, 0);
    }

    /// A record with anything in it.
    static DataRecord random(RandomGenerator random, String id, Instant around) {
        return DataRecord.of(SCHEMA)
                .set("id", id)
                .set(
                        "created_at",
                        random.nextInt(10) == 0 ? null : Arrival.micros(around) - random.nextLong(3L * 86_400_000_000L))
                .set("kind", maybe(random, pick(random, KINDS)))
                .set("tags", maybe(random, some(random, KINDS)))
                .set("title", maybe(random, text(random)))
                .set("notes", maybe(random, List.of(text(random), text(random))))
                .set("count", maybe(random, random.nextInt(-5, 20)))
                .set(
                        "bytes",
                        maybe(random, pick(random, List.of(0L, -1L, 7L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40))))
                .set(
                        "score",
                        maybe(
                                random,
                                pick(random, List.of(0.0, -0.0, 1.5, -2.25, Double.NaN, Double.POSITIVE_INFINITY))))
                .set("open", maybe(random, random.nextBoolean()))
                .set("sizes", maybe(random, List.of(random.nextLong(5), random.nextLong(5))))
                .set("raw", maybe(random, "{ \"a\": [1, 2.50, \"ü\"] }"))
                .set("owner", maybe(random, inner(random)))
                .set("parts", maybe(random, List.of(inner(random), inner(random))))
                .build();
    }

    private static DataRecord inner(RandomGenerator random) {
        return DataRecord.of(INNER)
                .set("label", maybe(random, pick(random, KINDS)))
                .set("note", maybe(random, text(random)))
                .set("size", maybe(random, random.nextInt(10)))
                .build();
    }

    static <T> T pick(RandomGenerator random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private static <T> @org.jspecify.annotations.Nullable T maybe(RandomGenerator random, T value) {
        return random.nextInt(4) == 0 ? null : value;
    }

    private static List<String> some(RandomGenerator random, List<String> all) {
        List<String> some = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            some.add(pick(random, all));
        }
        return some;
    }

    static String text(RandomGenerator random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            text.append(pick(random, WORDS)).append(i == 3 ? ", " : " ");
        }
        return text.toString();
    }

    @Override
    public String title() {
        return "a test";
    }

    @Override
    public RawTopic topic() {
        return new RawTopic(name, 2, 2, Duration.ofDays(1));
    }

    @Override
    public String timeField() {
        return "created_at";
    }

    @Override
    public Granularity granularity() {
        return Granularity.DAY;
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
