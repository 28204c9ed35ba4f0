package com.databroker.files;

import dev.harrel.jsonschema.JsonNode;
import dev.harrel.jsonschema.SimpleType;
import java.lang.ref.WeakReference;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/// One value of a [JsonDocument], made when the schema's library asks for it and forgotten after. Equal to another one
/// of the same value, as JSON Schema compares: 1.0 is 1.
final class JsonValue implements JsonNode {
    private final JsonDocument document;
    private final int index;
    private final @Nullable JsonValue parent;
    /// Of this value in its parent, as in a JSON pointer.
    private final String step;
    /// Null for a schema, which no stranger wrote, and which many threads read.
    private final @Nullable Work work;

    private @Nullable BigDecimal number;
    /// Weak, because values hold those that are in them: the whole document would stay.
    private WeakReference<@Nullable Items> items = new WeakReference<>(null);

    private WeakReference<@Nullable Map<String, JsonNode>> properties = new WeakReference<>(null);

    /// How much work one check of one document may be.
    static final class Work {
        /// What the library remembers, each about 300 bytes.
        static final int RESULTS_MAX = 250_000;

        private final Deadline deadline;
        private int results;

        Work(Deadline deadline) {
            this.deadline = deadline;
        }

        /// The library asks for the place of a value when it has something to remember about it, and not else.
        private void result() {
            if (++results > RESULTS_MAX) {
                throw Findings.refusal(
                        0,
                        0,
                        "checking it takes more than " + RESULTS_MAX
                                + " intermediate results (a limit): much of it is wrong, or it is too large; send a part");
            }
        }
    }

    private JsonValue(JsonDocument document, int index, @Nullable JsonValue parent, String step, @Nullable Work work) {
        this.document = document;
        this.index = index;
        this.parent = parent;
        this.step = step;
        this.work = work;
    }

    static JsonValue root(JsonDocument document, @Nullable Work work) {
        return new JsonValue(document, 0, null, "", work);
    }

    JsonDocument document() {
        return document;
    }

    /// What a pointer into the document names.
    JsonValue at(String pointer) {
        return new JsonValue(document, document.find(pointer), null, "", work);
    }

    JsonPlaces.Place place() {
        return document.placeOf(index);
    }

    /// Its JSON pointer, not counted as a result.
    String pointer() {
        StringBuilder pointer = new StringBuilder();
        for (JsonValue value = this; value.parent != null; value = value.parent) {
            pointer.insert(0, value.step).insert(0, '/');
        }
        return pointer.toString();
    }

    @Override
    public String getJsonPointer() {
        if (work != null) {
            work.result();
        }
        return pointer();
    }

    private byte first() {
        return document.bytes()[document.start(index)];
    }

    @Override
    public SimpleType getNodeType() {
        if (work != null) {
            work.deadline.check();
        }
        return switch (first()) {
            case '{' -> SimpleType.OBJECT;
            case '[' -> SimpleType.ARRAY;
            case '"' -> SimpleType.STRING;
            case 't', 'f' -> SimpleType.BOOLEAN;
            case 'n' -> SimpleType.NULL;
            default -> asNumber().scale() == 0 ? SimpleType.INTEGER : SimpleType.NUMBER;
        };
    }

    @Override
    public boolean asBoolean() {
        return first() == 't';
    }

    @Override
    public String asString() {
        return switch (getNodeType()) {
            case STRING -> document.string(index);
            case INTEGER, NUMBER -> document.number(index);
            case BOOLEAN -> String.valueOf(asBoolean());
            case NULL -> "null";
            case ARRAY -> "an array";
            case OBJECT -> "an object";
        };
    }

    @Override
    public BigInteger asInteger() {
        return asNumber().toBigInteger();
    }

    /// In one form for each value, because it is compared with equals; the document has bounded its size.
    @Override
    public BigDecimal asNumber() {
        if (number == null) {
            BigDecimal shortest = new BigDecimal(document.number(index)).stripTrailingZeros();
            number = shortest.scale() < 0 ? shortest.setScale(0) : shortest;
        }
        return number;
    }

    @Override
    public List<JsonNode> asArray() {
        Items list = items.get();
        if (list == null) {
            list = new Items();
            items = new WeakReference<>(list);
        }
        return list;
    }

    @Override
    public Map<String, JsonNode> asObject() {
        Map<String, JsonNode> map = properties.get();
        if (map == null) {
            Map<String, JsonNode> made = new LinkedHashMap<>();
            for (int name = index + 1; name < document.next(index); name = document.next(name + 1)) {
                String text = document.string(name);
                made.put(text, new JsonValue(document, name + 1, this, JsonNode.encodeJsonPointer(text), work));
            }
            map = Collections.unmodifiableMap(made);
            properties = new WeakReference<>(map);
        }
        return map;
    }

    private final class Items extends AbstractList<JsonNode> implements RandomAccess {
        private final int[] indexes;

        Items() {
            int[] found = new int[Math.min(16, document.next(index) - index)];
            int size = 0;
            for (int i = index + 1; i < document.next(index); i = document.next(i)) {
                if (size == found.length) {
                    found = Arrays.copyOf(found, size + (size >> 1) + 1);
                }
                found[size++] = i;
            }
            this.indexes = Arrays.copyOf(found, size);
        }

        @Override
        public JsonNode get(int i) {
            return new JsonValue(document, indexes[i], JsonValue.this, String.valueOf(i), work);
        }

        @Override
        public int size() {
            return indexes.length;
        }
    }

    /// The value as the JDK's types, which compare as JSON Schema does.
    private Object value() {
        SimpleType type = getNodeType();
        return switch (type) {
            case NULL -> type;
            case BOOLEAN -> asBoolean();
            case STRING -> asString();
            case INTEGER, NUMBER -> asNumber();
            case ARRAY -> asArray();
            case OBJECT -> asObject();
        };
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonValue that && value().equals(that.value());
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(value());
    }

    @Override
    public String toString() {
        return asString();
    }
}
