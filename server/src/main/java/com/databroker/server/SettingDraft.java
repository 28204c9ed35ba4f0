package com.databroker.server;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A configuration as it comes together: of every setting the value in force and its place, of
/// every map the sections that there are so far. In the end it makes the records of them.
final class SettingDraft {
    private static final ConfigPlace DEFAULT = ConfigPlace.of("default");
    private static final ConfigPlace NOWHERE = ConfigPlace.of("configuration");

    private record Value(@Nullable Object value, ConfigPlace place) {}

    private final SettingGroup root;
    private final Path home;
    private final ConfigErrors errors;
    /// The file that stands for itself; null where variables and flags come to it.
    private final @Nullable String alone;

    private final Map<String, Value> given = new HashMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Map<String, ConfigPlace> headings = new HashMap<>();
    private final Map<ConfigPlace, ConfigYaml.Sequence> lists = new HashMap<>();
    private final Map<String, Map<String, SettingGroup>> named = new HashMap<>();

    /// @param home what relative paths are relative to
    SettingDraft(SettingGroup root, Path home, ConfigErrors errors) {
        this(root, home, errors, null);
    }

    private SettingDraft(SettingGroup root, Path home, ConfigErrors errors, @Nullable String alone) {
        this.root = root;
        this.home = home;
        this.errors = errors;
        this.alone = alone;
    }

    /// A draft that only a file goes into.
    static SettingDraft alone(SettingGroup root, String file, ConfigErrors errors) {
        return new SettingDraft(root, Path.of(""), errors, file);
    }

    /// The section begins here.
    void begin(SettingNode section, ConfigPlace place) {
        headings.put(section.key(), place);
    }

    /// One step down the tree: what is below a map is there from now on.
    void enter(SettingNode parent, SettingNode child, ConfigPlace place) {
        if (parent instanceof SettingMap map && child instanceof SettingGroup section) {
            named.computeIfAbsent(map.key(), first -> new LinkedHashMap<>()).putIfAbsent(section.name(), section);
            headings.putIfAbsent(section.key(), place);
        }
    }

    void set(SettingKey key, String text, ConfigPlace place) {
        try {
            given.put(key.key(), new Value(resolved(key.parse(text)), place));
        } catch (IllegalArgumentException wrong) {
            fail(key, place, String.valueOf(wrong.getMessage()));
        }
    }

    /// @param list where the items stand
    void set(SettingKey key, List<String> items, ConfigYaml.Sequence list) {
        lists.put(list.place(), list);
        given.put(key.key(), new Value(List.copyOf(items), list.place()));
    }

    void fail(SettingNode node, ConfigPlace place, String message) {
        fail(node);
        errors.add(place, node.key(), message);
    }

    /// What was complained of already: no rule is asked about it.
    void fail(SettingNode node) {
        failed.add(node.key());
    }

    /// The records, or null where something is wrong with them.
    @Nullable
    Record build() {
        return build(root);
    }

    /// Holds what was built against one more rule, which refuses as the records do.
    void check(Runnable rule) {
        try {
            rule.run();
        } catch (IllegalArgumentException broken) {
            violated(root, String.valueOf(broken.getMessage()));
        }
    }

    List<ConfigOrigin> origins() {
        return keys(root).stream()
                .map(key -> {
                    Value value = value(key);
                    return new ConfigOrigin(key.key(), key.show(value.value), value.place.origin());
                })
                .toList();
    }

    private List<SettingKey> keys(SettingGroup group) {
        return group.keys(this::sections);
    }

    private Collection<SettingGroup> sections(SettingMap map) {
        return named.getOrDefault(map.key(), Map.of()).values();
    }

    private Value value(SettingKey key) {
        Value value = given.get(key.key());
        return value == null ? new Value(resolved(key.otherwise()), DEFAULT) : value;
    }

    private @Nullable Object resolved(@Nullable Object value) {
        return value instanceof Path path ? home.resolve(path).normalize() : value;
    }

    private @Nullable Record build(SettingGroup group) {
        if (failed.contains(group.key())) {
            // What it seems to lack may well stand in what could not be read.
            return null;
        }
        // By key: to hash a section is to hash all that is below it.
        Map<String, Object> below = new HashMap<>();
        boolean whole = true;
        for (SettingNode part : group.parts()) {
            whole &= switch (part) {
                case SettingKey key -> isThere(group, key);
                case SettingGroup section -> isBuilt(below, section, build(section));
                case SettingMap map -> isBuilt(below, map, build(map));
            };
        }
        if (!whole) {
            // A rule over values that are wrong themselves would only confuse.
            return null;
        }
        try {
            return group.build(part -> part instanceof SettingKey key ? value(key).value : below.get(part.key()));
        } catch (IllegalArgumentException rule) {
            violated(group, String.valueOf(rule.getMessage()));
            for (Throwable other : rule.getSuppressed()) {
                violated(group, String.valueOf(other.getMessage()));
            }
            return null;
        }
    }

