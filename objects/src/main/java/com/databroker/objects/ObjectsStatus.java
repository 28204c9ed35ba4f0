package com.databroker.objects;

import com.databroker.core.ObjectPosition;
import java.util.List;

/// The plane in numbers.
///
/// @param listeners who hear of changes
/// @param rows that were sent
public record ObjectsStatus(ObjectPosition at, int listeners, long rows, List<Store> stores) {
    public ObjectsStatus {
        stores = List.copyOf(stores);
    }

    /// @param kind `postgresql`, `h2`, `memory` or what a back-end calls itself
    /// @param durable whether a commit survives the loss of power
    /// @param reachable whether it answered last
    /// @param told commits that were told of, whoever made them
    public record Store(
            String name,
            String kind,
            boolean durable,
            boolean reachable,
            int types,
            long commits,
            long conflicts,
            long told) {}
}
