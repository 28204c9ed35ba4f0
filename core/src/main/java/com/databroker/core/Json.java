package com.databroker.core;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.cbor.CBORFactory;

/// JSON and CBOR in and out, with limits: nesting, name length, duplicate names, no trailing bytes.
///
/// A tree consists of `Map<String, Object>`, `List<Object>`, `String`, `BigInteger`, `BigDecimal`, `Boolean`,
/// [Bytes] (CBOR only) and null.
public final class Json {
    public static final int DEPTH_MAX = 64;

    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(DEPTH_MAX)
            .maxNameLength(256)
            .maxNumberLength(400)
            .build();

    /// A broker that was chosen answers what its databases hold: numbers of 150,000 digits, and any depth.
    private static final StreamReadConstraints ANSWERS = StreamReadConstraints.builder()
            .maxNestingDepth(Integer.MAX_VALUE)
            .maxNameLength(Integer.MAX_VALUE)
            .maxNumberLength(200_000)
            .maxStringLength(Integer.MAX_VALUE)
            .build();

    /// What is written is no stranger's to bound.
    private static final StreamWriteConstraints WRITTEN =
            StreamWriteConstraints.builder().maxNestingDepth(Integer.MAX_VALUE).build();

    private static final JsonFactory JSON = json(CONSTRAINTS);
    private static final JsonFactory ANSWER_JSON = json(ANSWERS);
    private static final CBORFactory CBOR = CBORFactory.builder()
            .streamReadConstraints(CONSTRAINTS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    private static JsonFactory json(StreamReadConstraints constraints) {
        return JsonFactory.builder()
                .streamReadConstraints(constraints)
                .streamWriteConstraints(WRITTEN)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
    }

    /// The JSON that `writer` writes.
    public static Bytes bytes(Consumer<JsonGenerator> writer) {
        return write(JSON, writer);
    }

    /// The CBOR that `writer` writes.
    public static Bytes cborBytes(Consumer<JsonGenerator> writer) {
        return write(CBOR, writer);
    }

    private static Bytes write(TokenStreamFactory factory, Consumer<JsonGenerator> writer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator generator = factory.createGenerator(ObjectWriteContext.empty(), out)) {
            writer.accept(generator);
        }
        return Bytes.wrap(out.toByteArray());
    }

    /// @throws ProblemException [Problem#MESSAGE_INVALID] where the bytes are not one JSON value within the limits
    public static @Nullable Object parse(Bytes json) {
        return parse(JSON, "JSON", json);
    }

    /// As [#parse], for what a broker answers to one who chose it: without the limits that are for strangers.
    public static @Nullable Object parseAnswer(Bytes json) {
        return parse(ANSWER_JSON, "JSON", json);
    }

    /// As [#parseAnswer], for a document that must be an object.
    public static Map<String, @Nullable Object> parseAnswerObject(Bytes json) {
        return asObject(parseAnswer(json), "the document");
    }

    /// @throws ProblemException [Problem#MESSAGE_INVALID] where the bytes are not one CBOR value within the limits
    public static @Nullable Object parseCbor(Bytes cbor) {
        return parse(CBOR, "CBOR", cbor);
    }

    /// As [#parse], for a document that must be an object.
    public static Map<String, @Nullable Object> parseObject(Bytes json) {
        return asObject(parse(json), "the document");
    }

