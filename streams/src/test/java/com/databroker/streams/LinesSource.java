package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A source for tests: a line is a record, `id time text`; a line without blanks cannot be read, and a record whose
/// text is `poison` kills no more than itself.
record LinesSource(String name, int partitions, boolean repeats, Granularity granularity) implements Source {
    private static final long serialVersionUID = 1;

    /// Comes back in front of what was set aside; a line that cannot be read itself.
    static final String HEAD = "head\n";

    static final Schema SCHEMA = Schema.named("lines.v1")
            .add("id", FieldType.KEYWORD, "The first word.")
            .add("at", FieldType.TIME, "The second word, seconds since 1970.")
            .add("text", FieldType.TEXT, "The rest of the line.")
            .add("word", FieldType.KEYWORD, "The first word of the rest.")
            .build();

    LinesSource(String name, int partitions, boolean repeats) {
        this(name, partitions, repeats, Granularity.DAY);
    }

    static LinesSource named(String name) {
        return new LinesSource(name, 2, true);
    }

    /// Lines `prefix-from` to before `prefix-to`, a second apart.
    static String lines(String prefix, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i ->
                        prefix + "-" + i + " " + (1_700_000_000L + i) + " line number " + i + " of " + prefix + "\n")
                .collect(Collectors.joining());
    }

    @Override
    public String title() {
        return "lines of tests";
    }

    @Override
    public RawTopic topic() {
        return new RawTopic(name + "_raw", partitions, partitions, Duration.ofDays(7));
    }

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public String timeField() {
        return "at";
    }

    @Override
    public List<View> views() {
        return List.of(
                View.values(name + "-words", "Words a day.", "word"),
                View.terms(name + "-terms", "Terms a day.", "text"));
    }

    @Override
    public BodyReader reader() {
        return LinesSource::read;
    }

    private static void read(Body body, Intake into) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(body.bytes(), StandardCharsets.UTF_8));
        int number = 0;
        if (body.headers().getOrDefault(Body.PIECE, "0").equals(String.valueOf(HEAD.length()))) {
            lines.readLine();
        }
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            String[] words = line.split(" ", 3);
            if (words.length < 3) {
                into.reject("line " + number, "it has less than three words", Bytes.utf8(line), Bytes.utf8(HEAD));
            } else {
                into.record(new Collected(words[0], Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeNumberProperty("at", Long.parseLong(words[1]));
                    json.writeStringProperty("text", words[2]);
                    json.writeEndObject();
                })));
            }
        }
    }

    @Override
    public RecordParser parser() {
        return (collected, arrived) -> parse(collected);
    }

    private static DataRecord parse(Collected collected) throws PoisonException {
        Map<String, @Nullable Object> members;
        try {
            members = Json.parseObject(collected.json());
        } catch (ProblemException noJson) {
            throw new PoisonException(noJson.detail());
        }
        if ("poison".equals(members.get("text"))) {
            throw new PoisonException("it says poison");
        }
        return DataRecord.of(SCHEMA)
                .set("id", collected.id())
                .set("at", members.get("at") instanceof BigInteger at ? at.longValueExact() * 1_000_000L : null)
                .set("text", members.get("text"))
                .set("word", String.valueOf(members.get("text")).split(" ", 2)[0])
                .build();
    }
}
