package com.databroker.server;

import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Lays file, variables and flags over one another in a [SettingDraft], collecting every error on
/// the way.
final class SettingBinder {
    private static final String PREFIX = "DATABROKER_";
    private static final int SECRET_MAX = 1 << 16;
    private static final int SUGGESTIONS_MAX = 3;

    private final SettingGroup root;
    private final SettingDraft draft;
    private final Path home;
    private final ConfigErrors errors;

    /// @param home what the paths of secrets' files are relative to
    SettingBinder(SettingGroup root, SettingDraft draft, Path home, ConfigErrors errors) {
        this.root = root;
        this.draft = draft;
        this.home = home;
        this.errors = errors;
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
        for (SettingKey key : root.keys()) {
            String common = key.setting().variable();
            if (!common.isEmpty() && !environment.containsKey(key.variable())) {
                variables.put(common, key);
            }
        }
        new TreeMap<>(environment).forEach((variable, text) -> {
            ConfigPlace place = ConfigPlace.of(variable);
            SettingKey key = variables.get(variable);
            SettingKey secret = secretFiles.get(variable);
            if (key != null) {
                draft.set(key, text, place);
            } else if (secret != null && environment.containsKey(secret.variable())) {
                draft.fail(secret, place, "stands beside " + secret.variable() + "; give one of them");
            } else if (secret != null) {
                secretFile(secret, text, place);
            } else if (variable.startsWith(PREFIX) && !ConfigReader.NOT_SETTINGS.contains(variable)) {
                Set<String> known = new TreeSet<>(variables.keySet());
                known.removeIf(name -> !name.startsWith(PREFIX));
                known.addAll(secretFiles.keySet());
                known.addAll(ConfigReader.NOT_SETTINGS);
                unknown(variable, known);
            }
        });
    }

    /// New sections of maps follow those of the file, in the order of their names.
    void flags(Map<String, String> flags) {
        named(flags, name -> ConfigPlace.of("--" + Text.excerpt(name)));
    }

    /// Under the names of keys, as flags are.
    void imported(Map<String, String> settings) {
        named(settings, _ -> ConfigPlace.of(ImportedSettings.FILE));
    }

    private void named(Map<String, String> texts, Function<String, ConfigPlace> places) {
        new TreeMap<>(texts).forEach((name, text) -> {
            ConfigPlace place = places.apply(name);
            List<SettingNode> way = root.way(name);
            SettingKey key = find(name);
            if (key != null) {
                for (int at = 1; at < way.size(); at++) {
                    draft.enter(way.get(at - 1), way.get(at), place);
                }
                draft.set(key, text, place);
            } else if (way.getLast() instanceof SettingMap map) {
                errors.add(place, map.key(), expected(map));
            } else {
                List<String> keys = meant(name).stream().map(SettingKey::key).toList();
                errors.add(place, "", "unknown key" + suggestion(name, keys));
            }
        });
    }

    /// @param parent a section or a map
    private void section(SettingNode parent, ConfigYaml.Mapping mapping) {
        Map<String, Integer> seen = new HashMap<>();
        for (ConfigYaml.Entry entry : mapping.entries()) {
            ConfigPlace place = entry.key().place();
            String name = entry.key().text();
            SettingNode child = parent.child(name);
            if (child == null) {
                unknown(parent, entry);
                continue;
            }
            if (child instanceof SettingKey key && key.setting().secret()) {
                errors.hide(entry.value().place());
            }
            Integer first = seen.putIfAbsent(name, place.line());
            if (first != null) {
                conceal(parent, entry);
                errors.add(place, child.key(), "appears twice, first on line " + first);
                continue;
            }
            draft.enter(parent, child, place);
            switch (child) {
                case SettingKey key -> set(key, entry);
                case SettingGroup below -> section(below, entry);
                case SettingMap below -> section(below, entry);
            }
        }
    }

    private void section(SettingNode section, ConfigYaml.Entry entry) {
        draft.begin(section, entry.key().place());
        switch (entry.value()) {
            case ConfigYaml.Mapping mapping -> section(section, mapping);
            // All keys of the section are commented out.
            case ConfigYaml.Scalar scalar when scalar.absent() -> {}
            case ConfigYaml.Refused refused -> {
                concealWithin(section, entry);
                draft.fail(section);
            }
            case ConfigYaml.Scalar scalar -> noSection(section, entry);
            case ConfigYaml.Sequence sequence -> noSection(section, entry);
        }
    }

    private void noSection(SettingNode section, ConfigYaml.Entry entry) {
        concealWithin(section, entry);
        draft.fail(section, entry.value().place(), expected(section));
    }

    private static String expected(SettingNode node) {
        return switch (node) {
            case SettingKey key -> "expected " + key.type().noun();
            case SettingGroup group ->
                "expected keys below it, such as " + group.names().getFirst();
            case SettingMap map ->
                "expected a name below it (" + map.names() + ") and below the name keys, such as "
                        + map.example().names().getFirst();
        };
    }

    /// In the place of a section may stand what belongs to a key of it.
    private void concealWithin(SettingNode section, ConfigYaml.Entry entry) {
        if (holdsSecrets(section)) {
            errors.hide(entry.value().place());
        }
    }

    private static boolean holdsSecrets(SettingNode node) {
        return switch (node) {
            case SettingKey key -> key.setting().secret();
            case SettingGroup group ->
                group.everyKey().stream().anyMatch(key -> key.setting().secret());
            case SettingMap map -> holdsSecrets(map.example());
        };
    }

