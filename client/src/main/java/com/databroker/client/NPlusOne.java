package com.databroker.client;

import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Notices that objects are fetched one by one along a reference, and names the cure.
final class NPlusOne {
    private static final System.Logger LOG = System.getLogger("com.databroker.client");
    private static final int TOLD_FROM = 20;
    private static final int PATHS_MAX = 1000;
    private static final long WINDOW_MILLIS = 1000;

    /// @param most single loads within a window
    private record Run(long began, int count, int most) {
        Run next(long now) {
            int more = now - began > WINDOW_MILLIS ? 1 : count + 1;
            return new Run(more == 1 ? now : began, more, Math.max(most, more));
        }
    }

    private final InstantSource clock;
    private final Map<String, Run> runs = new ConcurrentHashMap<>();

    NPlusOne(InstantSource clock) {
        this.clock = clock;
    }

    /// One object was fetched by itself.
    void single(String from, String field, String to) {
        String path = from + "." + field + " " + to;
        if (runs.size() < PATHS_MAX || runs.containsKey(path)) {
            Run run = runs.merge(path, new Run(clock.millis(), 1, 1), (before, one) -> before.next(one.began));
            if (run.count == TOLD_FROM && run.most == TOLD_FROM) {
                LOG.log(Level.INFO, () -> said(path, run));
            }
        }
    }

    /// One sentence for each path on which it happened.
    List<String> warnings() {
        return runs.entrySet().stream()
                .map(entry -> said(entry.getKey(), entry.getValue()))
                .filter(said -> said != null)
                .sorted()
                .toList();
    }

    private static @Nullable String said(String path, Run run) {
        int blank = path.indexOf(' ');
        String field = path.substring(path.indexOf('.') + 1, blank);
        return run.most < TOLD_FROM
                ? null
                : run.most + " single loads of " + path.substring(blank + 1) + " through " + path.substring(0, blank)
                        + " within a second; add with(\"" + field + "\") to what finds them";
    }
}
