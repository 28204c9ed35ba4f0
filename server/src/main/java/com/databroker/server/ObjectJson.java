package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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

    /// Any value, whole and however deep it is. What is shared stands wherever it is met.
    ///
    /// @throws ProblemException where plain JSON has no form for it: another value in its place would be written
    ///     back by whoever changes the object
    void value(JsonGenerator json, @Nullable Object value) {
        if (value instanceof List<?> || value instanceof Map<?, ?>) {
            new Tree(json).write(value);
        } else {
            scalar(json, value);
        }
    }

    private void scalar(JsonGenerator json, @Nullable Object value) {
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
            default -> json.writeString(value.toString());
        }
    }

    /// A list or map of which a part is written.
    private record Open(
            Object container,
            @Nullable Iterator<? extends Map.Entry<?, ?>> map,
            @Nullable Iterator<?> list) {}

    /// Lists and maps within one another. No method calls itself, so that depth is no matter of the stack.
    private final class Tree {
        private final JsonGenerator json;
        private final Deque<Open> open = new ArrayDeque<>();

        /// Each list and map that was met, and whether its end has come.
        private final IdentityHashMap<Object, Boolean> ended = new IdentityHashMap<>();

        Tree(JsonGenerator json) {
            this.json = json;
        }

        void write(Object root) {
            any(root);
            for (Open top = open.peek(); top != null; top = open.peek()) {
                if (top.map != null && top.map.hasNext()) {
                    Map.Entry<?, ?> entry = top.map.next();
                    json.writeName(String.valueOf(entry.getKey()));
                    any(entry.getValue());
                } else if (top.list != null && top.list.hasNext()) {
                    any(top.list.next());
                } else {
                    end(open.pop());
                }
            }
        }

        private void any(@Nullable Object value) {
            if (value instanceof Map<?, ?> map) {
                begun(map);
                json.writeStartObject();
                open.push(new Open(map, map.entrySet().iterator(), null));
            } else if (value instanceof List<?> list) {
                begun(list);
                json.writeStartArray();
                open.push(new Open(list, null, list.iterator()));
            } else {
                scalar(json, value);
            }
        }

        private void end(Open closed) {
            ended.put(closed.container, true);
            if (closed.map != null) {
                json.writeEndObject();
            } else {
                json.writeEndArray();
            }
        }

        private void begun(Object container) {
            Boolean before = ended.put(container, false);
            if (before == null) {
                return;
            }
            if (!before) {
                throw new ProblemException(
                        Problem.VALUE_INVALID,
                        "a value contains itself, for which plain JSON has no form: ask by dbo/1, as POST /objects/rpc");
            }
            // Forty lists, each twice in the next one, would be a thousand billion.
            if (json.streamWriteOutputTarget() instanceof ByteArrayOutputStream written
                    && written.size() > ObjectMessages.ANSWER_MAX) {
                throw new ProblemException(
                        Problem.VALUE_TOO_LARGE,
                        "what a value has in common with itself makes it more than " + ObjectMessages.ANSWER_MAX
                                + " bytes of plain JSON: ask by dbo/1, as POST /objects/rpc");
            }
        }
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
