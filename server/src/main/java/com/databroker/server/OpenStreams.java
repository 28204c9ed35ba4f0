package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Connections that would go on for ever: told to come back later when the broker stops.
final class OpenStreams {
    private final Set<Runnable> farewells = ConcurrentHashMap.newKeySet();

    void add(Runnable farewell) {
        farewells.add(farewell);
    }

    void remove(Runnable farewell) {
        farewells.remove(farewell);
    }

    void sayFarewell() {
        farewells.forEach(Runnable::run);
    }

    static ProblemException shuttingDown() {
        return new ProblemException(Problem.SHUTTING_DOWN, "the broker is stopping");
    }
}
