package com.databroker.objects;

import com.databroker.objects.spi.ObjectStore;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;

/// Makes stores of classes that somebody else mapped to a database. It is a module of its own, which the
/// plane finds as a service, in the class path or in the folder `hibernate` beside the program's jars: who
/// does not use it does not have it.
public interface StoreEngine {
    /// What a store is made of.
    ///
    /// @param name of the store
    /// @param keep how long changes are remembered
    /// @param folder for a database of the broker's own
    record Wanted(
            String name, StoreConfig config, Duration keep, Path folder, InstantSource clock, RandomGenerator random) {}

    /// @param methods that its classes declare as callable
    record Opened(ObjectStore store, List<ObjectMethod> methods) {}

    /// @param places jars and folders in which the classes are
    /// @param classes loads them, and whatever they need; it is closed with the store, or when there is none
    /// @throws com.databroker.core.ProblemException where they cannot be had
    Opened open(Wanted wanted, List<URL> places, URLClassLoader classes);
}
