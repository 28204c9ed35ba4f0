package com.databroker.server;

import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Lays defaults, file, variables and flags over one another and makes the records, collecting
/// every error on the way.
final class SettingBinder {
    private static final String PREFIX = "DATABROKER_";
    private static final int SECRET_MAX = 1 << 16;
    private static final int SUGGESTIONS_MAX = 3;
    private static final ConfigPlace DEFAULT = ConfigPlace.of("default");

    private record Value(@Nullable Object value, ConfigPlace place) {}

    private final SettingGroup root;
    private final Path home;
    private final ConfigErrors errors;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Map<String, ConfigPlace> sections = new HashMap<>();
    private final Map<ConfigPlace, ConfigYaml.Sequence> lists = new HashMap<>();

    /// @param home what relative paths are relative to
    SettingBinder(SettingGroup root, Path home, ConfigErrors errors) {
        this.root = root;
        this.home = home;
        this.errors = errors;
        root.keys().forEach(key -> values.put(key.key(), new Value(resolved(key.otherwise()), DEFAULT)));
    }

    void file(ConfigYaml.Mapping mapping) {
        section(root, mapping);
    }

    void environment(Map<String, String> environment) {
        Map<String, SettingKey> variables = new TreeMap<>();
        Map<String, SettingKey> secretFiles = new TreeMap<>();
        for (SettingKey key : root.keys()) {
            variables.put(key.variable(), key);
            if (key.setting().secret()) {
                secretFiles.put(key.variable() + "_FILE", key);
            }
        }
        new TreeMap<>(environment).forEach((variable, text) -> {
            ConfigPlace place = ConfigPlace.of(variable);
            SettingKey key = variables.get(variable);
            SettingKey secret = secretFiles.get(variable);
            if (key != null) {
                set(key, text, place);
            } else if (secret != null && environment.containsKey(secret.variable())) {
                fail(secret, place, "stands beside " + secret.variable() + "; give one of them");
            } else if (secret != null) {
                secretFile(secret, text, place);
            } else if (variable.startsWith(PREFIX) && !ConfigReader.NOT_SETTINGS.contains(variable)) {
                Set<String> known = new TreeSet<>(variables.keySet());
                known.addAll(secretFiles.keySet());
                known.addAll(ConfigReader.NOT_SETTINGS);
                errors.add(place, "", "unknown variable" + suggestion(variable, known));
            }
        });
    }

    void flags(Map<String, String> flags) {
        new TreeMap<>(flags).forEach((name, text) -> {
            ConfigPlace place = ConfigPlace.of("--" + Text.excerpt(name));
            SettingKey key = find(name);
            if (key == null) {
                List<String> keys = root.keys().stream().map(SettingKey::key).toList();
                errors.add(place, "", "unknown key" + suggestion(name, keys));
            } else {
                set(key, text, place);
            }
        });
    }

    /// The records, or null where something is wrong with them.
    @Nullable
    Record build() {
        return build(root);
    }

    List<ConfigOrigin> origins() {
        return root.keys().stream()
                .map(key -> {
                    Value value = value(key);
                    return new ConfigOrigin(key.key(), key.show(value.value), value.place.origin());
                })
                .toList();
    }

    private void section(SettingGroup group, ConfigYaml.Mapping mapping) {
        Map<String, Integer> seen = new HashMap<>();
        for (ConfigYaml.Entry entry : mapping.entries()) {
            ConfigPlace place = entry.key().place();
            String name = entry.key().text();
            SettingNode child = group.child(name);
            if (child == null) {
                unknown(group, entry);
                continue;
            }
            if (child instanceof SettingKey key && key.setting().secret()) {
                errors.hide(entry.value().place());
            }
            Integer first = seen.putIfAbsent(name, place.line());
            if (first != null) {
                conceal(entry);
                errors.add(place, child.key(), "appears twice, first on line " + first);
                continue;
            }
            switch (child) {
                case SettingKey key -> set(key, entry);
                case SettingGroup below -> section(below, entry);
            }
        }
    }

