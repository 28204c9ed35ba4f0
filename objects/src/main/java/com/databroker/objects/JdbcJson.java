package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ProblemException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// Columns of JSON. What is a document to everybody is written as that, and what only *dbo/1* has, as dates
/// or values that are shared, in its words; a document of others with names that begin with `$` is a document
/// all the same.
final class JdbcJson {
    /// With what names begin that may be words.
    private static final String WORD = "\"$";

    private static final String SHARED = "{\"$id\":";

    private static final JsonFactory LENIENT = JsonFactory.builder().build();

    private JdbcJson() {}

    /// @throws ProblemException of a message, where it cannot be read
    static @Nullable Object read(String json) {
        try {
            return readOnce(json);
        } catch (ProblemException twice) {
            return readOnce(lastOfEach(json, twice));
        }
    }

    /// A `json` keeps names that stand twice in an object. The last one counts, as in a `jsonb`.
    private static String lastOfEach(String json, ProblemException refused) {
        try (JsonParser parser = LENIENT.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            Object tree = lastOfEach(parser);
            return Json.bytes(out -> Json.writeTree(out, tree)).utf8();
        } catch (JacksonException unreadable) {
            refused.addSuppressed(unreadable);
            throw refused;
        }
    }

    // Recursion is bounded by the parser, which knows how deep a document may be.
    private static @Nullable Object lastOfEach(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    map.put(name, lastOfEach(parser));
                }
                yield map;
            }
            case START_ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(lastOfEach(parser));
                }
                yield list;
            }
            case VALUE_NUMBER_INT -> parser.getBigIntegerValue();
            case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case null, default -> parser.getString();
        };
    }

    private static @Nullable Object readOnce(String json) {
        Bytes bytes = Bytes.utf8(json);
        try {
            Object value = ObjectMessages.JSON.decodeValue(bytes);
            return json.contains(WORD) && !isOurs(bytes, value) ? usual(Json.parse(bytes)) : value;
        } catch (ProblemException othersWords) {
            return usual(Json.parse(bytes));
        }
    }

    /// Whether the words of a document are those that its value is written with. With others it would never be
    /// found as it was read, and no change of it would pass. Numbers of what is shared depend on the order of
    /// names, which a database does not keep.
    private static boolean isOurs(Bytes json, @Nullable Object value) {
        Bytes words = ObjectMessages.JSON.encodeWhole(value);
        try {
            return words.utf8().contains(SHARED) || Objects.equals(usual(Json.parse(words)), usual(Json.parse(json)));
        } catch (ProblemException beyondLimits) {
            return true;
        }
    }

    static String write(@Nullable Object value) {
        String words = ObjectMessages.JSON.encodeWhole(value).utf8();
        if (!words.contains(WORD) || !isTree(value, Collections.newSetFromMap(new IdentityHashMap<>()))) {
            return words;
        }
        String plain = Json.bytes(json -> Json.writeTree(json, exact(value))).utf8();
        return isRead(plain, value) ? plain : words;
    }

    private static boolean isRead(String plain, @Nullable Object value) {
        try {
            return Objects.equals(read(plain), value);
        } catch (ProblemException beyondLimits) {
            return false;
        }
    }

    /// Whether it has only what JSON has, and nothing in it is shared or contains itself.
    private static boolean isTree(@Nullable Object value, Set<Object> seen) {
        return switch (value) {
            case Map<?, ?> map -> seen.add(map) && map.values().stream().allMatch(one -> isTree(one, seen));
            case List<?> list -> seen.add(list) && list.stream().allMatch(one -> isTree(one, seen));
            case Double number -> Double.isFinite(number);
            case null -> true;
            case String _, Boolean _, Long _, BigInteger _, BigDecimal _ -> true;
            default -> false;
        };
    }

    /// With the numbers that values have elsewhere: long and double where they are exact.
    private static @Nullable Object usual(@Nullable Object tree) {
        return mapped(tree, number -> {
            if (number instanceof BigInteger whole) {
                return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
            }
            return number instanceof BigDecimal decimal ? near(decimal) : number;
        });
    }

    private static Object near(BigDecimal number) {
        double near = number.doubleValue();
        return Double.isFinite(near) && BigDecimal.valueOf(near).compareTo(number) == 0 ? (Object) near : number;
    }

    private static @Nullable Object exact(@Nullable Object tree) {
        return mapped(tree, number -> number instanceof Double near ? BigDecimal.valueOf(near) : number);
    }

    private static @Nullable Object mapped(@Nullable Object tree, UnaryOperator<@Nullable Object> leaf) {
        return switch (tree) {
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> mapped = new LinkedHashMap<>();
                map.forEach((name, value) -> mapped.put(String.valueOf(name), mapped(value, leaf)));
                yield mapped;
            }
            case List<?> list -> {
                List<@Nullable Object> mapped = new ArrayList<>();
                list.forEach(value -> mapped.add(mapped(value, leaf)));
                yield mapped;
            }
            case null, default -> leaf.apply(tree);
        };
    }
}
