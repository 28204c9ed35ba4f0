package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.dataformat.cbor.CBORGenerator;

/// Writes values as [ObjectMessage] lists them, whatever they are to one another: shared ones once,
/// circles as circles.
///
/// ```
///                     JSON                            CBOR
/// shared, first time  {"$id":1,"$v":[…]}              28([…])
/// shared, again       {"$ref":1}                      29(0)
/// BigDecimal          {"$dec":"1.10"}                 4([-2, 110])
/// beyond 2^53         {"$int":"9007199254740993"}     an integer
/// not a number        {"$double":"NaN"}               a float
/// Bytes               {"$bytes":"AAEC"}               h'000102'
/// LocalDate           {"$date":"2026-11-28"}          1004("2026-11-28")
/// LocalTime           {"$time":"12:34:56"}            the same
/// LocalDateTime       {"$datetime":"2026-11-28T12:34:56"}   the same
/// OffsetDateTime      {"$offset":"2026-11-28T12:34:56+01:00"}   0("2026-11-28T12:34:56+01:00")
/// Instant             {"$instant":"2026-11-28T12:34:56Z"}   0("2026-11-28T12:34:56Z")
/// UUID                {"$uuid":"…"}                   37(h'…')
/// ObjectRef           {"$":"Person/42~…"}             the same
/// a map with $ keys   {"$map":{"$x":1}}               the same
/// ```
/// No method calls itself: a chain of any length is written with the same stack. First every value that
/// will be written is [noted][#note].
final class GraphWriter {
    /// RFC 3339 writes no offset as Z; that is what tells an `Instant` from an `OffsetDateTime`.
    static final DateTimeFormatter OFFSET = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .appendOffset("+HH:MM:ss", "+00:00")
            .toFormatter();

    static final long EXACT_IN_JAVASCRIPT = 1L << 53;

    private static final Integer ONCE = -1;
    private static final Integer SHARED = -2;

    /// Each container: [#ONCE], [#SHARED], or its number when it has been written.
    private final IdentityHashMap<Object, Integer> containers = new IdentityHashMap<>();

    private final JsonGenerator out;
    private final @Nullable CBORGenerator cbor;
    private final int nodesMax;
    private int numbers;

    /// What is open: an iterator over the rest, and how many `}` its end takes beside its own.
    private record Open(
            @Nullable Iterator<?> list, @Nullable Iterator<? extends Map.Entry<?, ?>> map, int ends) {}

    GraphWriter(JsonGenerator out, int nodesMax) {
        this.out = out;
        this.cbor = out instanceof CBORGenerator generator ? generator : null;
        this.nodesMax = nodesMax;
    }

    /// Sees which lists and maps are met more than once.
    ///
    /// @throws ProblemException where there are too many, or something that is no value
    void note(@Nullable Object root) {
        if (!isContainer(root)) {
            return;
        }
        Deque<Object> found = new ArrayDeque<>();
        meet(root, found);
        for (Object next = found.poll(); next != null; next = found.poll()) {
            if (next instanceof List<?> list) {
                list.forEach(value -> meet(value, found));
            } else {
                ((Map<?, ?>) next).values().forEach(value -> meet(value, found));
            }
        }
    }

    private void meet(@Nullable Object value, Deque<Object> found) {
        if (value == null || !isContainer(value)) {
            return;
        }
        if (containers.put(value, ONCE) == null) {
            if (containers.size() > nodesMax) {
                throw new ProblemException(
                        Problem.VALUE_TOO_LARGE, "more than " + nodesMax + " lists and maps in one message");
            }
            found.add(value);
        } else {
            containers.put(value, SHARED);
        }
    }

    private static boolean isContainer(@Nullable Object value) {
        return value instanceof List<?> || value instanceof Map<?, ?>;
    }

    /// Writes a value that was noted.
    void write(@Nullable Object root) {
        if (!isContainer(root)) {
            scalar(root);
            return;
        }
        Deque<Open> open = new ArrayDeque<>();
        begin(root, open);
        for (Open top = open.peek(); top != null; top = open.peek()) {
            Object value;
            if (top.list != null && top.list.hasNext()) {
                value = top.list.next();
            } else if (top.map != null && top.map.hasNext()) {
                Map.Entry<?, ?> entry = top.map.next();
                out.writeName(name(entry.getKey()));
                value = entry.getValue();
            } else {
                end(open.pop());
                continue;
            }
            if (isContainer(value)) {
                begin(value, open);
            } else {
                scalar(value);
            }
        }
    }

    private static String name(@Nullable Object key) {
        if (key instanceof String name) {
            return name;
        }
        throw new ProblemException(
                Problem.VALUE_INVALID, "a key of a map is not a text but " + (key == null ? "null" : key.getClass()));
    }

