package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Objects as plain JSON, for people and programs that have nothing but HTTP:
///
/// ```json
/// {"_key":"Person/42","_version":7,"name":"Ada","dept":"Dept/17","salary":1200.50,"born":"1815-12-10"}
/// ```
/// No field begins with an underscore. References are keys, times are ISO 8601, bytes are base64url. The protocol
/// *dbo/1* keeps more: capabilities, and
/// values that are shared.
final class ObjectJson {
    private static final int DEPTH_MAX = Json.DEPTH_MAX - 8;

    private final boolean capabilities;

    /// @param capabilities whether references carry theirs
    ObjectJson(boolean capabilities) {
        this.capabilities = capabilities;
    }

    void rows(JsonGenerator json, List<ObjectMessage.Row> rows) {
        json.writeStartArray();
        rows.forEach(row -> row(json, row));
        json.writeEndArray();
    }

    void row(JsonGenerator json, ObjectMessage.Row row) {
        json.writeStartObject();
        json.writeStringProperty("_key", text(row.ref()));
        if (row.version() > 0) {
            json.writeNumberProperty("_version", row.version());
        }
        row.fields().forEach((name, value) -> {
            json.writeName(name);
            value(json, value);
        });
        json.writeEndObject();
    }

    private String text(ObjectRef ref) {
        return capabilities ? ref.text() : ref.key().toString();
    }

    /// Any value; where a graph is no tree, or too deep, null stands for what would not end.
    void value(JsonGenerator json, @Nullable Object value) {
        value(json, value, java.util.Collections.newSetFromMap(new IdentityHashMap<>()), new ArrayDeque<>());
    }

    private void value(JsonGenerator json, @Nullable Object value, Set<Object> within, Deque<Object> path) {
        switch (value) {
            case null -> json.writeNull();
            case Boolean truth -> json.writeBoolean(truth);
            case Long number -> json.writeNumber(number);
            case BigInteger number -> json.writeNumber(number);
            case BigDecimal number -> json.writeNumber(number);
            case Double number when Double.isFinite(number) -> json.writeNumber(number);
            case Bytes bytes ->
                json.writeString(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray()));
            case ObjectRef ref -> json.writeString(text(ref));
            case List<?> list -> within(json, list, within, path);
            case Map<?, ?> map -> within(json, map, within, path);
            default -> json.writeString(value.toString());
        }
    }

    private void within(JsonGenerator json, Object container, Set<Object> within, Deque<Object> path) {
        if (path.size() >= DEPTH_MAX || !within.add(container)) {
            json.writeNull();
            return;
        }
        path.push(container);
        if (container instanceof Map<?, ?> map) {
            json.writeStartObject();
            map.forEach((name, value) -> {
                json.writeName(String.valueOf(name));
                value(json, value, within, path);
            });
            json.writeEndObject();
        } else {
            json.writeStartArray();
            ((List<?>) container).forEach(value -> value(json, value, within, path));
            json.writeEndArray();
        }
        path.pop();
        within.remove(container);
    }

    void conflicts(JsonGenerator json, List<ObjectMessage.FieldConflict> conflicts) {
        json.writeStartArray();
        for (ObjectMessage.FieldConflict conflict : conflicts) {
            json.writeStartObject();
            json.writeStringProperty("key", conflict.key().toString());
            json.writeStringProperty("field", conflict.field());
            json.writeName("base");
            value(json, conflict.base());
            json.writeName("mine");
            value(json, conflict.mine());
            json.writeName("theirs");
            value(json, conflict.theirs());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