    private void section(SettingGroup group, ConfigYaml.Entry entry) {
        sections.put(group.key(), entry.key().place());
        switch (entry.value()) {
            case ConfigYaml.Mapping mapping -> section(group, mapping);
            // All keys of the section are commented out.
            case ConfigYaml.Scalar scalar when scalar.absent() -> {}
            case ConfigYaml.Refused refused -> {
                conceal(entry);
                failed.add(group.key());
            }
            case ConfigYaml.Scalar scalar -> expectedKeys(group, scalar);
            case ConfigYaml.Sequence sequence -> expectedKeys(group, sequence);
        }
    }

    /// Under a key that is wrong itself may be a secret.
    private void conceal(ConfigYaml.Entry entry) {
        if (root.keys().stream().anyMatch(key -> key.setting().secret())) {
            errors.hide(entry.value().place());
        }
    }

    private void expectedKeys(SettingGroup group, ConfigYaml.Node found) {
        errors.add(
                found.place(),
                group.key(),
                "expected keys below it, such as " + group.names().getFirst());
    }

    private void unknown(SettingGroup group, ConfigYaml.Entry entry) {
        String name = entry.key().text();
        String prefix = group.key().isEmpty() ? "" : group.key() + ".";
        SettingKey dotted = find(prefix + name);
        String hint;
        if (dotted != null) {
            String section =
                    dotted.key().substring(prefix.length(), dotted.key().lastIndexOf('.'));
            hint = "; write \"" + dotted.name() + "\" below \"" + section + "\"";
        } else {
            hint = suggestion(name, group.names());
        }
        conceal(entry);
        errors.add(entry.key().place(), prefix + Text.excerpt(name), "unknown key" + hint);
    }

    /// First who bears exactly this name elsewhere, then who is near among the siblings.
    private String suggestion(String name, List<String> siblings) {
        String elsewhere = quoted(
                root.keys().stream().filter(key -> key.name().equals(name)).map(SettingKey::key));
        return elsewhere.isEmpty() ? SettingType.suggestion(Text.nearest(name, siblings)) : elsewhere;
    }

    private static String suggestion(String variable, Set<String> known) {
        String rest = variable.substring(PREFIX.length());
        String elsewhere = quoted(known.stream().filter(other -> other.endsWith("_" + rest)));
        if (!elsewhere.isEmpty()) {
            return elsewhere;
        }
        // Without the prefix: it is common to all and would make everything near.
        String nearest = Text.nearest(
                rest,
                known.stream().map(other -> other.substring(PREFIX.length())).toList());
        return SettingType.suggestion(nearest.isEmpty() ? "" : PREFIX + nearest);
    }

    private static String quoted(Stream<String> names) {
        String all =
                names.limit(SUGGESTIONS_MAX).map(name -> "\"" + name + "\"").collect(Collectors.joining(" or "));
        return all.isEmpty() ? "" : ", did you mean " + all + "?";
    }

    private @Nullable SettingKey find(String key) {
        return root.keys().stream()
                .filter(candidate -> candidate.key().equals(key))
                .findFirst()
                .orElse(null);
    }

    private void set(SettingKey key, ConfigYaml.Entry entry) {
        ConfigYaml.Node node = entry.value();
        boolean list = key.type().form() == SettingType.Form.LIST;
        switch (node) {
            case ConfigYaml.Refused refused -> failed.add(key.key());
            case ConfigYaml.Scalar scalar
            when scalar.absent() -> set(key, "", entry.key().place());
            case ConfigYaml.Scalar scalar when !list -> set(key, scalar.text(), scalar.place());
            case ConfigYaml.Sequence sequence when list -> list(key, sequence);
            case ConfigYaml.Scalar scalar ->
                fail(key, scalar.place(), "expected " + key.type().noun());
            case ConfigYaml.Sequence sequence ->
                fail(key, sequence.place(), "expected " + key.type().noun() + ", found a list");
            case ConfigYaml.Mapping mapping ->
                fail(key, mapping.place(), "expected " + key.type().noun() + ", found keys");
        }
    }

    private void list(SettingKey key, ConfigYaml.Sequence sequence) {
        List<String> items = new ArrayList<>();
        for (ConfigYaml.Node item : sequence.items()) {
            switch (item) {
                case ConfigYaml.Scalar scalar when !scalar.text().isBlank() -> items.add(scalar.text());
                case ConfigYaml.Scalar scalar -> fail(key, scalar.place(), "an item is empty");
                case ConfigYaml.Refused refused -> failed.add(key.key());
                case ConfigYaml.Sequence below -> fail(key, below.place(), "an item is a text, found a list");
                case ConfigYaml.Mapping below -> fail(key, below.place(), "an item is a text, found keys");
            }
        }
        lists.put(sequence.place(), sequence);
        values.put(key.key(), new Value(List.copyOf(items), sequence.place()));
    }

