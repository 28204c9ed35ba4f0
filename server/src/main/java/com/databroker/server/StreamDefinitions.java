package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.sources.DefinedShape;
import com.databroker.sources.DefinedSource;
import com.databroker.sources.Definition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads the files that define streams of one's own, `<name>.yaml` in one folder.
///
/// A wrong one is refused with everything that is wrong with it, and the others go on. What a stream was made after is
/// kept beside its data, see [DefinedShape]:
///
/// ```
/// streams/shapes/<name>.json
/// ```
final class StreamDefinitions {
    private static final String END = ".yaml";
    private static final String NAME = "[a-z][a-z0-9-]{0,39}";
    private static final int DEFINITIONS_MAX = 32;

    /// A definition or a plugin that is none.
    ///
    /// @param name of the stream, as far as it is known
    /// @param why everything that is wrong, in lines
    record Refused(String name, String file, String why) {
        /// The first of what is wrong.
        String line() {
            int end = why.indexOf('\n');
            return end < 0 ? why : why.substring(0, end);
        }
    }

    private final Path root;
    private final @Nullable DataFolder data;
    private final Set<String> taken;
    private final BiConsumer<String, Definition> rule;
    private final Map<String, DefinedSource> sources = new LinkedHashMap<>();
    private final List<Refused> refused = new ArrayList<>();

    /// @param data the folder of this broker, in which shapes are kept
    /// @param taken names of streams that there are already
    /// @param rule what this broker asks of a definition; refuses with an `IllegalArgumentException`
    StreamDefinitions(DataFolder data, Set<String> taken, BiConsumer<String, Definition> rule) {
        this(data.path(), data, taken, rule);
    }

    /// Without keeping anything: another process may be the broker of the data folder `root`.
    StreamDefinitions(Path root, Set<String> taken) {
        this(root, null, taken, (name, definition) -> {});
    }

    private StreamDefinitions(
            Path root, @Nullable DataFolder data, Set<String> taken, BiConsumer<String, Definition> rule) {
        this.root = root;
        this.data = data;
        this.taken = new LinkedHashSet<>(taken);
        this.rule = rule;
    }

    /// Reads all of a folder; one that is not there has none.
    void read(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> isDefinition(file)).sorted().toList();
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID, "streams.definitions: " + folder + " cannot be read", unreadable);
        }
        for (Path file : files) {
            try {
                add(file);
            } catch (ProblemException wrong) {
                refused.add(new Refused(name(file), file.toString(), wrong.detail()));
            }
        }
    }

    private static boolean isDefinition(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return (name.endsWith(END) || name.endsWith(".yml")) && !name.startsWith(".") && Files.isRegularFile(file);
    }

    private void add(Path file) {
        String name = checkedName(file);
        if (taken.contains(name)) {
            throw wrong(file, "there is a stream " + name + " already; give the file another name");
        }
        if (sources.size() == DEFINITIONS_MAX) {
            throw wrong(file, "there are " + DEFINITIONS_MAX + " definitions already, which is the most");
        }
        Path kept = root.resolve("streams/shapes").resolve(name + ".json");
        Definition definition = ConfigReader.alone(Definition.class, file.toString(), content(file), built -> {
            shape(kept, built);
            rule.accept(name, built);
        });
        DefinedShape shape = shape(kept, definition);
        if (data != null) {
            keep(data, kept, shape);
        }
        sources.put(name, DefinedSource.of(name, definition, shape));
        taken.add(name);
    }

    private static DefinedShape shape(Path kept, Definition definition) {
        return Files.exists(kept) ? shape(kept).next(definition) : DefinedShape.of(definition);
    }

    private static DefinedShape shape(Path kept) {
        try {
            return DefinedShape.parse(Bytes.wrap(Files.readAllBytes(kept)));
        } catch (IOException unreadable) {
            throw DataFolder.problem(kept, unreadable);
        }
    }

    private static void keep(DataFolder data, Path kept, DefinedShape shape) {
        try {
            if (Files.exists(kept) && shape(kept).equals(shape)) {
                return;
            }
            Files.createDirectories(data.resolve("streams/shapes"));
            data.write(data.path().relativize(kept).toString(), shape.json().utf8() + "\n", false);
        } catch (IOException refusal) {
            throw DataFolder.problem(kept, refusal);
        }
    }

    /// Reads one file, as far as that can be done without a broker.
    ///
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID], with everything that is wrong
    static DefinedSource read(Path file, Set<String> builtIn) {
        String name = checkedName(file);
        if (builtIn.contains(name)) {
            throw wrong(file, "there is a stream " + name + " already; give the file another name");
        }
        Definition definition =
                ConfigReader.alone(Definition.class, file.toString(), content(file), built -> DefinedShape.of(built));
        return DefinedSource.of(name, definition, DefinedShape.of(definition));
    }

    private static String name(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    private static String checkedName(Path file) {
        String name = name(file);
        if (!file.toString().endsWith(END)) {
            throw wrong(file, "call it " + Text.excerpt(name) + END + ": the file is named after its stream");
        }
        if (!name.matches(NAME)) {
            throw wrong(
                    file,
                    "\"" + Text.excerpt(name)
                            + "\" is no name of a stream; name the file with up to 40 of a-z, 0-9 and -,"
                            + " the first a letter");
        }
        return name;
    }

    private static ProblemException wrong(Path file, String why) {
        return new ProblemException(Problem.CONFIGURATION_INVALID, file + ": " + why);
    }

    private static byte[] content(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            // One byte more than may be, so that its reader sees the excess.
            return in.readNBytes(ConfigYaml.BYTES_MAX + 1);
        } catch (IOException unreadable) {
            throw wrong(file, "cannot be read (" + unreadable.getClass().getSimpleName() + ")");
        }
    }

    List<DefinedSource> sources() {
        return List.copyOf(sources.values());
    }

    List<Refused> refused() {
        return List.copyOf(refused);
    }
}
