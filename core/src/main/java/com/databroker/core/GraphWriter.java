package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
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

/// Writes values as [ObjectMessage] lists them, whatever they are to one another: shared ones once,
/// circles as circles.
///
/// ```
///                     JSON                       CBOR                    BSON
/// shared, first time  {"$id":1,"$v":[…]}         28([…])                 as JSON
/// shared, again       {"$ref":1}                 29(0)                   as JSON
/// BigDecimal          {"$dec":"1.10"}            4([-2, 110])            decimal128, else as JSON
/// beyond 2^53         {"$int":"90071992547409…"} an integer              int64, beyond it as JSON
/// not a number        {"$double":"NaN"}          a float                 a double
/// Bytes               {"$bytes":"AAEC"}          h'000102'               binary, subtype 0
/// LocalDate           {"$date":"2026-11-28"}     1004("2026-11-28")      as JSON
/// LocalTime           {"$time":"12:34:56"}       the same                the same
/// LocalDateTime       {"$datetime":"2026-…"}     the same                the same
/// OffsetDateTime      {"$offset":"2026-…+01:00"} 0("2026-…+01:00")       as JSON
/// Instant             {"$instant":"2026-…Z"}     0("2026-…Z")            UTC datetime, finer ones as JSON
/// UUID                {"$uuid":"…"}              37(h'…')                binary, subtype 4
/// ObjectRef           {"$":"Person/42~…"}        the same                the same
/// a map with $ keys   {"$map":{"$x":1}}          the same                the same
/// ```
/// No method calls itself: a chain of any length is written with the same stack. First every value that
/// will be written is [noted][#note].
final class GraphWriter {
    /// RFC 3339 writes no offset as Z; that is what tells an `Instant` from an `OffsetDateTime`.
    static final DateTimeFormatter OFFSET = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .appendOffset("+HH:MM:ss", "+00:00")
            .toFormatter();

    private static final Integer ONCE = -1;
    private static final Integer SHARED = -2;

    /// Each container: [#ONCE], [#SHARED], or its number when it has been written.
    private final IdentityHashMap<Object, Integer> containers = new IdentityHashMap<>();

    private final GraphOut out;
    private final int nodesMax;
    private int numbers;

    /// What is open: an iterator over the rest, and how many `}` its end takes beside its own.
    private record Open(
            @Nullable Iterator<?> list, @Nullable Iterator<? extends Map.Entry<?, ?>> map, int ends) {}

    GraphWriter(GraphOut out, int nodesMax) {
        this.out = out;
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
        // Most values are texts and numbers, which are recognized at once.
        return !(value instanceof String) && (value instanceof List<?> || value instanceof Map<?, ?>);
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
                out.name(name(entry.getKey()));
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
            out.again(state);
            return;
        } else if (state.equals(SHARED)) {
            containers.put(container, numbers);
            ends += out.share(numbers++);
        }
        if (container instanceof List<?> list) {
            out.startList(list.size());
            open.push(new Open(list.iterator(), null, ends));
        } else if (container instanceof Map<?, ?> map) {
            if (map.keySet().stream().anyMatch(key -> key instanceof String name && name.startsWith("$"))) {
                out.startMap();
                out.name("$map");
                ends++;
            }
            out.startMap(map.size());
            open.push(new Open(null, map.entrySet().iterator(), ends));
        }
    }

    private void end(Open closed) {
        if (closed.list != null) {
            out.endList();
        } else {
            out.endMap();
        }
        for (int i = 0; i < closed.ends; i++) {
            out.endMap();
        }
    }

    private void scalar(@Nullable Object value) {
        if (value == null) {
            out.nothing();
        } else if (value instanceof String text) {
            out.text(text);
        } else if (value instanceof Boolean flag) {
            out.truth(flag);
        } else if (value instanceof Number number) {
            number(number);
        } else if (value instanceof ObjectRef reference) {
            out.word("$", reference.text());
        } else if (value instanceof Bytes bytes) {
            out.bytes(bytes);
        } else if (value instanceof UUID id) {
            out.uuid(id);
        } else {
            time(value);
        }
    }

    private void number(Number value) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            out.whole(value.longValue());
        } else if (value instanceof Double || value instanceof Float) {
            out.floating(value.doubleValue());
        } else if (value instanceof BigDecimal number) {
            out.decimal(number);
        } else if (value instanceof BigInteger number) {
            if (number.bitLength() < Long.SIZE) {
                out.whole(number.longValue());
            } else {
                out.whole(number);
            }
        } else {
            throw unknown(value);
        }
    }

    private void time(Object value) {
        if (value instanceof LocalDate date) {
            out.date(date);
        } else if (value instanceof LocalDateTime time) {
            out.word("$datetime", DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time));
        } else if (value instanceof LocalTime time) {
            out.word("$time", DateTimeFormatter.ISO_LOCAL_TIME.format(time));
        } else if (value instanceof OffsetDateTime time) {
            out.offset(time);
        } else if (value instanceof Instant time) {
            out.instant(time);
        } else {
            throw unknown(value);
        }
    }

    private static ProblemException unknown(Object value) {
        return new ProblemException(
                Problem.VALUE_INVALID, value.getClass().getName() + " is no type of values that can be sent");
    }
}
