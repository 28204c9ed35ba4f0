package com.databroker.client;

import com.databroker.core.ObjectPosition;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is known of changes for a while after they were heard of: an answer that was on its way meanwhile,
/// or comes from a replica that lags, is measured by it.
///
/// Those that are forgotten, by age or because there are too many, leave two marks: who asked before the last
/// of them was heard of cannot be judged any more, and neither can an answer that has not seen it. So their number
/// is a matter of memory, and never of truth: with few of them a replica that lags is asked more often.
final class Tombstones {
    /// @param version the least that is current, unless an answer is known to be newer than all this: who deletes an
    ///     object and makes it once more begins its versions anew
    /// @param arrival when this client heard of it, counted; 0 where it only has seen that version
    /// @param since when it came to know of all this, counted with what it heard
    /// @param newest when it came to know of that version, counted likewise
    /// @param at what an answer that is newer has seen
    /// @param blind when it heard of a change of which nobody knew the version; 0 where of none
    /// @param millis when that was, by the clock
    record Tombstone(long version, long arrival, long since, long newest, ObjectPosition at, long blind, long millis) {
        static Tombstone heard(long version, long arrival, ObjectPosition at, long millis) {
            long blind = version == Cached.UNVERSIONED ? arrival : 0;
            return new Tombstone(version, arrival, arrival, arrival, at, blind, millis);
        }

        static Tombstone seen(long version, long since, ObjectPosition at, long millis) {
            return new Tombstone(version, 0, since, since, at, 0, millis);
        }

        Tombstone merge(Tombstone later) {
            return new Tombstone(
                    Math.max(version, later.version),
                    Math.max(arrival, later.arrival),
                    Math.max(since, later.since),
                    later.version > version ? later.newest : newest,
                    Positions.further(at, later.at),
                    Math.max(blind, later.blind),
                    later.millis);
        }

        /// Whether an answer was asked for after all this was known, and has seen it.
        boolean isSeenBy(long birth, ObjectPosition answered) {
            return birth >= since && answered.covers(at);
        }
    }

    private final long memoryMillis;
    private final int countMax;

    /// In the order in which they were heard of last.
    private final Map<Object, Tombstone> known = new LinkedHashMap<>();

    private volatile long forgotten;
    private volatile ObjectPosition forgottenAt = ObjectPosition.NONE;

    Tombstones(long memoryMillis, int countMax) {
        this.memoryMillis = memoryMillis;
        this.countMax = countMax;
    }

    synchronized @Nullable Tombstone of(Object tag) {
        return known.get(tag);
    }

    /// The last arrival of which nothing is known any more.
    long forgotten() {
        return forgotten;
    }

    /// What must have been seen by an answer of which nothing else is known.
    ObjectPosition forgottenAt() {
        return forgottenAt;
    }

    synchronized void add(Object tag, Tombstone tombstone) {
        Tombstone before = known.remove(tag);
        known.put(tag, before == null ? tombstone : before.merge(tombstone));
        Iterator<Tombstone> oldest = known.values().iterator();
        Tombstone over = oldest.next();
        while (known.size() > countMax || over.millis + memoryMillis <= tombstone.millis) {
            oldest.remove();
            forgotten = Math.max(forgotten, over.arrival);
            forgottenAt = Positions.further(forgottenAt, over.at);
            over = oldest.next();
        }
    }

    synchronized void clear() {
        known.clear();
        forgottenAt = ObjectPosition.NONE;
    }
}
