package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.util.NumericUtils;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// A record as a document of Elasticsearch, and the mapping for it:
///
/// ```
///   {"id":"…","title":"Running foxes","created_at":"2026-11-28T12:00:00.000000Z",…      the record as it is
///    ,"@time":…,"@arrived":…                               microseconds: order, retention
///    ,"@find":{"title":"run fox","created_at":…,"parts-note":["…","…"]}}
/// ```
/// The record's own fields are for whoever looks with other programs; keywords, whole numbers and truths are also found
/// by them here. Of the other types Elasticsearch would make something else than the hot store in this process: its
/// times end with milliseconds, its words depend on what the cluster has installed. Those are in `@find`: text as the
/// words that [LuceneText] makes of it, times in microseconds, real numbers as whole ones of the same order.
///
/// A record that Elasticsearch could not keep like this, because raw JSON in it has line breaks or is nested too
/// deeply, stands as a text in `@record`, beside its fields without those of raw JSON.
final class ElasticForm {
    static final String TIME = "@time";
    static final String ARRIVED = "@arrived";
    private static final String FIND = "@find";
    private static final String RECORD = "@record";

    private final Schema schema;
    private final LuceneFields fields;

    ElasticForm(Schema schema) {
        this.schema = schema;
        fields = new LuceneFields(schema);
    }

    LuceneFields fields() {
        return fields;
    }

    /// What a document says of when its record happened and arrived.
    record Kept(long arrived, Bytes json) {}

    /// The field of documents by which a field of the schema is found.
    String place(String field) {
        FieldType.Scalar type = fields.types().get(field);
        return switch (java.util.Objects.requireNonNull(type, field)) {
            case TEXT, TIME, DOUBLE -> FIND + "." + found(field);
            case KEYWORD, INT, LONG, BOOL, JSON -> field;
        };
    }

    private static String found(String field) {
        return field.replace('.', '-');
    }

