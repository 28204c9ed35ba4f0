package com.databroker.server;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One section: a configuration record and its components, of which some are records again.
///
/// @param text what the section is about, for operators
record SettingGroup(String key, String text, Class<? extends Record> type, List<SettingNode> parts)
        implements SettingNode {

    /// The tree below `root`.
    ///
    /// @throws IllegalStateException where a record is not fit for it, or where a variable could
    ///   mean two keys
    static SettingGroup of(Class<? extends Record> root) {
        SettingGroup tree = of("", "", root);
        Map<String, String> taken = new HashMap<>();
        ConfigReader.NOT_SETTINGS.forEach(variable -> taken.put(variable, "the broker's own use"));
        for (SettingKey key : tree.keys()) {
            key.otherwise();
            take(taken, key.variable(), key.key());
            if (key.setting().secret()) {
                take(taken, key.variable() + "_FILE", key.key());
            }
        }
        return tree;
    }

    private static void take(Map<String, String> taken, String variable, String key) {
        String other = taken.putIfAbsent(variable, key);
        if (other != null) {
            throw new IllegalStateException(variable + " could mean " + other + " or " + key);
        }
    }

    private static SettingGroup of(String key, String text, Class<? extends Record> type) {
        List<SettingNode> parts = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            if (setting == null) {
                throw new IllegalStateException(component + " of " + type + " lacks @Setting");
            }
            String below = key.isEmpty() ? dashed(component.getName()) : key + "." + dashed(component.getName());
            if (component.getType().isRecord() && component.getType() != ByteSize.class) {
                parts.add(of(below, setting.value(), component.getType().asSubclass(Record.class)));
            } else {
                boolean optional = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
                parts.add(new SettingKey(below, setting, SettingType.of(component), optional));
            }
        }
        return new SettingGroup(key, text, type, List.copyOf(parts));
    }

    private static String dashed(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /// The section or setting of this name, one level below.
    @Nullable
    SettingNode child(String name) {
        return parts.stream()
                .filter(part -> part.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    List<String> names() {
        return parts.stream().map(SettingNode::name).toList();
    }

    /// All settings below, in the order of the records.
    List<SettingKey> keys() {
        return parts.stream()
                .flatMap(part -> switch (part) {
                    case SettingKey key -> List.of(key).stream();
                    case SettingGroup group -> group.keys().stream();
                })
                .toList();
    }

    /// Makes the record. A rule about one value begins its sentence with the key of the component,
    /// and a colon where the sentence stands without it; then the message points at that value
    /// instead of the section.
    ///
    /// @throws IllegalArgumentException the record's own, with the rule that is violated
    Record build(Values values) {
        Object[] arguments = parts.stream().map(values::get).toArray();
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            Constructor<? extends Record> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof IllegalArgumentException rule) {
                throw rule;
            }
            throw new IllegalStateException(type + " failed", refused.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(type + " cannot be made", impossible);
        }
    }
}
