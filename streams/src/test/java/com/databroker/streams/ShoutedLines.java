package com.databroker.streams;

import java.time.Duration;

/// The same lines under a parser that was changed: it shouts, and every tenth record happened a day later.
record ShoutedLines(LinesSource lines) implements Source {
    private static final long serialVersionUID = 1;
    private static final long DAY_MICROS = Duration.ofDays(1).toNanos() / 1000;

    static ShoutedLines named(String name) {
        return new ShoutedLines(LinesSource.named(name));
    }

    @Override
    public String name() {
        return lines.name();
    }

    @Override
    public String title() {
        return lines.title();
    }

    @Override
    public RawTopic topic() {
        return lines.topic();
    }

    @Override
    public Schema schema() {
        return lines.schema();
    }

    @Override
    public String timeField() {
        return lines.timeField();
    }

    @Override
    public Granularity granularity() {
        return lines.granularity();
    }

    @Override
    public boolean repeats() {
        return lines.repeats();
    }

    @Override
    public BodyReader reader() {
        return lines.reader();
    }

    @Override
    public RecordParser parser() {
        return (collected, arrived) -> {
            DataRecord quiet = lines.parser().parse(collected, arrived);
            Object at = quiet.get("at");
            Object moved =
                    at instanceof Long micros && collected.id().endsWith("0") ? (Object) (micros + DAY_MICROS) : at;
            return DataRecord.of(quiet.schema())
                    .set("id", quiet.get("id"))
                    .set("at", moved)
                    .set("text", String.valueOf(quiet.get("text")).toUpperCase(java.util.Locale.ROOT))
                    .build();
        };
    }
}
