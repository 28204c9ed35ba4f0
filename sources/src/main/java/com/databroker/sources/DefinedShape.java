package com.databroker.sources;

import static com.databroker.sources.Definition.need;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Granularity;
import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What of a definition its stores are made after, and what therefore only grows.
///
/// A cold table has its columns in an order, and each of one type, for as long as there is the table. So what a
/// definition said when its stream was there first is kept beside it, and the next one is held against that: new
/// fields come behind the others, wherever they stand in the file, and one that is gone from it stays as an empty
/// column.
///
/// ```
///   {"time": "started", "granularity": "month", "fields": [{"name": "build", "type": "keyword"}, …]}
/// ```
///
/// @param fields names and types, in the order of the columns
public record DefinedShape(String time, Granularity granularity, Map<String, String> fields) implements Serializable {
    public DefinedShape {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /// The shape of a stream that was never there before.
    public static DefinedShape of(Definition definition) {
        Map<String, String> fields = new LinkedHashMap<>();
        if (!definition.fields().containsKey(definition.timeField())) {
            fields.put(definition.timeField(), "time");
        }
        definition.fields().forEach((name, field) -> fields.put(name, type(field)));
        return new DefinedShape(definition.timeField(), definition.granularity(), fields);
    }

    private static String type(Definition.Of field) {
        String type = field.type().name().toLowerCase(Locale.ROOT);
        return field.isList() ? "list of " + type : type;
    }

    /// What becomes of this shape when its stream is defined so.
    ///
    /// @throws IllegalArgumentException where it cannot be, in a sentence that begins with the key
    public DefinedShape next(Definition definition) {
        DefinedShape wanted = of(definition);
        need(
                time.equals(wanted.time),
                "time: was " + time + " when the stream began, and cannot become " + wanted.time + " while its data is"
                        + " there");
        need(
                granularity == wanted.granularity,
                "granularity: was " + word(granularity) + " when the stream began, and cannot become "
                        + word(wanted.granularity) + " while its data is there");
        Map<String, String> all = new LinkedHashMap<>(fields);
        wanted.fields.forEach((name, type) -> {
            String before = all.putIfAbsent(name, type);
            need(
                    before == null || before.equals(type),
                    "fields: \"" + name + "\" was " + before + " when the stream began, and cannot become " + type
                            + "; give the field another name, with from: where it stands");
        });
        return new DefinedShape(time, granularity, all);
    }

    private static String word(Granularity granularity) {
        return granularity.name().toLowerCase(Locale.ROOT);
    }

    public Bytes json() {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringProperty("time", time);
            out.writeStringProperty("granularity", word(granularity));
            out.writeName("fields");
            out.writeStartArray();
            fields.forEach((name, type) -> {
                out.writeStartObject();
                out.writeStringProperty("name", name);
                out.writeStringProperty("type", type);
                out.writeEndObject();
            });
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    /// @throws IllegalArgumentException where it is none
    public static DefinedShape parse(Bytes json) {
        Map<String, @Nullable Object> members = Json.parseObject(json);
        Map<String, String> fields = new LinkedHashMap<>();
        if (members.get("fields") instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> field) {
                    fields.put(String.valueOf(field.get("name")), String.valueOf(field.get("type")));
                }
            }
        }
        return new DefinedShape(
                String.valueOf(members.get("time")),
                Granularity.valueOf(String.valueOf(members.get("granularity")).toUpperCase(Locale.ROOT)),
                fields);
    }
}
