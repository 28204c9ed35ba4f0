package com.databroker.core;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
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
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(CONSTRAINTS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final CBORFactory CBOR = CBORFactory.builder()
            .streamReadConstraints(CONSTRAINTS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

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

    // Recursion is bounded by DEPTH_MAX, which the parser enforces.
    private static @Nullable Object tree(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "the message ends too early");
        }
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
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

    private static Map<String, @Nullable Object> object(JsonParser parser) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            map.put(name, tree(parser));
        }
        return Collections.unmodifiableMap(map);
    }

    private static List<@Nullable Object> array(JsonParser parser) {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.add(tree(parser));
        }
        return Collections.unmodifiableList(list);
    }

    /// Writes a tree as [#parse] makes it.
    public static void writeTree(JsonGenerator json, @Nullable Object tree) {
        if (tree == null) {
            json.writeNull();
        } else if (tree instanceof Map<?, ?> map) {
            json.writeStartObject();
            map.forEach((name, value) -> {
                json.writeName(String.valueOf(name));
                writeTree(json, value);
            });
            json.writeEndObject();
        } else if (tree instanceof List<?> list) {
            json.writeStartArray();
            list.forEach(value -> writeTree(json, value));
            json.writeEndArray();
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
