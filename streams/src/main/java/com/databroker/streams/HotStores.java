package com.databroker.streams;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The hot stores that are open in this process, by folder.
///
/// A sink reaches the threads of the job as bytes, also when they run in this very process; this is how
/// it finds the store that was opened for it.
final class HotStores {
    private static final Map<Path, HotStore> OPEN = new ConcurrentHashMap<>();

    private HotStores() {}

    /// How a sink gets its store, wherever it runs.
    interface Opening extends Serializable {
        HotStore open() throws IOException;
    }

    /// How a sink on another machine gets the store that is configured; empty where that is in this process.
    static Optional<Opening> shared() {
        return Optional.empty();
    }

    /// Lets sinks of this process find a store. Whoever opened it closes it, and withdraws it before.
    static void publish(Path folder, HotStore store) {
        if (OPEN.putIfAbsent(folder.toAbsolutePath().normalize(), store) != null) {
            throw new IllegalStateException("a hot store is open in " + folder);
        }
    }

    static void withdraw(Path folder) {
        OPEN.remove(folder.toAbsolutePath().normalize());
    }

    /// Finds the store that was published for a folder.
    static Opening published(Path folder) {
        String path = folder.toAbsolutePath().normalize().toString();
        return () -> {
            HotStore store = OPEN.get(Path.of(path));
            if (store == null) {
                throw new IOException("no hot store is open in " + path);
            }
            return store;
        };
    }
}
