package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/// Finds the [StoreEngine] and the classes that it maps. Each store has a class loader of its own, so that
/// two may map different classes of the same name. The broker's own classes go before those of the jars.
final class StoreEngines {
    private static final String ENGINE = "hibernate";
    private static final int JARS_MAX = 256;

    private StoreEngines() {}

    static StoreEngine.Opened open(StoreEngine.Wanted wanted) {
        List<URL> places = new ArrayList<>();
        for (String entry : wanted.config().entities()) {
            Path place = wanted.folder().resolve(entry);
            if (!Files.exists(place)) {
                throw invalid(wanted, "there is no " + place);
            }
            places.addAll(Files.isDirectory(place) ? within(place) : List.of(url(place)));
        }
        List<URL> all = new ArrayList<>(places);
        all.addAll(engine());
        URLClassLoader classes =
                new URLClassLoader("objects", all.toArray(new URL[0]), StoreEngines.class.getClassLoader());
        try {
            StoreEngine engine = ServiceLoader.load(StoreEngine.class, classes)
                    .findFirst()
                    .orElseThrow(() -> invalid(
                            wanted,
                            "what maps entities is not there: databroker-hibernate is neither in the class path nor"
                                    + " in the folder hibernate beside the program's jars"));
            return engine.open(wanted, places, classes);
        } catch (ServiceConfigurationError | LinkageError broken) {
            throw invalid(wanted, Text.excerpt(broken.toString()));
        }
    }

    private static ProblemException invalid(StoreEngine.Wanted wanted, String why) {
        return new ProblemException(
                Problem.CONFIGURATION_INVALID, "objects.stores." + wanted.name() + ".entities: " + why);
    }

    private static URL url(Path place) {
        try {
            return place.toUri().toURL();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// A folder of classes, and the jars in it.
    private static List<URL> within(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<URL> all = new ArrayList<>(List.of(url(folder)));
            files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .limit(JARS_MAX)
                    .forEach(jar -> all.add(url(jar)));
            return all;
        } catch (IOException unreadable) {
            throw new ProblemException(Problem.CONFIGURATION_INVALID, folder + " cannot be read", unreadable);
        }
    }

    /// Jars beside the program's, which are in no class path; none where the program runs out of folders.
    private static List<URL> engine() {
        try {
            CodeSource source = StoreEngines.class.getProtectionDomain().getCodeSource();
            Path folder = source == null
                    ? null
                    : Path.of(source.getLocation().toURI()).resolveSibling(ENGINE);
            return folder == null || !Files.isDirectory(folder) ? List.of() : within(folder);
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