    /// The records of a map's sections, or null where something is wrong with one.
    private @Nullable Map<String, Record> build(SettingMap map) {
        Map<String, Record> records = new LinkedHashMap<>();
        boolean whole = !failed.contains(map.key());
        for (SettingGroup section : sections(map)) {
            Record built = build(section);
            if (built != null) {
                records.put(section.name(), built);
            }
            whole &= built != null;
        }
        return whole ? Collections.unmodifiableMap(records) : null;
    }

    private static boolean isBuilt(Map<String, Object> below, SettingNode part, @Nullable Object built) {
        if (built != null) {
            below.put(part.key(), built);
        }
        return built != null;
    }

    private boolean isThere(SettingGroup group, SettingKey key) {
        if (failed.contains(key.key())) {
            return false;
        }
        if (key.required() && value(key).value == null) {
            String ways = key.named() ? " or by " : ", by " + key.variable() + " or by ";
            errors.add(
                    heading(group),
                    key.key(),
                    alone != null
                            ? "is missing; write " + key.type().noun()
                            : "is missing; set it in the file" + ways + key.flag());
            return false;
        }
        return true;
    }

    /// Where the section begins, or the nearest around it that begins anywhere.
    private ConfigPlace heading(SettingGroup group) {
        String key = group.key();
        while (!key.isEmpty()) {
            ConfigPlace place = headings.get(key);
            if (place != null) {
                return place;
            }
            key = key.substring(0, Math.max(0, key.lastIndexOf('.')));
        }
        return alone == null ? NOWHERE : ConfigPlace.of(alone);
    }

    private void violated(SettingGroup group, String rule) {
        SettingNode culprit = group.parts().stream()
                .filter(part -> part instanceof SettingGroup
                        ? rule.startsWith(part.name() + ": ")
                        : rule.startsWith(part.name())
                                && !rule.substring(part.name().length()).matches("(?s)[a-z0-9-].*"))
                .findFirst()
                .orElse(group);
        ConfigPlace around = around(group);
        ConfigPlace place = switch (culprit) {
            case SettingKey key -> value(key).place.equals(DEFAULT) ? around : exactly(value(key).place, rule);
            case SettingMap map -> exactly(map, rule, around);
            case SettingGroup any -> any.equals(group) ? around : heading(any);
        };
        boolean said = !culprit.equals(group) && rule.startsWith(culprit.name() + ": ");
        String key = said ? culprit.key() : group.key();
        String message = said ? rule.substring(culprit.name().length() + 2) : rule;
        errors.add(place, key, withoutSecrets(group, message));
    }

    /// The only value that was given in the section, else its heading.
    private ConfigPlace around(SettingGroup group) {
        List<ConfigPlace> places = keys(group).stream()
                .map(key -> value(key).place)
                .filter(place -> !place.equals(DEFAULT))
                .toList();
        if (places.size() == 1) {
            return places.getFirst();
        }
        return headings.getOrDefault(group.key(), places.isEmpty() ? DEFAULT : places.getLast());
    }

    /// The item of a list that the rule quotes.
    private ConfigPlace exactly(ConfigPlace place, String rule) {
        ConfigYaml.Sequence list = lists.get(place);
        if (list != null) {
            for (ConfigYaml.Node item : list.items()) {
                if (item instanceof ConfigYaml.Scalar scalar && rule.contains("\"" + scalar.text() + "\"")) {
                    return scalar.place();
                }
            }
        }
        return place;
    }

    /// The section of a map that the rule quotes.
    private ConfigPlace exactly(SettingMap map, String rule, ConfigPlace around) {
        return sections(map).stream()
                .filter(section -> rule.contains("\"" + section.name() + "\""))
                .map(this::heading)
                .findFirst()
                .orElse(headings.getOrDefault(map.key(), around));
    }

    // A record does not know that its rule will be printed.
    private String withoutSecrets(SettingGroup group, String message) {
        Stream<String> secrets =
                keys(group).stream().filter(key -> key.setting().secret()).map(key -> String.valueOf(value(key).value));
        String[] cleared = {message};
        secrets.forEach(secret -> cleared[0] = cleared[0].replace(secret, SettingKey.SECRET));
        return cleared[0];
    }
}