    private void begin(@Nullable Object container, Deque<Open> open) {
        Integer state = containers.get(container);
        int ends = 0;
        if (state == null) {
            throw new IllegalStateException("a value that was not noted, or was changed while it was written");
        } else if (state >= 0) {
            again(state);
            return;
        } else if (state.equals(SHARED)) {
            containers.put(container, numbers);
            ends += share(numbers++);
        }
        if (container instanceof List<?> list) {
            out.writeStartArray(list, list.size());
            open.push(new Open(list.iterator(), null, ends));
        } else if (container instanceof Map<?, ?> map) {
            if (map.keySet().stream().anyMatch(key -> key instanceof String name && name.startsWith("$"))) {
                out.writeStartObject();
                out.writeName("$map");
                ends++;
            }
            out.writeStartObject(map, map.size());
            open.push(new Open(null, map.entrySet().iterator(), ends));
        }
    }

    private int share(int number) {
        if (cbor != null) {
            cbor.writeTag(GraphReader.TAG_SHARED);
            return 0;
        }
        out.writeStartObject();
        out.writeNumberProperty("$id", number + 1);
        out.writeName("$v");
        return 1;
    }

    private void again(int number) {
        if (cbor != null) {
            cbor.writeTag(GraphReader.TAG_AGAIN);
            out.writeNumber(number);
        } else {
            out.writeStartObject();
            out.writeNumberProperty("$ref", number + 1);
            out.writeEndObject();
        }
    }

    private void end(Open closed) {
        if (closed.list != null) {
            out.writeEndArray();
        } else {
            out.writeEndObject();
        }
        for (int i = 0; i < closed.ends; i++) {
            out.writeEndObject();
        }
    }

    private void scalar(@Nullable Object value) {
        if (value == null) {
            out.writeNull();
        } else if (value instanceof String text) {
            out.writeString(text);
        } else if (value instanceof Boolean flag) {
            out.writeBoolean(flag);
        } else if (value instanceof Number number) {
            number(number);
        } else if (value instanceof ObjectRef reference) {
            word("$", reference.text());
        } else if (value instanceof Bytes bytes) {
            if (cbor != null) {
                out.writeBinary(bytes.unsafeArray());
            } else {
                out.writeStartObject();
                out.writeName("$bytes");
                out.writeBinary(bytes.unsafeArray());
                out.writeEndObject();
            }
        } else if (value instanceof UUID id) {
            uuid(id);
        } else {
            time(value);
        }
    }

    private void number(Number value) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            whole(value.longValue());
        } else if (value instanceof Double || value instanceof Float) {
            double number = value.doubleValue();
            if (cbor == null && (Double.isNaN(number) || Double.isInfinite(number))) {
                word("$double", Double.toString(number));
            } else {
                out.writeNumber(number);
            }
        } else if (value instanceof BigDecimal number) {
            if (cbor != null) {
                out.writeNumber(number);
            } else {
                word("$dec", number.toString());
            }
        } else if (value instanceof BigInteger number) {
            if (number.bitLength() < Long.SIZE) {
                whole(number.longValue());
            } else if (cbor != null) {
                out.writeNumber(number);
            } else {
                word("$int", number.toString());
            }
        } else {
            throw unknown(value);
        }
    }

    private void whole(long value) {
        if (cbor != null || (value <= EXACT_IN_JAVASCRIPT && value >= -EXACT_IN_JAVASCRIPT)) {
            out.writeNumber(value);
        } else {
            word("$int", Long.toString(value));
        }
    }

    private void uuid(UUID id) {
        if (cbor == null) {
            word("$uuid", id.toString());
        } else {
            cbor.writeTag(GraphReader.TAG_UUID);
            out.writeBinary(ByteBuffer.allocate(16)
                    .putLong(id.getMostSignificantBits())
                    .putLong(id.getLeastSignificantBits())
                    .array());
        }
    }

    private void time(Object value) {
        if (value instanceof LocalDate date) {
            tagged("$date", GraphReader.TAG_DATE, date.toString());
        } else if (value instanceof LocalDateTime time) {
            word("$datetime", DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time));
        } else if (value instanceof LocalTime time) {
            word("$time", DateTimeFormatter.ISO_LOCAL_TIME.format(time));
        } else if (value instanceof OffsetDateTime time) {
            tagged("$offset", GraphReader.TAG_TIME, OFFSET.format(time));
        } else if (value instanceof Instant time) {
            tagged("$instant", GraphReader.TAG_TIME, time.toString());
        } else {
            throw unknown(value);
        }
    }

    private void tagged(String word, int tag, String text) {
        if (cbor != null) {
            cbor.writeTag(tag);
            out.writeString(text);
        } else {
            word(word, text);
        }
    }

    private void word(String word, String text) {
        out.writeStartObject();
        out.writeStringProperty(word, text);
        out.writeEndObject();
    }

    private static ProblemException unknown(Object value) {
        return new ProblemException(
                Problem.VALUE_INVALID, value.getClass().getName() + " is no type of values that can be sent");
    }
}
