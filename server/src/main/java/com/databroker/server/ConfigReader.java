package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads the configuration: defaults, over them the settings that were imported into the data folder, the file, the
/// environment, the flags.
///
/// Whatever is wrong in any of them is found before anything starts, and said at once, see
/// [ConfigErrors].
public final class ConfigReader {
    /// Variables with the prefix that are not settings: the launcher's and the client's. A new one
    /// is added here.
    static final Set<String> NOT_SETTINGS = Set.of(
            "DATABROKER_CACHE",
            "DATABROKER_CA_FILE",
            "DATABROKER_CONFIG",
            "DATABROKER_HEAP",
            "DATABROKER_HOME",
            "DATABROKER_JAVA",
            "DATABROKER_ROOT",
            "DATABROKER_SHARED_DATA",
            "DATABROKER_TOKEN",
            "DATABROKER_URL");

    private static final String FILE = "databroker.yaml";

    private ConfigReader() {}

    /// @param origins every key with its value and where it came from, in the order of the
    ///   reference page; of maps those of the sections that there are
    /// @param again reads the same file, environment and flags over other imported settings; null where
    ///   there are no such
    public record Result(
            Config config,
            List<ConfigOrigin> origins,
            @Nullable Function<Map<String, String>, Result> again) {
        public Result {
            origins = List.copyOf(origins);
        }
    }

    /// @param file the file named on the command line; where null, that of `DATABROKER_CONFIG`;
    ///   where that is absent, `databroker.yaml` in the home folder if there is one
    /// @param environment all variables; those without the prefix `DATABROKER_` are passed over
    /// @param flags key to value, as `http.port` to `0`
    /// @throws ProblemException [com.databroker.core.Problem#CONFIGURATION_INVALID]; its detail is
    ///   the complete text of all errors, its findings are the same one by one
    public static Result read(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        String named = file == null ? environment.getOrDefault("DATABROKER_CONFIG", "") : file.toString();
        Function<Map<String, String>, Result> over = imported -> over(imported, named, environment, flags);
        Result without = over.apply(Map.of());
        // Where the data folder is, only the configuration knows.
        Map<String, String> imported = ImportedSettings.in(without.config.data());
        return imported.isEmpty() ? without : over.apply(imported);
    }

    private static Result over(
            Map<String, String> imported, String named, Map<String, String> environment, Map<String, String> flags) {
        ConfigErrors errors = new ConfigErrors();
        Bytes content = content(named, errors);
        Layers layers = new Layers(imported, named.isEmpty() ? FILE : named, content, environment, flags);
        Read<Config> read = read(Config.class, layers, errors);
        return new Result(read.config, read.origins, other -> over(other, named, environment, flags));
    }

    /// What lies over the defaults, the last above all.
    private record Layers(
            Map<String, String> imported,
            String name,
            @Nullable Bytes content,
            Map<String, String> environment,
            Map<String, String> flags) {}

    /// What was read, of whatever records.
    record Read<R extends Record>(R config, List<ConfigOrigin> origins) {}

    /// As above, for any records and for a file that is in memory; null for none.
    static <R extends Record> Read<R> read(
            Class<R> type,
            String name,
            byte @Nullable [] content,
            Map<String, String> environment,
            Map<String, String> flags) {
        return read(
                type,
                new Layers(Map.of(), name, content == null ? null : Bytes.wrap(content), environment, flags),
                new ConfigErrors());
    }

    /// A file that stands for itself: neither variables nor flags reach into it.
    ///
    /// @param rule what the records do not know of themselves; refuses as their constructors do
    static <R extends Record> R alone(Class<R> type, String name, byte[] content, Consumer<R> rule) {
        ConfigErrors errors = new ConfigErrors();
        SettingGroup tree = SettingGroup.of(type);
        SettingDraft draft = SettingDraft.alone(tree, name, errors);
        ConfigYaml.Mapping mapping = new ConfigYaml(name, errors).read(content);
        Record built = null;
        if (mapping != null) {
            new SettingBinder(tree, draft, home(), errors).file(mapping);
            built = draft.build();
        }
        if (errors.isEmpty() && built != null) {
            R whole = type.cast(built);
            draft.check(() -> rule.accept(whole));
            if (errors.isEmpty()) {
                return whole;
            }
        }
        throw errors.exception();
    }

    private static <R extends Record> Read<R> read(Class<R> type, Layers layers, ConfigErrors errors) {
        SettingGroup tree = SettingGroup.of(type);
        SettingDraft draft = new SettingDraft(tree, home(), errors);
        SettingBinder binder = new SettingBinder(tree, draft, home(), errors);
        boolean whole = errors.isEmpty();
        Bytes content = layers.content;
        binder.imported(layers.imported);
        if (content != null) {
            ConfigYaml.Mapping mapping = new ConfigYaml(layers.name, errors).read(content.toArray());
            if (mapping != null) {
                binder.file(mapping);
            } else {
                hideSecrets(tree, content.toArray(), errors);
                whole = false;
            }
        }
        binder.environment(layers.environment);
        binder.flags(layers.flags);
        // Where the file was not understood, what it seems to lack may well be in it.
        Record config = whole ? draft.build() : null;
        if (!errors.isEmpty() || config == null) {
            throw errors.exception();
        }
        return new Read<>(type.cast(config), draft.origins());
    }

    // In a file that is not YAML nobody knows where a secret ends.
    private static void hideSecrets(SettingGroup tree, byte[] content, ConfigErrors errors) {
        String text = new String(content, StandardCharsets.UTF_8);
        if (tree.everyKey().stream().anyMatch(key -> key.setting().secret() && text.contains(key.name()))) {
            errors.hideSource();
        }
    }

    private static @Nullable Bytes content(String named, ConfigErrors errors) {
        try {
            Path file = named.isEmpty() ? home().resolve(FILE) : Path.of(named);
            if (named.isEmpty() && !Files.exists(file)) {
                return null;
            }
            try (InputStream in = Files.newInputStream(file)) {
                // One byte more than may be, so that its reader sees the excess.
                return Bytes.wrap(in.readNBytes(ConfigYaml.BYTES_MAX + 1));
            }
        } catch (NoSuchFileException | InvalidPathException absent) {
            errors.add(ConfigPlace.of(named), "", "there is no such file");
        } catch (IOException unreadable) {
            errors.add(ConfigPlace.of(named.isEmpty() ? FILE : named), "", "cannot be read: " + unreadable);
        }
        return null;
    }

    // The launcher starts the program elsewhere than where its user stands.
    static Path home() {
        return Path.of(System.getProperty("databroker.home", "")).toAbsolutePath();
    }
}
