package com.databroker.server;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One section: a configuration record and its components, of which some are records again or maps
/// of records.
///
/// @param text what the section is about, for operators
record SettingGroup(String key, String text, Class<? extends Record> type, List<SettingNode> parts)
        implements SettingNode {

    /// The tree below `root`.
    ///
    /// @throws IllegalStateException where a record is not fit for it, or where a variable could
    ///   mean two keys
    static SettingGroup of(Class<? extends Record> root) {
        SettingGroup tree = of("", "", root, false);
        Map<String, String> taken = new HashMap<>();
        ConfigReader.NOT_SETTINGS.forEach(variable -> taken.put(variable, "the broker's own use"));
        tree.everyKey().forEach(SettingKey::otherwise);
        for (SettingKey key : tree.keys()) {
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

    /// A section of a map. What it is about is said of the map.
    static SettingGroup named(String key, Class<? extends Record> type) {
        return of(key, "", type, true);
    }

    private static SettingGroup of(String key, String text, Class<? extends Record> type, boolean named) {
        List<SettingNode> parts = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            if (setting == null) {
                throw new IllegalStateException(component + " of " + type + " lacks @Setting");
            }
            String below = key.isEmpty() ? dashed(component.getName()) : key + "." + dashed(component.getName());
            Class<? extends Record> section = section(component.getType());
            Class<? extends Record> sections = sections(component);
            if (section != null) {
                parts.add(of(below, setting.value(), section, named));
            } else if (sections != null) {
                parts.add(SettingMap.of(below, setting, sections));
            } else {
                boolean optional = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
                parts.add(new SettingKey(below, setting, SettingType.of(component), optional, named));
            }
        }
        return new SettingGroup(key, text, type, List.copyOf(parts));
    }

    /// The type as that of a section; null where its values are written as one.
    private static @Nullable Class<? extends Record> section(Class<?> type) {
        return type.isRecord() && type != ByteSize.class ? type.asSubclass(Record.class) : null;
    }

    /// The type of a map's sections; null where the component is no such map.
    private static @Nullable Class<? extends Record> sections(RecordComponent component) {
        return component.getGenericType() instanceof ParameterizedType map
                        && map.getRawType() == Map.class
                        && map.getActualTypeArguments()[0] == String.class
                        && map.getActualTypeArguments()[1] instanceof Class<?> type
                ? section(type)
                : null;
    }

    private static String dashed(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    @Override
    public @Nullable SettingNode child(String name) {
        return parts.stream()
                .filter(part -> part.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /// The nodes from this root down to that of the whole key, as far as there are such; a section
    /// of a map is there under any name.
    List<SettingNode> way(String whole) {
        List<SettingNode> way = new ArrayList<>(List.of(this));
        for (String name : whole.split("\\.", -1)) {
            SettingNode next = way.getLast().child(name);
            if (next == null) {
                break;
            }
            way.add(next);
        }
        return way;
    }

    List<String> names() {
        return parts.stream().map(SettingNode::name).toList();
    }

    /// The settings below that are there whatever is given, in the order of the records: all but
    /// those of named sections.
    List<SettingKey> keys() {
        return keys(map -> List.of());
    }

    /// All settings below; those of named sections as `files.rules.<name>.path`.
    List<SettingKey> everyKey() {
        return keys(map -> List.of(map.example()));
    }

    /// The settings below, where maps have these sections.
    List<SettingKey> keys(Function<SettingMap, Collection<SettingGroup>> sections) {
        return nodes(sections)
                .filter(SettingKey.class::isInstance)
                .map(SettingKey.class::cast)
                .toList();
    }

    /// The maps below, but for those in sections of others.
    List<SettingMap> maps() {
        return nodes(map -> List.of())
                .filter(SettingMap.class::isInstance)
                .map(SettingMap.class::cast)
                .toList();
    }

    private Stream<SettingNode> nodes(Function<SettingMap, Collection<SettingGroup>> sections) {
        return parts.stream().flatMap(part -> switch (part) {
            case SettingKey key -> Stream.of(key);
            case SettingGroup group -> group.nodes(sections);
            case SettingMap map ->
                Stream.concat(Stream.of(map), sections.apply(map).stream().flatMap(section -> section.nodes(sections)));
        });
    }

    /// Makes the record. A rule about one value begins its sentence with the key of the component,
    /// and a colon where the sentence stands without it; then the message points at that value
    /// instead of the section, and at the item of a list or the name of a map's section that the
    /// rule has in double quotes.
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
