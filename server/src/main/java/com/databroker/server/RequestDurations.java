package com.databroker.server;

import com.databroker.core.Durations;
import com.databroker.core.Span;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// How long HTTP requests took: a histogram for each route and class of answers that there was.
final class RequestDurations {
    /// A route that no metric knows by name.
    static final String OTHER = "other";

    private static final int CLASSES = 6;

    private final Map<String, AtomicReferenceArray<@Nullable Durations>> routes = new HashMap<>();

    RequestDurations(Set<String> names) {
        names.forEach(name -> routes.put(name, new AtomicReferenceArray<>(CLASSES)));
        routes.put(OTHER, new AtomicReferenceArray<>(CLASSES));
    }

    /// @param code of the answer
    void add(String route, int code, long nanos, Span span) {
        of(route, code).add(nanos, span);
    }

    /// The histogram of requests of always the same kind.
    Durations of(String route, int code) {
        AtomicReferenceArray<@Nullable Durations> classes = routes.get(route);
        if (classes == null) {
            return of(OTHER, code);
        }
        int kind = Math.clamp(code / 100, 0, CLASSES - 1);
        Durations known = classes.get(kind);
        if (known == null) {
            classes.compareAndSet(kind, null, Durations.quick());
            return of(route, code);
        }
        return known;
    }

    /// Puts each that there is, with its labels.
    void put(MetricBook.Histograms into) {
        routes.forEach((route, classes) -> {
            for (int kind = 0; kind < CLASSES; kind++) {
                Durations durations = classes.get(kind);
                if (durations != null) {
                    into.put(durations, route, kind + "xx");
                }
            }
        });
    }
}
