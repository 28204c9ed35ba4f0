package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Modules in folders of their own beside the program's jars, in no class path: whoever asks for one has it loaded.
public final class Outbuildings {
    private static final int JARS_MAX = 256;

    private Outbuildings() {}

    /// The jars of one; none where the program runs out of folders of classes.
    public static List<URL> jars(String name) {
        try {
            CodeSource source = Outbuildings.class.getProtectionDomain().getCodeSource();
            Path folder = source == null
                    ? null
                    : Path.of(source.getLocation().toURI()).resolveSibling(name);
            return folder == null || !Files.isDirectory(folder) ? List.of() : within(folder);
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// A folder of classes, and the jars in it.
    static List<URL> within(Path folder) {
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

    static URL url(Path place) {
        try {
            return place.toUri().toURL();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
