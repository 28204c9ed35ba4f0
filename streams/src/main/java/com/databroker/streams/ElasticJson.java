package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Text;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/// What Elasticsearch answers, as a tree of Map, List, String, Long, BigInteger, Double, Boolean and null.
///
/// What it kept of a record (`_source`) is not taken apart: it stays the bytes that came.
final class ElasticJson {
    static final String SOURCE = "_source";

    /// A record may be nested as deep as it came, and stands a few steps deep in an answer.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(2100)
                    .maxNumberLength(Collected.JSON_BYTES_MAX)
                    .build())
            .build();

    private final JsonParser parser;
    private final byte[] json;

    private ElasticJson(JsonParser parser, byte[] json) {
        this.parser = parser;
        this.json = json;
    }

    /// @throws IOException where it is no object
    static Map<String, @Nullable Object> parse(Bytes answer) throws IOException {
        byte[] json = answer.toArray();
        try (JsonParser parser = parser(json)) {
            if (parser.nextToken() == JsonToken.START_OBJECT || parser.currentToken() == JsonToken.START_ARRAY) {
                Object tree = new ElasticJson(parser, json).tree();
                return tree instanceof List<?> list ? Map.of("", list) : object(tree);
            }
            throw new IOException("Elasticsearch answers with what is no JSON object: " + Text.excerpt(answer.utf8()));
        } catch (JacksonException malformed) {
            throw new IOException(
                    "Elasticsearch answers with what is no JSON: " + Text.excerpt(malformed.getOriginalMessage()),
                    malformed);
        }
    }

    static JsonParser parser(byte[] json) {
        return JSON.createParser(ObjectReadContext.empty(), json);
    }

    private @Nullable Object tree() {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> members = new LinkedHashMap<>();
                for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                    parser.nextToken();
                    members.put(name, name.equals(SOURCE) ? raw() : tree());
                }
                yield members;
            }
            case START_ARRAY -> {
                List<@Nullable Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(tree());
                }
                yield elements;
            }
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> {
                BigInteger number = parser.getBigIntegerValue();
                yield number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
            }
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private Bytes raw() {
        int from = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        parser.finishToken();
        return Bytes.copyOf(json, from, (int) parser.currentLocation().getByteOffset() - from);
    }

    /// The object that a member is.
    @SuppressWarnings("unchecked")
    static Map<String, @Nullable Object> object(@Nullable Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw malformed("an object");
    }

    static List<?> list(@Nullable Object value) throws IOException {
        if (value instanceof List<?> list) {
            return list;
        }
        throw malformed("a list");
    }

    static long number(@Nullable Object value) throws IOException {
        if (value instanceof Number number) {
            return number.longValue();
        }
        throw malformed("a number");
    }

    private static IOException malformed(String expected) {
        return new IOException("Elasticsearch answers in a form that is not known: " + expected + " is missing");
    }
}
