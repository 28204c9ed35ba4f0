package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Reads what [GraphWriter] draws, into lists and maps that the reader owns. No method calls itself.
final class GraphReader {
    static final int TAG_TIME = 0;
    static final int TAG_ABOVE = 2;
    static final int TAG_BELOW = 3;
    static final int TAG_DECIMAL = 4;
    static final int TAG_SHARED = 28;
    static final int TAG_AGAIN = 29;
    static final int TAG_UUID = 37;
    static final int TAG_DATE = 1004;

    /// Digits of a number, and places of a decimal, at most.
    private static final int DIGITS_MAX = 4096;

    private static final int LONG_DIGITS = 18;

    private final GraphIn in;
    private final int nodesMax;
    private final Map<Integer, Object> shared = new HashMap<>();

    /// Many rows of one message refer to the same few objects.
    private final Map<String, ObjectRef> references = new HashMap<>();

    private final Deque<Open> open = new ArrayDeque<>();
    private int nodes;
    private @Nullable Object root;

    /// Whether the first name of a map was read to see what the map is, and not its value: the loop of [#whole] reads
    /// that, so that maps within maps take no more of the stack than lists within lists.
    private boolean isNamed;

    /// A list or map whose end has not come.
    private static final class Open {
        final @Nullable List<@Nullable Object> list;
        final @Nullable Map<String, @Nullable Object> map;
        final boolean isLiteral;
        final int ends;
        String name = "";

        /// @param literal whether names may begin with $
        /// @param ends how many `}` follow its own end
        Open(Object container, boolean literal, int ends) {
            this.list = asList(container);
            this.map = list == null ? asMap(container) : null;
            this.isLiteral = literal;
            this.ends = ends;
        }

        @SuppressWarnings("unchecked")
        private static @Nullable List<@Nullable Object> asList(Object container) {
            return container instanceof List<?> ? (List<@Nullable Object>) container : null;
        }

        @SuppressWarnings("unchecked")
        private static Map<String, @Nullable Object> asMap(Object container) {
            return (Map<String, @Nullable Object>) container;
        }
    }

    GraphReader(GraphIn in, int nodesMax) {
        this.in = in;
        this.nodesMax = nodesMax;
    }

    /// The value of the whole input.
    ///
    /// @throws ProblemException [Problem#MESSAGE_INVALID], [Problem#VALUE_INVALID],
    ///     [Problem#VALUE_TOO_LARGE]
    @Nullable
    Object read() {
        Object value = whole(next());
        ends();
        return value;
    }

