package com.databroker.objects;

import com.databroker.core.Durations;
import com.databroker.core.ObjectPosition;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The plane in numbers.
///
/// @param listeners who hear of changes
/// @param rows that were sent
public record ObjectsStatus(ObjectPosition at, int listeners, long rows, List<Store> stores) {
    private static final String AWAY = "unknown";

    public ObjectsStatus {
        stores = List.copyOf(stores);
    }

    /// Whether changes by others than brokers are told.
    ///
    /// @param possible whether the store can record them at all
    /// @param told types of which they are
    /// @param untold those of which they are not
    public record Others(String store, boolean possible, List<String> told, List<String> untold) {
        public Others {
            told = List.copyOf(told);
            untold = List.copyOf(untold);
        }
    }

    /// @param kind `postgresql`, `h2`, `memory` or what a back-end calls itself; `unknown` where it has not
    ///     answered since the start
    /// @param durable whether a commit survives the loss of power
    /// @param reachable whether it answered last
    /// @param told commits that were told of, whoever made them
    /// @param resets how often clients were told to look at everything again
    /// @param relayed when everything there was had been told last; null before the first time
    public record Store(
            String name,
            String kind,
            boolean durable,
            boolean reachable,
            int types,
            long commits,
            long conflicts,
            long told,
            long resets,
            @Nullable Instant relayed) {
        /// One that has not answered since the start.
        static Store away(String name) {
            return new Store(name, AWAY, false, false, 0, 0, 0, 0, 0, null);
        }
    }

    /// An object that the broker changes itself, and of which it holds a copy as clients do.
    ///
    /// @param object with its field, as the configuration names it
    /// @param oldSeconds for how long the copy has been older than the object, 0 where it is not
    /// @param delays between changes and the new copies of them
    public record Canary(String object, double oldSeconds, Durations delays) {}
}
