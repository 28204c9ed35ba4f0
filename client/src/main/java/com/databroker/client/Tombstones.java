package com.databroker.client;

import com.databroker.core.ObjectPosition;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What is known of changes for a while after they were heard of: an answer that was on its way meanwhile,
/// or comes from a replica that lags, is measured by it.
///
/// Those that are forgotten, by age or because there are too many, leave a mark: who asked before the last
/// of them was heard of cannot be judged any more.
final class Tombstones {
    /// @param version the least that is current
    /// @param arrival when this client heard of it, counted; 0 where it only has seen that version
    /// @param at what an answer without a version must have seen
    /// @param blind when it heard of a change of which nobody knew the version; 0 where of none
    record Tombstone(long version, long arrival, ObjectPosition at, long blind) {
        Tombstone(long version, long arrival, ObjectPosition at) {
            this(version, arrival, at, version == Cached.UNVERSIONED ? arrival : 0);
        }

        Tombstone merge(Tombstone later) {
            return new Tombstone(
                    Math.max(version, later.version),
                    Math.max(arrival, later.arrival),
                    at.covers(later.at) ? at : later.at,
                    Math.max(blind, later.blind));
        }
    }

    private record Due(Object tag, Tombstone tombstone, long millis) {}

    private final long memoryMillis;
    private final int countMax;
    private final Map<Object, Tombstone> known = new ConcurrentHashMap<>();
    private final Queue<Due> order = new ArrayDeque<>();
    private volatile long forgotten;

    Tombstones(long memoryMillis, int countMax) {
        this.memoryMillis = memoryMillis;
        this.countMax = countMax;
    }

    @Nullable
    Tombstone of(Object tag) {
        return known.get(tag);
    }

    /// The last arrival of which nothing is known any more.
    long forgotten() {
        return forgotten;
    }

    void add(Object tag, Tombstone tombstone, long millis) {
        Tombstone merged = known.merge(tag, tombstone, Tombstone::merge);
        synchronized (order) {
            order.add(new Due(tag, merged, millis + memoryMillis));
            for (Due due = order.peek(); due != null && isOver(due, millis); due = order.peek()) {
                order.remove();
                // Before it is gone, so that nobody finds neither.
                forgotten = Math.max(forgotten, due.tombstone.arrival());
                // One that was merged since stands further behind once more.
                known.remove(due.tag, due.tombstone);
            }
        }
    }

    void clear() {
        synchronized (order) {
            order.clear();
            known.clear();
        }
    }

    private boolean isOver(Due due, long millis) {
        return due.millis <= millis || order.size() > countMax;
    }
}
