package com.databroker.client;

import com.databroker.core.ObjectPosition;
import com.databroker.core.Position;
import java.util.Map;
import java.util.TreeMap;

/// What [ObjectPosition] does not need on the server.
final class Positions {
    private Positions() {}

    /// Store by store the further of both; that of `later` where their epochs differ.
    static ObjectPosition further(ObjectPosition earlier, ObjectPosition later) {
        if (later.covers(earlier)) {
            return later;
        }
        if (earlier.covers(later)) {
            return earlier;
        }
        Map<String, Position> stores = new TreeMap<>(earlier.stores());
        later.stores().forEach((store, position) -> stores.merge(store, position, Positions::further));
        return new ObjectPosition(stores);
    }

    private static Position further(Position earlier, Position later) {
        return earlier.epoch() == later.epoch() && earlier.offset() > later.offset() ? earlier : later;
    }
}
