package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.sources.DefinedSource;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.Field;
import com.databroker.streams.FieldType;
import com.databroker.streams.Intake;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Reads the definition of a stream as a broker would at its start, and a sample as the stream would, without either.
public final class DefinitionCheck {
    private static final int SHOWN_MAX = 5;
    private static final int IDS_MAX = 1_000_000;

    private final String name;
    private final List<String> fields;
    private final List<String> shown = new ArrayList<>();
    private final List<String> rejected = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private long records;
    private long rejects;

    private DefinitionCheck(DefinedSource source) {
        name = source.name();
        fields = source.schema().fields().stream().map(Field::name).toList();
    }

    /// @param sample a file that could come into its inbox, null for none
    /// @throws ProblemException [com.databroker.core.Problem#CONFIGURATION_INVALID], with everything that is wrong
    /// @throws IOException where the sample cannot be read
    public static DefinitionCheck of(Path definition, @Nullable Path sample) throws IOException {
        DefinedSource source = StreamDefinitions.read(definition, StreamSources.BUILT_IN);
        DefinitionCheck check = new DefinitionCheck(source);
        if (sample != null) {
            try (InputStream bytes = Files.newInputStream(sample)) {
                check.read(source, new Body("sample", sample.toString(), Map.of(), Instant.EPOCH, bytes));
            }
        }
        return check;
    }

    private void read(DefinedSource source, Body body) throws IOException {
        RecordParser parser = source.parser();
        source.reader().read(body, new Intake() {
            @Override
            public void record(Collected record) {
                try {
                    take(source, parser.parse(record, body.received()));
                } catch (PoisonException poison) {
                    reject("record " + Text.excerpt(record.id()), poison.reason(), record.json());
                }
            }

            @Override
            public void reject(String position, String reason, Bytes excerpt) {
                rejects++;
                if (rejected.size() < SHOWN_MAX) {
                    rejected.add(position + ": " + reason);
                }
            }
        });
    }

    private void take(DefinedSource source, DataRecord record) {
        records++;
        if (ids.size() < IDS_MAX) {
            ids.add(String.valueOf(record.get(0)));
        }
        if (shown.size() < SHOWN_MAX) {
            shown.add(Json.bytes(out -> {
                        out.writeStartObject();
                        for (Field field : source.schema().fields()) {
                            Object value = record.get(field.name());
                            if (value != null) {
                                out.writeName(field.name());
                                write(out, field.type(), value);
                            }
                        }
                        out.writeEndObject();
                    })
                    .utf8());
        }
    }

    private static void write(JsonGenerator out, FieldType type, Object value) {
        switch (value) {
            case List<?> list -> {
                FieldType element = type instanceof FieldType.ListOf of ? of.element() : type;
                out.writeStartArray();
                list.forEach(each -> write(out, element, each));
                out.writeEndArray();
            }
            case Long micros
            when type.equals(FieldType.TIME) ->
                out.writeString(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
            case Long number -> out.writeNumber(number);
            case Integer number -> out.writeNumber(number);
            case Double number -> out.writeNumber(number);
            case Boolean flag -> out.writeBoolean(flag);
            default -> out.writeString(value.toString());
        }
    }

    /// Of the stream.
    public String name() {
        return name;
    }

    /// Their names.
    public List<String> fields() {
        return fields;
    }

    /// Records of the sample.
    public long records() {
        return records;
    }

    /// Those whose id another one of them has, and which would be dropped as the same; of very many, the first million
    /// are compared.
    public long repeated() {
        return Math.min(records, IDS_MAX) - ids.size();
    }

    /// Parts of the sample that cannot become records.
    public long rejects() {
        return rejects;
    }

    /// The first records, as JSON.
    public List<String> shown() {
        return List.copyOf(shown);
    }

    /// The first rejects, with place and reason.
    public List<String> rejected() {
        return List.copyOf(rejected);
    }
}