    /// Whether the bytes are one JSON value within the limits, as it may stand within other JSON.
    public static boolean isValid(Bytes json) {
        if (!beginsAsUtf8(json)) {
            return false;
        }
        byte[] array = json.unsafeArray();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), array, 0, array.length)) {
            int values = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.streamReadContext().inRoot()
                        && token != JsonToken.START_OBJECT
                        && token != JsonToken.START_ARRAY) {
                    values++;
                }
                if (token.isScalarValue()) {
                    parser.getStringLength();
                }
            }
            return values == 1;
        } catch (JacksonException malformed) {
            return false;
        }
    }

    /// The parser also reads what has a byte order mark, UTF-16 and UTF-32: within JSON of ours that would be
    /// none. No JSON in UTF-8 begins with anything but ASCII, or has a zero in front.
    private static boolean beginsAsUtf8(Bytes json) {
        return json.length() > 0 && json.get(0) > 0 && (json.length() == 1 || json.get(1) != 0);
    }

    @SuppressWarnings("unchecked")
    static Map<String, @Nullable Object> asObject(@Nullable Object value, String what) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new ProblemException(Problem.MESSAGE_INVALID, what + " is not an object");
    }

    private static @Nullable Object parse(TokenStreamFactory factory, String format, Bytes bytes) {
        byte[] array = bytes.unsafeArray();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), array, 0, array.length)) {
            if (parser.nextToken() == null) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "the message is empty");
            }
            Object value = tree(parser);
            if (parser.nextToken() != null) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "something follows the " + format + " value");
            }
            return value;
        } catch (JacksonException malformed) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "not " + format + ": " + Text.excerpt(malformed.getOriginalMessage()));
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            // The CBOR reader's way to refuse some hostile numbers.
            throw new ProblemException(Problem.MESSAGE_INVALID, "not " + format);
        }
    }

    /// A list or map that is being read, and the one that it stands in.
    private static final class Open {
        final @Nullable Open around;
        final @Nullable Map<String, @Nullable Object> map;
        final List<@Nullable Object> list;
        String name = "";

        Open(@Nullable Open around, boolean isMap) {
            this.around = around;
            this.map = isMap ? new LinkedHashMap<>() : null;
            this.list = isMap ? List.of() : new ArrayList<>();
        }

        void add(@Nullable Object value) {
            if (map == null) {
                list.add(value);
            } else {
                map.put(name, value);
            }
        }

        Object ended() {
            return map == null ? Collections.unmodifiableList(list) : Collections.unmodifiableMap(map);
        }
    }

    // It does not call itself: what a broker answers may be of any depth.
    private static @Nullable Object tree(JsonParser parser) {
        Open open = null;
        for (JsonToken token = parser.currentToken(); token != null; token = parser.nextToken()) {
            Object value;
            if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
                open = new Open(open, token == JsonToken.START_OBJECT);
                continue;
            } else if (open != null && token == JsonToken.PROPERTY_NAME) {
                open.name = parser.currentName();
                continue;
            } else if (open != null && (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY)) {
                value = open.ended();
                open = open.around;
            } else {
                value = scalar(parser, token);
            }
            if (open == null) {
                return value;
            }
            open.add(value);
        }
        throw new ProblemException(Problem.MESSAGE_INVALID, "the message ends too early");
    }

    private static @Nullable Object scalar(JsonParser parser, JsonToken token) {
        return switch (token) {
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> parser.getBigIntegerValue();
            case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_EMBEDDED_OBJECT -> binary(parser.getBinaryValue());
            default -> throw new ProblemException(Problem.MESSAGE_INVALID, "unexpected " + token);
        };
    }

    /// @param value null where the CBOR is a simple value that nobody has defined
    private static Bytes binary(byte @Nullable [] value) {
        if (value == null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "an undefined simple value");
        }
        return Bytes.wrap(value);
    }

    private record Rest(
            @Nullable Iterator<? extends Map.Entry<?, ?>> map,
            @Nullable Iterator<?> list) {}

    /// Writes a tree as [#parse] makes it, however deep it is.
    public static void writeTree(JsonGenerator json, @Nullable Object tree) {
        Deque<Rest> open = new ArrayDeque<>();
        begin(json, tree, open);
        for (Rest top = open.peek(); top != null; top = open.peek()) {
            if (top.map != null && top.map.hasNext()) {
                Map.Entry<?, ?> entry = top.map.next();
                json.writeName(String.valueOf(entry.getKey()));
                begin(json, entry.getValue(), open);
            } else if (top.list != null && top.list.hasNext()) {
                begin(json, top.list.next(), open);
            } else {
                open.pop();
                if (top.map != null) {
                    json.writeEndObject();
                } else {
                    json.writeEndArray();
                }
            }
        }
    }

    private static void begin(JsonGenerator json, @Nullable Object tree, Deque<Rest> open) {
        if (tree instanceof Map<?, ?> map) {
            json.writeStartObject();
            open.push(new Rest(map.entrySet().iterator(), null));
        } else if (tree instanceof List<?> list) {
            json.writeStartArray();
            open.push(new Rest(null, list.iterator()));
        } else {
            writeScalar(json, tree);
        }
    }

    private static void writeScalar(JsonGenerator json, @Nullable Object tree) {
        if (tree == null) {
            json.writeNull();
        } else if (tree instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (tree instanceof BigInteger number) {
            json.writeNumber(number);
        } else if (tree instanceof BigDecimal number) {
            json.writeNumber(number);
        } else if (tree instanceof Number number) {
            json.writeNumber(number.longValue());
        } else if (tree instanceof Bytes bytes) {
            json.writeBinary(bytes.unsafeArray());
        } else {
            json.writeString(tree.toString());
        }
    }
}
