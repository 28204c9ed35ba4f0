package com.databroker.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Reads answers. Their rows, of which there may be ten thousand, become [ObjectMessage.Row]s as they are met;
/// what stands in the fields and all else is read by a [GraphReader].
final class AnswerReader {
    private static final String ROWS = "rows";

    private final GraphIn in;
    private final GraphReader graph;

    /// Of each type the names of the fields of its last row, which the next one nearly always has, too.
    private final Map<String, List<String>> namesOf = new HashMap<>();

    /// Of the last row.
    private String lastType = "";

    AnswerReader(GraphIn in, int nodesMax) {
        this.in = in;
        this.graph = new GraphReader(in, nodesMax);
    }

    /// The members of the message.
    Map<String, @Nullable Object> read() {
        JsonToken token = graph.next();
        if (token != JsonToken.START_OBJECT || graph.isTagged()) {
            Object other = graph.whole(token);
            graph.ends();
            return Json.asObject(other, "the message");
        }
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (token = graph.next(); token != JsonToken.END_OBJECT; token = graph.next()) {
            String name = in.name();
            boolean rows = name.equals(ROWS) && ("ok".equals(map.get("t")) || "part".equals(map.get("t")));
            add(map, name, rows ? rows() : graph.whole(graph.next()));
        }
        graph.ends();
        return map;
    }

    private static void add(Map<String, @Nullable Object> map, String name, @Nullable Object value) {
        if (name.startsWith("$")) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "member \"" + Text.excerpt(name) + "\" begins with a $");
        }
        int size = map.size();
        map.put(name, value);
        if (map.size() == size) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "member \"" + Text.excerpt(name) + "\" stands there twice");
        }
    }

    private @Nullable Object rows() {
        JsonToken token = graph.next();
        if (token != JsonToken.START_ARRAY || graph.isTagged()) {
            return graph.whole(token);
        }
        graph.counted();
        List<ObjectMessage.Row> rows = new ArrayList<>();
        for (token = graph.next(); token != JsonToken.END_ARRAY; token = graph.next()) {
            rows.add(row(token));
        }
        return rows;
    }

    private ObjectMessage.Row row(JsonToken first) {
        expect(first, JsonToken.START_ARRAY);
        graph.counted();
        ObjectRef known = in.refOf(lastType);
        ObjectRef ref = known == null ? ObjectRef.parse(text()) : known;
        lastType = ref.key().isTemporary() ? "" : ref.key().type();
        String rights = text();
        expect(graph.next(), JsonToken.VALUE_NUMBER_INT);
        if (!(in.scalar(JsonToken.VALUE_NUMBER_INT) instanceof Long version)) {
            throw invalid();
        }
        String tag = text();
        expect(graph.next(), JsonToken.START_OBJECT);
        graph.counted();
        Map<String, @Nullable Object> fields = fields(ref.key().type());
        expect(graph.next(), JsonToken.END_ARRAY);
        return new ObjectMessage.Row(ref, rights, version, tag, fields);
    }

    private String text() {
        expect(graph.next(), JsonToken.VALUE_STRING);
        return in.text();
    }

    private void expect(JsonToken token, JsonToken expected) {
        if (token != expected || graph.isTagged()) {
            throw invalid();
        }
    }

    private Map<String, @Nullable Object> fields(String type) {
        List<String> names = namesOf.getOrDefault(type, List.of());
        @Nullable Object[] values = new Object[names.size()];
        int count = 0;
        while (count < values.length && in.skips(names.get(count))) {
            values[count++] = value();
        }
        JsonToken token = graph.next();
        while (token != JsonToken.END_OBJECT
                && count < values.length
                && names.get(count).equals(in.name())) {
            values[count++] = graph.whole(graph.next());
            token = graph.next();
        }
        if (token == JsonToken.END_OBJECT && count == values.length) {
            return new FieldValues(names, values);
        }
        Map<String, @Nullable Object> others = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            others.put(names.get(i), values[i]);
        }
        for (; token != JsonToken.END_OBJECT; token = graph.next()) {
            add(others, in.name(), graph.whole(graph.next()));
        }
        List<String> its = List.copyOf(others.keySet());
        namesOf.put(type, its);
        return new FieldValues(its, others.values().toArray());
    }

    private @Nullable Object value() {
        ObjectRef ref = in.ref();
        return ref == null ? graph.whole(graph.next()) : ref;
    }

    private static ProblemException invalid() {
        return new ProblemException(Problem.MESSAGE_INVALID, "a row is [reference, rights, version, tag, fields]");
    }
}
