package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.streams.Field;
import com.databroker.streams.FieldType;
import com.databroker.streams.Source;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Streams that are written in Java: every [Source] that a jar of one folder names as a service.
///
/// All jars have one class loader, so that a library may lie beside those that need it; the broker's own classes go
/// before theirs.
final class StreamPlugins implements AutoCloseable {
    private static final int JARS_MAX = 256;
    private static final int TRIES_MAX = 256;

    private final @Nullable URLClassLoader loader;
    private final List<Source> sources = new ArrayList<>();
    private final List<StreamDefinitions.Refused> refused = new ArrayList<>();

    private StreamPlugins(Path folder, Set<String> taken, boolean embedded) {
        List<URL> jars = jars(folder);
        loader = jars.isEmpty()
                ? null
                : new URLClassLoader("plugins", jars.toArray(new URL[0]), StreamPlugins.class.getClassLoader());
        if (loader != null && !embedded) {
            String why = "plugins run in the embedded Flink only, and streams.flink.url names a cluster";
            refused.add(new StreamDefinitions.Refused("plugins", folder.toString(), why));
        } else if (loader != null) {
            load(loader, folder, new LinkedHashSet<>(taken));
        }
    }

    /// @param taken names of streams that there are already
    /// @param embedded whether jobs run in this process
    static StreamPlugins load(Path folder, Set<String> taken, boolean embedded) {
        return new StreamPlugins(folder, taken, embedded);
    }

    private static List<URL> jars(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            List<URL> jars = new ArrayList<>();
            for (Path jar : all.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .limit(JARS_MAX)
                    .toList()) {
                jars.add(jar.toUri().toURL());
            }
            return jars;
        } catch (MalformedURLException impossible) {
            throw new IllegalStateException(impossible);
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID, "streams.plugins: " + folder + " cannot be read", unreadable);
        }
    }

    private void load(ClassLoader from, Path folder, Set<String> taken) {
        Iterator<ServiceLoader.Provider<Source>> all =
                ServiceLoader.load(Source.class, from).stream().iterator();
        // One that cannot be had does not keep the others away.
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            String what = "a jar";
            try {
                if (!all.hasNext()) {
                    return;
                }
                ServiceLoader.Provider<Source> provider = all.next();
                what = provider.type().getName();
                Source source = provider.get();
                String why = refusal(source, taken);
                if (why == null) {
                    sources.add(source);
                    taken.add(source.name());
                } else {
                    refused.add(new StreamDefinitions.Refused(what, folder.toString(), what + ": " + why));
                }
            } catch (ServiceConfigurationError | LinkageError | RuntimeException broken) {
                // A plugin may do anything; what it did is told.
                Throwable cause = broken.getCause() == null ? broken : broken.getCause();
                refused.add(new StreamDefinitions.Refused(
                        what, folder.toString(), what + " cannot be loaded: " + Text.excerpt(cause.toString())));
            }
        }
    }

    /// What the plane would stumble over; null where it can be had.
    private static @Nullable String refusal(Source source, Set<String> taken) {
        if (!source.name().matches("[a-z][a-z0-9-]{0,39}")) {
            return "\"" + Text.excerpt(source.name())
                    + "\" is no name of a stream; use up to 40 of a-z, 0-9 and -, the first a letter";
        }
        if (taken.contains(source.name())) {
            return "there is a stream " + source.name() + " already; give it another name";
        }
        List<Field> fields = source.schema().fields();
        if (fields.isEmpty()
                || !fields.getFirst().name().equals("id")
                || !fields.getFirst().type().equals(FieldType.KEYWORD)) {
            return "the first field of its schema is not the keyword id";
        }
        int time = source.schema().place(source.timeField());
        if (time < 0 || !source.schema().field(time).type().equals(FieldType.TIME)) {
            return "its time field " + source.timeField() + " is no field of type TIME";
        }
        for (String field : source.headline()) {
            if (source.schema().place(field) < 0) {
                return "its headline has " + field + ", which is no field";
            }
        }
        return source.topic() == null || source.granularity() == null ? "it has no topic or granularity" : null;
    }

    List<Source> sources() {
        return List.copyOf(sources);
    }

    List<StreamDefinitions.Refused> refused() {
        return List.copyOf(refused);
    }

    @Override
    public void close() throws IOException {
        if (loader != null) {
            loader.close();
        }
    }
}