    /// @param arrived as the store counts it
    Bytes document(Arrival arrival, long arrived) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(4096);
        RecordJson.write(arrival.record(), out, new byte[0]);
        byte[] record = out.toByteArray();
        for (byte each : record) {
            if (each == '\n') {
                // Requests are read line by line.
                return plain(arrival, arrived);
            }
        }
        return joined(Bytes.wrap(record), arrival, arrived, null);
    }

    /// The form that can always be kept.
    Bytes plain(Arrival arrival, long arrived) {
        Bytes record = RecordJson.write(arrival.record());
        return joined(RecordJson.write(withoutRaw(arrival.record())), arrival, arrived, record.utf8());
    }

    private Bytes joined(Bytes record, Arrival arrival, long arrived, @Nullable String whole) {
        Bytes more = Json.bytes(json -> {
            json.writeStartObject();
            if (whole != null) {
                json.writeStringProperty(RECORD, whole);
            }
            json.writeNumberProperty(TIME, arrival.time());
            json.writeNumberProperty(ARRIVED, arrived);
            Map<String, List<Object>> values = new LinkedHashMap<>();
            gather("", arrival.record(), values);
            json.writeName(FIND);
            json.writeStartObject();
            values.forEach((name, all) -> write(json, name, all));
            json.writeEndObject();
            json.writeEndObject();
        });
        byte[] both = new byte[record.length() + more.length() - 1];
        System.arraycopy(record.toArray(), 0, both, 0, record.length() - 1);
        both[record.length() - 1] = ',';
        System.arraycopy(more.toArray(), 1, both, record.length(), more.length() - 1);
        return Bytes.wrap(both);
    }

    private static void write(JsonGenerator json, String name, List<Object> values) {
        json.writeName(name);
        json.writeStartArray();
        for (Object value : values) {
            if (value instanceof Long number) {
                json.writeNumber(number);
            } else {
                json.writeString((String) value);
            }
        }
        json.writeEndArray();
    }

    private static void gather(String outer, DataRecord record, Map<String, List<Object>> into) {
        Schema schema = record.schema();
        for (int i = 0; i < schema.size(); i++) {
            Object value = record.get(i);
            String name = outer + schema.field(i).name();
            FieldType type = schema.field(i).type();
            if (value instanceof List<?> all && type instanceof FieldType.ListOf list) {
                all.forEach(element -> gather(name, list.element(), element, into));
            } else if (value != null) {
                gather(name, type, value, into);
            }
        }
    }

    private static void gather(String name, FieldType type, Object value, Map<String, List<Object>> into) {
        if (value instanceof DataRecord inner) {
            gather(name + "-", inner, into);
            return;
        }
        Object found = type instanceof FieldType.Scalar scalar ? found(scalar, value) : null;
        if (found != null) {
            into.computeIfAbsent(name, first -> new ArrayList<>()).add(found);
        }
    }

    /// What stands in `@find`, null where nothing does.
    private static @Nullable Object found(FieldType.Scalar type, Object value) {
        return switch (type) {
            case TEXT -> words((String) value);
            case TIME -> value;
            case DOUBLE -> ((Double) value).isNaN() ? null : (Object) sortable((Double) value);
            case KEYWORD, INT, LONG, BOOL, JSON -> null;
        };
    }

    private static long sortable(double number) {
        // Minus zero would lie below zero.
        return NumericUtils.doubleToSortableLong(number == 0 ? 0.0 : number);
    }

    /// The words of a text with a blank between them; there is none within one.
    static String words(String text) {
        StringBuilder words = new StringBuilder(text.length());
        try (TokenStream stream = LuceneText.ANALYZER.tokenStream(FIND, text)) {
            CharTermAttribute word = stream.addAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                words.append(words.isEmpty() ? "" : " ").append(word);
            }
            stream.end();
        } catch (IOException fromNowhere) {
            throw new UncheckedIOException(fromNowhere);
        }
        return words.toString();
    }

    private static DataRecord withoutRaw(DataRecord record) {
        Schema schema = record.schema();
        DataRecord.Builder copy = DataRecord.of(schema);
        for (int i = 0; i < schema.size(); i++) {
            FieldType type = schema.field(i).type();
            FieldType element = type instanceof FieldType.ListOf list ? list.element() : type;
            Object value = record.get(i);
            if (value == null || element.equals(FieldType.JSON)) {
                continue;
            }
            if (element instanceof FieldType.StructOf) {
                value = value instanceof List<?> all
                        ? all.stream()
                                .map(inner -> withoutRaw((DataRecord) inner))
                                .toList()
                        : withoutRaw((DataRecord) value);
            }
            copy.set(i, value);
        }
        return copy.build();
    }

    /// What was kept of a record, out of its document.
    static Kept kept(Bytes document) throws IOException {
        byte[] json = document.toArray();
        Bytes record = null;
        long arrived = 0;
        int end = -1;
        try (JsonParser parser = ElasticJson.parser(json)) {
            parser.nextToken();
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                int at = (int) parser.currentTokenLocation().getByteOffset();
                if (end < 0 && (name.equals(TIME) || name.equals(RECORD))) {
                    end = at;
                }
                JsonToken token = parser.nextToken();
                if (name.equals(RECORD) && token == JsonToken.VALUE_STRING) {
                    record = Bytes.wrap(parser.getString().getBytes(StandardCharsets.UTF_8));
                } else if (name.equals(ARRIVED)) {
                    arrived = parser.getLongValue();
                } else {
                    parser.skipChildren();
                }
            }
        }
        return new Kept(arrived, record == null ? upTo(json, end) : record);
    }

    /// The object as it was before what was added.
    private static Bytes upTo(byte[] json, int end) throws IOException {
        int last = end - 1;
        while (last > 0 && json[last] != ',') {
            last--;
        }
        if (last <= 0) {
            throw new IOException("Elasticsearch holds a document that databroker did not write");
        }
        byte[] record = java.util.Arrays.copyOf(json, last + 1);
        record[last] = '}';
        return Bytes.wrap(record);
    }

    /// The mapping of its documents.
    void mapping(JsonGenerator json) {
        json.writeStartObject();
        json.writeBooleanProperty("dynamic", false);
        json.writeName("properties");
        json.writeStartObject();
        property(json, TIME, "long");
        property(json, ARRIVED, "long");
        json.writeName(FIND);
        json.writeStartObject();
        json.writeName("properties");
        json.writeStartObject();
        fields.types().forEach((field, type) -> {
            switch (type) {
                case TEXT -> words(json, found(field));
                case TIME, DOUBLE -> property(json, found(field), "long");
                case KEYWORD, INT, LONG, BOOL, JSON -> {
                    // Found where it stands.
                }
            }
        });
        json.writeEndObject();
        json.writeEndObject();
        json.writeName(RECORD);
        json.writeStartObject();
        json.writeStringProperty("type", "keyword");
        json.writeBooleanProperty("index", false);
        json.writeBooleanProperty("doc_values", false);
        json.writeEndObject();
        properties(json, schema);
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void property(JsonGenerator json, String name, String type) {
        json.writeName(name);
        json.writeStartObject();
        json.writeStringProperty("type", type);
        json.writeEndObject();
    }

    private static void words(JsonGenerator json, String name) {
        json.writeName(name);
        json.writeStartObject();
        json.writeStringProperty("type", "text");
        json.writeStringProperty("analyzer", "whitespace");
        json.writeBooleanProperty("norms", false);
        // As between the texts of a list in this process.
        json.writeNumberProperty("position_increment_gap", LuceneText.GAP);
        json.writeEndObject();
    }

    private static void properties(JsonGenerator json, Schema schema) {
        for (Field field : schema.fields()) {
            FieldType element = field.type() instanceof FieldType.ListOf list ? list.element() : field.type();
            json.writeName(field.name());
            json.writeStartObject();
            switch (element) {
                case FieldType.StructOf struct -> {
                    json.writeName("properties");
                    json.writeStartObject();
                    properties(json, struct.schema());
                    json.writeEndObject();
                }
                case FieldType.Scalar scalar -> scalar(json, scalar);
                case FieldType.ListOf never -> throw new IllegalArgumentException(field.name());
            }
            json.writeEndObject();
        }
    }

    private static void scalar(JsonGenerator json, FieldType.Scalar type) {
        switch (type) {
            case KEYWORD -> {
                json.writeStringProperty("type", "keyword");
                json.writeNumberProperty("ignore_above", LuceneFields.KEYWORD_BYTES_MAX);
            }
            case TEXT -> json.writeStringProperty("type", "text");
            case INT -> json.writeStringProperty("type", "integer");
            case LONG -> json.writeStringProperty("type", "long");
            case BOOL -> json.writeStringProperty("type", "boolean");
            case DOUBLE, TIME -> {
                json.writeStringProperty("type", type == FieldType.Scalar.TIME ? "date" : "double");
                // A year of five digits, and what is no number.
                json.writeBooleanProperty("ignore_malformed", true);
            }
            case JSON -> {
                json.writeStringProperty("type", "object");
                json.writeBooleanProperty("enabled", false);
            }
        }
    }
}