    void ends() {
        if (in.next() != null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "something follows the message");
        }
    }

    /// A value that begins here, to its end.
    @Nullable
    Object whole(JsonToken first) {
        if (first.isScalarValue() && !isTagged()) {
            return in.scalar(first);
        }
        root = null;
        value(first, 0);
        while (!open.isEmpty()) {
            Open top = open.getFirst();
            JsonToken token = next();
            if (isNamed) {
                isNamed = false;
            } else if (token == JsonToken.PROPERTY_NAME) {
                top.name = in.name();
                if (top.name.startsWith("$") && !top.isLiteral) {
                    throw invalid("a map that has \"" + Text.excerpt(top.name) + "\" beside others; wrap it in $map");
                }
                token = next();
            } else if (token == JsonToken.END_ARRAY || token == JsonToken.END_OBJECT) {
                open.pop();
                for (int i = 0; i < top.ends; i++) {
                    expect(JsonToken.END_OBJECT, "one $ word");
                }
                continue;
            }
            value(token, 0);
        }
        return root;
    }

    boolean isTagged() {
        return in.tags() > 0;
    }

    /// One more list or map, of which there may be so many.
    void counted() {
        if (++nodes > nodesMax) {
            throw new ProblemException(
                    Problem.VALUE_TOO_LARGE, "more than " + nodesMax + " lists and maps in one message");
        }
    }

    JsonToken next() {
        JsonToken token = in.next();
        if (token == null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "the message ends too early");
        }
        return token;
    }

    private void expect(JsonToken expected, String what) {
        if (next() != expected) {
            throw invalid("a map that holds more or less than " + what);
        }
    }

    /// A value that begins here: complete where it is a scalar, else opened.
    private void value(JsonToken token, int ends) {
        if (isTagged()) {
            tagged(token);
        } else if (token == JsonToken.START_ARRAY) {
            begin(new ArrayList<>(), false, ends);
        } else if (token == JsonToken.START_OBJECT) {
            object(ends, null);
        } else {
            put(in.scalar(token));
        }
    }

    private void begin(Object container, boolean literal, int ends) {
        counted();
        put(container);
        open.push(new Open(container, literal, ends));
    }

    private void put(@Nullable Object value) {
        Open top = open.peek();
        if (top == null) {
            root = value;
        } else if (top.list != null) {
            top.list.add(value);
        } else if (top.map != null) {
            int size = top.map.size();
            top.map.put(top.name, value);
            if (top.map.size() == size) {
                throw new ProblemException(
                        Problem.MESSAGE_INVALID, "member \"" + Text.excerpt(top.name) + "\" stands there twice");
            }
        }
    }

    private void share(int number, Object container) {
        if (shared.put(number, container) != null) {
            throw invalid("$id " + number + " stands there twice");
        }
    }

    /// A `{` was read: a map, or a word and its value.
    ///
    /// @param number by which it is shared, null where it is not
    private void object(int ends, @Nullable Integer number) {
        JsonToken token = next();
        String name = token == JsonToken.PROPERTY_NAME ? in.name() : "";
        if (!name.startsWith("$")) {
            Map<String, @Nullable Object> map = map(number);
            begin(map, false, ends);
            if (token == JsonToken.PROPERTY_NAME) {
                open.getFirst().name = name;
                isNamed = true;
            } else {
                open.pop();
                for (int i = 0; i < ends; i++) {
                    expect(JsonToken.END_OBJECT, "one $ word");
                }
            }
        } else if (name.equals("$map")) {
            expect(JsonToken.START_OBJECT, "a map after $map");
            begin(map(number), true, ends + 1);
        } else if (number != null) {
            throw invalid("only lists and maps can be shared");
        } else if (name.equals("$id") && !in.hasTags()) {
            shared(ends);
        } else {
            Object value = name.equals("$ref") && !in.hasTags() ? again(number(next()), 1) : word(name, next());
            put(value);
            expect(JsonToken.END_OBJECT, "one $ word");
        }
    }

    private Map<String, @Nullable Object> map(@Nullable Integer number) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        if (number != null) {
            share(number, map);
        }
        return map;
    }

    /// `{"$id":` was read.
    private void shared(int ends) {
        int number = number(next());
        if (next() != JsonToken.PROPERTY_NAME || !in.name().equals("$v")) {
            throw invalid("after $id comes $v");
        }
        JsonToken token = next();
        if (token == JsonToken.START_ARRAY) {
            List<@Nullable Object> list = new ArrayList<>();
            share(number, list);
            begin(list, false, ends + 1);
        } else if (token == JsonToken.START_OBJECT) {
            object(ends + 1, number);
        } else {
            throw invalid("only lists and maps can be shared");
        }
    }

    private int number(JsonToken token) {
        if (token == JsonToken.VALUE_NUMBER_INT
                && in.scalar(token) instanceof Long number
                && number >= 0
                && number <= Integer.MAX_VALUE) {
            return number.intValue();
        }
        throw invalid("what numbers a shared value is not a number from 0");
    }

    private Object again(int number, int first) {
        Object value = shared.get(number);
        if (value == null) {
            throw invalid("nothing before has the number " + number + ", and numbers begin with " + first);
        }
        return value;
    }

    private void tagged(JsonToken token) {
        long tag = in.tag();
        if (in.tags() > 1) {
            throw invalid("a value with " + in.tags() + " tags");
        }
        if (tag == TAG_SHARED) {
            if (token == JsonToken.START_ARRAY) {
                List<@Nullable Object> list = new ArrayList<>();
                share(shared.size(), list);
                begin(list, false, 0);
            } else if (token == JsonToken.START_OBJECT) {
                object(0, shared.size());
            } else {
                throw invalid("only lists and maps can be shared");
            }
        } else if (tag == TAG_AGAIN) {
            put(again(number(token), 0));
        } else if (tag == TAG_TIME && token == JsonToken.VALUE_STRING) {
            String text = in.text();
            put(word(text.endsWith("Z") ? "$instant" : "$offset", token));
        } else if (tag == TAG_DATE) {
            put(word("$date", token));
        } else if (tag == TAG_UUID && token == JsonToken.VALUE_EMBEDDED_OBJECT) {
            put(in.scalar(token) instanceof Bytes bytes ? uuid(bytes) : null);
        } else {
            throw invalid("CBOR tag " + tag + " is not used here");
        }
    }

    static UUID uuid(Bytes bytes) {
        if (bytes.length() != 16) {
            throw invalid("a UUID has 16 bytes");
        }
        ByteBuffer buffer = bytes.asReadOnlyBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private Object word(String word, JsonToken token) {
        if (token != JsonToken.VALUE_STRING) {
            throw invalid("what follows " + Text.excerpt(word) + " is not a text");
        }
        String text = in.text();
        try {
            return switch (word) {
                case "$" -> references.computeIfAbsent(text, ObjectRef::parse);
                case "$dec" -> decimal(new BigDecimal(digits(text)));
                case "$int" -> whole(new BigInteger(digits(text)));
                case "$double" -> Double.valueOf(digits(text));
                case "$bytes" -> Bytes.wrap(Base64.getDecoder().decode(text));
                case "$date" -> LocalDate.parse(text);
                case "$time" -> LocalTime.parse(text);
                case "$datetime" -> LocalDateTime.parse(text);
                case "$offset" -> OffsetDateTime.parse(text);
                case "$instant" -> Instant.parse(text);
                case "$uuid" -> UUID.fromString(text);
                default -> throw invalid("there is no word " + Text.excerpt(word));
            };
        } catch (DateTimeException | IllegalArgumentException | ArithmeticException malformed) {
            throw invalid("\"" + Text.excerpt(text) + "\" is not what follows " + word);
        }
    }

    private static String digits(String text) {
        if (text.length() > DIGITS_MAX) {
            throw new ProblemException(Problem.VALUE_TOO_LARGE, "a number of more than " + DIGITS_MAX + " characters");
        }
        return text;
    }

    static BigDecimal decimal(BigDecimal value) {
        if (Math.abs((long) value.scale()) > DIGITS_MAX
                // Whose digits fit into a long is not asked further.
                || (value.precision() > LONG_DIGITS && value.unscaledValue().bitLength() > DIGITS_MAX * 4)) {
            throw new ProblemException(Problem.VALUE_TOO_LARGE, "a decimal of more than " + DIGITS_MAX + " places");
        }
        return value;
    }

    static Object whole(BigInteger value) {
        if (value.bitLength() > DIGITS_MAX * 4) {
            throw new ProblemException(Problem.VALUE_TOO_LARGE, "a number of more than " + DIGITS_MAX + " digits");
        }
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    static ProblemException invalid(String why) {
        return new ProblemException(Problem.VALUE_INVALID, why);
    }
}
