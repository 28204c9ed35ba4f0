package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/// Finds the [StoreEngine] and the classes that it maps. Each store has a class loader of its own, so that
/// two may map different classes of the same name. The broker's own classes go before those of the jars.
final class StoreEngines {
    private static final String ENGINE = "hibernate";

    private StoreEngines() {}

    static StoreEngine.Opened open(StoreEngine.Wanted wanted) {
        List<URL> places = new ArrayList<>();
        for (String entry : wanted.config().entities()) {
            Path place = wanted.folder().resolve(entry);
            if (!Files.exists(place)) {
                throw invalid(wanted, "there is no " + place);
            }
            places.addAll(Files.isDirectory(place) ? Outbuildings.within(place) : List.of(Outbuildings.url(place)));
        }
        List<URL> all = new ArrayList<>(places);
        all.addAll(Outbuildings.jars(ENGINE));
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
}