    /// Under a key that is wrong itself may be a secret: in a section that has one, in one that nobody knows, in the
    /// place of a name of sections that have one, or where the key is called much like one.
    private void conceal(SettingNode parent, ConfigYaml.Entry entry) {
        List<SettingKey> secrets =
                root.everyKey().stream().filter(key -> key.setting().secret()).toList();
        List<String> names = secrets.stream().map(SettingKey::name).toList();
        String name = entry.key().text();
        String last = name.substring(name.lastIndexOf('.') + 1);
        boolean beside = secrets.stream().anyMatch(key -> key.equals(parent.child(key.name())));
        boolean section = entry.value() instanceof ConfigYaml.Mapping;
        boolean named = parent instanceof SettingMap && holdsSecrets(parent);
        if (beside
                || named
                || (section && !secrets.isEmpty())
                || !Text.nearest(last, names).isEmpty()) {
            errors.hide(entry.value().place());
        }
    }

    private void unknown(SettingNode parent, ConfigYaml.Entry entry) {
        String name = entry.key().text();
        String prefix = parent.key().isEmpty() ? "" : parent.key() + ".";
        SettingKey dotted = find(prefix + name);
        String message;
        if (dotted != null) {
            String section =
                    dotted.key().substring(prefix.length(), dotted.key().lastIndexOf('.'));
            message = "unknown key; write \"" + dotted.name() + "\" below \"" + section + "\"";
        } else {
            message = parent instanceof SettingGroup group
                    ? "unknown key" + suggestion(name, group.names())
                    : "is not a name; write " + (parent instanceof SettingMap map ? map.names() : SettingMap.NAMES);
        }
        conceal(parent, entry);
        if (parent instanceof SettingMap map) {
            draft.fail(map);
        }
        errors.add(entry.key().place(), prefix + Text.excerpt(name), message);
    }

    /// First who bears exactly this name elsewhere, then who is near among the siblings.
    private String suggestion(String name, List<String> siblings) {
        String elsewhere = quoted(Stream.concat(meant(name).stream().map(SettingNode.class::cast), root.maps().stream())
                .filter(node -> node.name().equals(name))
                .map(SettingNode::key));
        return elsewhere.isEmpty() ? SettingType.suggestion(Text.nearest(name, siblings)) : elsewhere;
    }

    private void unknown(String variable, Set<String> known) {
        ConfigPlace place = ConfigPlace.of(variable);
        for (SettingMap map : root.maps()) {
            if ((variable + "_").startsWith(map.variable() + "_")) {
                String flag = map.example().everyKey().getFirst().flag();
                errors.add(place, map.key(), "no variable reaches below it; use the file or a flag, as " + flag);
                return;
            }
        }
        errors.add(place, "", "unknown variable" + suggestion(variable, known));
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
        // The shorter, the less was left out.
        String all = names.sorted(Comparator.comparingInt(String::length))
                .limit(SUGGESTIONS_MAX)
                .sorted()
                .map(name -> "\"" + name + "\"")
                .collect(Collectors.joining(" or "));
        return all.isEmpty() ? "" : ", did you mean " + all + "?";
    }

    /// All settings, those of named sections as if `wrong` had meant one of them.
    private List<SettingKey> meant(String wrong) {
        return root.keys(map -> List.of(map.meant(wrong)));
    }

    private @Nullable SettingKey find(String key) {
        return root.way(key).getLast() instanceof SettingKey found
                        && found.key().equals(key)
                ? found
                : null;
    }

    private void set(SettingKey key, ConfigYaml.Entry entry) {
        ConfigYaml.Node node = entry.value();
        boolean list = key.type().form() == SettingType.Form.LIST;
        switch (node) {
            case ConfigYaml.Refused refused -> draft.fail(key);
            case ConfigYaml.Scalar scalar
            when scalar.absent() -> draft.set(key, "", entry.key().place());
            case ConfigYaml.Scalar scalar when !list -> draft.set(key, scalar.text(), scalar.place());
            case ConfigYaml.Sequence sequence when list -> list(key, sequence);
            case ConfigYaml.Scalar scalar -> draft.fail(key, scalar.place(), expected(key));
            case ConfigYaml.Sequence sequence -> draft.fail(key, sequence.place(), expected(key) + ", found a list");
            case ConfigYaml.Mapping mapping -> draft.fail(key, mapping.place(), expected(key) + ", found keys");
        }
    }

    private void list(SettingKey key, ConfigYaml.Sequence sequence) {
        List<String> items = new ArrayList<>();
        for (ConfigYaml.Node item : sequence.items()) {
            switch (item) {
                case ConfigYaml.Scalar scalar when !scalar.text().isBlank() -> items.add(scalar.text());
                case ConfigYaml.Scalar scalar -> draft.fail(key, scalar.place(), "an item is empty");
                case ConfigYaml.Refused refused -> draft.fail(key);
                case ConfigYaml.Sequence below -> draft.fail(key, below.place(), "an item is a text, found a list");
                case ConfigYaml.Mapping below -> draft.fail(key, below.place(), "an item is a text, found keys");
            }
        }
        draft.set(key, items, sequence);
    }

    private void secretFile(SettingKey key, String file, ConfigPlace place) {
        try (InputStream in = Files.newInputStream(home.resolve(file))) {
            byte[] bytes = in.readNBytes(SECRET_MAX + 1);
            if (bytes.length > SECRET_MAX) {
                draft.fail(key, place, "the file is larger than 64KiB");
                return;
            }
            // Editors and `echo` end a file with a line end that is no part of the secret.
            draft.set(key, new String(bytes, StandardCharsets.UTF_8).stripTrailing(), place);
        } catch (IOException | IllegalArgumentException unreadable) {
            draft.fail(key, place, "cannot read \"" + Text.excerpt(file) + "\"");
        }
    }
}