    private void set(SettingKey key, String text, ConfigPlace place) {
        try {
            values.put(key.key(), new Value(resolved(key.parse(text)), place));
        } catch (IllegalArgumentException wrong) {
            fail(key, place, String.valueOf(wrong.getMessage()));
        }
    }

    private void secretFile(SettingKey key, String file, ConfigPlace place) {
        try (InputStream in = Files.newInputStream(home.resolve(file))) {
            byte[] bytes = in.readNBytes(SECRET_MAX + 1);
            if (bytes.length > SECRET_MAX) {
                fail(key, place, "the file is larger than 64KiB");
                return;
            }
            // Editors and `echo` end a file with a line end that is no part of the secret.
            set(key, new String(bytes, StandardCharsets.UTF_8).stripTrailing(), place);
        } catch (IOException | IllegalArgumentException unreadable) {
            fail(key, place, "cannot read \"" + Text.excerpt(file) + "\"");
        }
    }

    private void fail(SettingKey key, ConfigPlace place, String message) {
        failed.add(key.key());
        errors.add(place, key.key(), message);
    }

    private @Nullable Object resolved(@Nullable Object value) {
        return value instanceof Path path ? home.resolve(path).normalize() : value;
    }

    private Value value(SettingKey key) {
        return Objects.requireNonNull(values.get(key.key()));
    }

    private @Nullable Record build(SettingGroup group) {
        Map<SettingNode, Record> below = new HashMap<>();
        boolean whole = !failed.contains(group.key());
        for (SettingNode part : group.parts()) {
            switch (part) {
                case SettingKey key -> whole &= isThere(group, key);
                case SettingGroup section -> {
                    Record built = build(section);
                    if (built != null) {
                        below.put(section, built);
                    }
                    whole &= built != null;
                }
            }
        }
        if (!whole) {
            // A rule over values that are wrong themselves would only confuse.
            return null;
        }
        try {
            return group.build(part -> part instanceof SettingKey key ? value(key).value : below.get(part));
        } catch (IllegalArgumentException rule) {
            violated(group, String.valueOf(rule.getMessage()));
            return null;
        }
    }

    private boolean isThere(SettingGroup group, SettingKey key) {
        if (failed.contains(key.key())) {
            return false;
        }
        if (key.required() && value(key).value == null) {
            String ways = "set it in the file, by " + key.variable() + " or by " + key.flag();
            errors.add(
                    sections.getOrDefault(group.key(), ConfigPlace.of("configuration")),
                    key.key(),
                    "is missing; " + ways);
            return false;
        }
        return true;
    }

    private void violated(SettingGroup group, String rule) {
        SettingNode named = group.parts().stream()
                .filter(part -> rule.startsWith(part.name())
                        && !rule.substring(part.name().length()).matches("(?s)[a-z0-9-].*"))
                .findFirst()
                .orElse(null);
        List<Value> given = group.keys().stream()
                .map(this::value)
                .filter(value -> !value.place.equals(DEFAULT))
                .toList();
        ConfigPlace place = sections.getOrDefault(group.key(), given.isEmpty() ? DEFAULT : given.getLast().place);
        if (given.size() == 1) {
            place = given.getFirst().place;
        }
        String key = group.key();
        String message = rule;
        if (named instanceof SettingKey culprit) {
            place = value(culprit).place.equals(DEFAULT) ? place : exactly(value(culprit).place, rule);
            if (rule.startsWith(culprit.name() + ": ")) {
                key = culprit.key();
                message = rule.substring(culprit.name().length() + 2);
            }
        }
        errors.add(place, key, withoutSecrets(group, message));
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

    // A record does not know that its rule will be printed.
    private String withoutSecrets(SettingGroup group, String message) {
        Stream<String> secrets = group.keys().stream()
                .filter(key -> key.setting().secret())
                .map(key -> String.valueOf(value(key).value));
        String[] cleared = {message};
        secrets.forEach(secret -> cleared[0] = cleared[0].replace(secret, SettingKey.SECRET));
        return cleared[0];
    }
}
