package com.databroker.client;

import com.databroker.client.Admission.Offer;
import com.databroker.client.Admission.Verdict;
import com.databroker.client.Tombstones.Tombstone;
import com.databroker.core.ObjectPosition;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What a [RowCache] has heard of changes, and by it the verdict on what answers bring.
final class CacheNews {
    /// How an answer was asked for.
    ///
    /// @param held whether the lease is still there
    /// @param birth how many changes had been heard of when it was asked for
    /// @param at the position that the answer had seen
    record Asked(boolean held, long birth, ObjectPosition at) {}

    private final InstantSource clock;
    private final Admission admission;
    private final Tombstones tombstones;
    private final AtomicLong arrivals = new AtomicLong(1);
    private volatile long lastReset;
    private volatile ObjectPosition floor = ObjectPosition.NONE;
    private volatile ObjectPosition heard = ObjectPosition.NONE;

    /// By answers that were taken.
    private volatile ObjectPosition seen = ObjectPosition.NONE;

    private volatile ObjectPosition lastSeen = ObjectPosition.NONE;

    CacheNews(InstantSource clock, RowCache.Limits limits, Admission admission) {
        this.clock = clock;
        this.admission = admission;
        this.tombstones = new Tombstones(limits.memoryMillis(), limits.tombstones());
    }

    /// How many were heard of: the birth of what is asked for now.
    long arrivals() {
        return arrivals.get();
    }

    void changed(Object tag, long version, ObjectPosition at) {
        if (!heard.covers(at)) {
            hear(at);
        }
        tombstones.add(tag, Tombstone.heard(version, arrivals.incrementAndGet(), at, clock.millis()));
    }

    private synchronized void hear(ObjectPosition at) {
        heard = Positions.further(heard, at);
    }

    /// What has changed until then is not known.
    ///
    /// @param anew whether versions, too, may have begun anew
    synchronized void reset(ObjectPosition at, boolean anew) {
        if (anew) {
            tombstones.clear();
        }
        floor = at;
        heard = at;
        seen = anew ? at : seen;
        lastReset = arrivals.incrementAndGet();
    }

    /// So that nothing older is served after what is not kept, or not any more.
    void remember(Cached item) {
        if (item.isVersioned()) {
            for (Object tag : item.tags) {
                tombstones.add(
                        tag, Tombstone.seen(item.version, arrivals.incrementAndGet(), demanded(), clock.millis()));
            }
        }
    }

    Verdict judge(Cached item, Asked asked) {
        List<@Nullable Tombstone> known = new ArrayList<>(item.tags.size());
        item.tags.forEach(tag -> known.add(tombstones.of(tag)));
        // After them, so that what is forgotten meanwhile is found here.
        boolean leased = asked.held && asked.birth >= lastReset && asked.birth >= tombstones.forgotten();
        boolean sawEnough = asked.at.covers(floor) && asked.at.covers(tombstones.forgottenAt());
        Offer offer = new Offer(item, leased, asked.birth, asked.at);
        Verdict verdict = sawEnough ? admission.judge(offer, null) : Verdict.OLD;
        for (Tombstone one : known) {
            verdict = verdict.and(admission.judge(offer, one));
        }
        if (verdict != Verdict.OLD) {
            item.admitted(arrivals.get());
            see(asked.at);
        }
        return verdict;
    }

    @SuppressWarnings("ReferenceEquality") // All rows of an answer have seen the same.
    private void see(ObjectPosition at) {
        if (lastSeen != at) {
            lastSeen = at;
            if (!seen.covers(at)) {
                synchronized (this) {
                    seen = Positions.further(seen, at);
                }
            }
        }
    }

    /// Nothing is served any more that has not seen everything up to `at`, unless it is here already.
    synchronized void demand(ObjectPosition at) {
        floor = Positions.further(floor, at);
    }

    /// What has to be seen by every answer.
    ObjectPosition floor() {
        return floor;
    }

    /// Who has seen this answers nothing that is [Verdict#OLD].
    ObjectPosition demanded() {
        return Positions.further(Positions.further(seen, heard), floor);
    }

    /// Whether something newer is known.
    boolean isOvertaken(Cached item) {
        if (item.isObsolete()) {
            return true;
        }
        for (Object tag : item.tags) {
            Tombstone known = tombstones.of(tag);
            if (known != null && item.isOlderThan(known)) {
                return true;
            }
        }
        return false;
    }
}
