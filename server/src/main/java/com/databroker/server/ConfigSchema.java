package com.databroker.server;

import com.databroker.core.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The JSON Schema (2020-12) of the configuration file, by which editors complete and check keys.
final class ConfigSchema {
    private ConfigSchema() {}

    static String of(SettingGroup tree) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "databroker.yaml");
        schema.putAll(group(tree));
        StringBuilder out = new StringBuilder();
        write(out, schema, "");
        return out.append('\n').toString();
    }

    private static Map<String, Object> group(SettingGroup group) {
        Map<String, Object> schema = new LinkedHashMap<>();
        if (!group.text().isEmpty()) {
            schema.put("description", group.text());
        }
        // A section whose keys are all commented out is null in YAML.
        schema.put("type", List.of("object", "null"));
        schema.put("additionalProperties", false);
        Map<String, Object> properties = new LinkedHashMap<>();
        for (SettingNode part : group.parts()) {
            properties.put(
                    part.name(),
                    switch (part) {
                        case SettingKey key -> key(key);
                        case SettingGroup below -> group(below);
                        case SettingMap map -> map(map);
                    });
        }
        schema.put("properties", properties);
        List<String> required = group.parts().stream()
                .filter(part -> part instanceof SettingKey key && key.required())
                .map(SettingNode::name)
                .toList();
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        return schema;
    }

    private static Map<String, Object> map(SettingMap map) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("description", map.text());
        schema.put("type", List.of("object", "null"));
        schema.put("propertyNames", Map.of("pattern", "^" + map.pattern() + "$"));
        schema.put("additionalProperties", group(map.example()));
        return schema;
    }

    private static Map<String, Object> key(SettingKey key) {
        Map<String, Object> schema = new LinkedHashMap<>();
        String limits = key.limits().isEmpty() ? "" : " (" + key.limits() + ")";
        schema.put("description", key.setting().value() + limits);
        // Takes its place in front of the limits; the value follows.
        schema.put("type", "");
        List<Object> types = new ArrayList<>();
        switch (key.type().form()) {
            case TEXT, PATH -> {
                types.add("string");
                schema.put("minLength", 1);
            }
            case NUMBER -> {
                types.add("integer");
                limits(schema, key);
            }
            case FLAG -> types.add("boolean");
            case DURATION -> {
                types.add("string");
                schema.put("pattern", "^" + SettingType.DURATION_PATTERN + "$");
            }
            case SIZE -> {
                types.addAll(List.of("string", "integer"));
                schema.put("pattern", "^" + SettingType.SIZE_PATTERN + "$");
                limits(schema, key);
            }
            case WORD -> {
                types.add("string");
                List<@Nullable Object> words = new ArrayList<>(key.type().words());
                if (key.optional()) {
                    words.add(null);
                }
                schema.put("enum", words);
            }
            case LIST -> {
                types.add("array");
                schema.put("items", Map.of("type", "string"));
            }
        }
        if (key.optional() || key.type().form() == SettingType.Form.LIST) {
            types.add("null");
        }
        schema.put("type", types.size() == 1 ? types.getFirst() : types);
        Object otherwise = key.otherwise();
        if (otherwise != null && !key.setting().secret()) {
            schema.put("default", plain(key, otherwise));
        }
        return schema;
    }

    private static void limits(Map<String, Object> schema, SettingKey key) {
        if (key.hasLeast()) {
            schema.put("minimum", key.setting().min());
        }
        if (key.hasMost()) {
            schema.put("maximum", key.setting().max());
        }
    }

    private static Object plain(SettingKey key, Object value) {
        return value instanceof Number || value instanceof Boolean || value instanceof List<?>
                ? value
                : key.type().text(value);
    }

    // JSON for people: objects indented, lists on one line.
    private static void write(StringBuilder out, @Nullable Object value, String indent) {
        switch (value) {
            case Map<?, ?> object
            when !object.isEmpty() -> {
                String separator = "{\n";
                for (Map.Entry<?, ?> entry : object.entrySet()) {
                    out.append(separator).append(indent).append("  ");
                    write(out, entry.getKey(), indent);
                    out.append(": ");
                    write(out, entry.getValue(), indent + "  ");
                    separator = ",\n";
                }
                out.append('\n').append(indent).append('}');
            }
            case List<?> list -> {
                String separator = "[";
                for (Object item : list) {
                    out.append(separator);
                    write(out, item, indent);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            case null, default ->
                out.append(Json.bytes(json -> Json.writeTree(json, value)).utf8());
        }
    }
}
