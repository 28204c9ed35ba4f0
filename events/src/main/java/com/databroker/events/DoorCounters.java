package com.databroker.events;

import java.util.concurrent.atomic.LongAdder;

/// What passed one door, for the metrics.
public final class DoorCounters {
    final LongAdder published = new LongAdder();
    final LongAdder delivered = new LongAdder();
    final LongAdder lost = new LongAdder();
    final LongAdder connections = new LongAdder();

    DoorCounters() {}

    /// Events taken.
    public long published() {
        return published.sum();
    }

    /// Events written to subscribers.
    public long delivered() {
        return delivered.sum();
    }

    /// Offsets that slow subscribers were told to have missed.
    public long lost() {
        return lost.sum();
    }

    /// Connections open now.
    public long connections() {
        return connections.sum();
    }
}
