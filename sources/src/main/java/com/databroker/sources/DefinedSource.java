package com.databroker.sources;

import com.databroker.streams.BodyReader;
import com.databroker.streams.FieldType;
import com.databroker.streams.Granularity;
import com.databroker.streams.RawTopic;
import com.databroker.streams.RecordParser;
import com.databroker.streams.Schema;
import com.databroker.streams.Source;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A stream that a file defines.
///
/// @param name the file's, without its end
public record DefinedSource(String name, Definition definition, Schema schema) implements Source {
    private static final String LIST = "list of ";
    private static final int PARTITIONS_EMBEDDED = 2;

    /// @param shape the columns that the definition has, and had
    public static DefinedSource of(String name, Definition definition, DefinedShape shape) {
        Schema.Builder schema =
                Schema.named(name).add(Definition.ID, FieldType.KEYWORD, "what tells this record from all others");
        for (Map.Entry<String, String> field : shape.fields().entrySet()) {
            schema.add(field.getKey(), type(field.getValue()), description(definition, field.getKey()));
        }
        return new DefinedSource(name, definition, schema.build());
    }

    private static String description(Definition definition, String field) {
        Definition.Of defined = definition.fields().get(field);
        if (defined != null) {
            return defined.description();
        }
        if (!field.equals(definition.timeField())) {
            return "no longer in the definition";
        }
        return definition.takesEvents() ? "when the event was published" : "always empty; see when it arrived";
    }

    @Override
    public String title() {
        return definition.title();
    }

    @Override
    public RawTopic topic() {
        int partitions = definition.topic().partitions();
        return new RawTopic(
                name + "_raw",
                partitions,
                Math.min(partitions, PARTITIONS_EMBEDDED),
                definition.topic().retention());
    }

    private static FieldType type(String word) {
        boolean list = word.startsWith(LIST);
        String scalar = list ? word.substring(LIST.length()) : word;
        FieldType type =
                Definition.Type.valueOf(scalar.toUpperCase(Locale.ROOT)).type();
        return list ? FieldType.listOf(type) : type;
    }

    @Override
    public String timeField() {
        return definition.timeField();
    }

    @Override
    public List<String> headline() {
        return definition.columns();
    }

    @Override
    public Granularity granularity() {
        return definition.granularity();
    }

    @Override
    public boolean repeats() {
        return definition.repeats();
    }

    @Override
    public BodyReader reader() {
        return new DefinedReader(definition);
    }

    @Override
    public RecordParser parser() {
        return new DefinedParser(definition, schema);
    }
}
