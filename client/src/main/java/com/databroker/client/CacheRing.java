package com.databroker.client;

import java.util.ArrayList;
import java.util.List;

/// Who has to go when the cache is full: a clock whose hand takes one of at most [#CREDIT_MAX] credits from
/// whoever was used since, and evicts whoever has none. What is used often survives a scan of everything
/// else.
///
/// Reading costs nothing here: the hand looks at the plain counter that a read has written.
final class CacheRing {
    static final int CREDIT_MAX = 7;

    private final int countMax;
    private final long weightMax;
    private final List<CacheEntry> ring = new ArrayList<>();
    private int hand;
    private long weight;

    CacheRing(int countMax, long weightMax) {
        this.countMax = countMax;
        this.weightMax = weightMax;
    }

    /// @return whom to evict, in order; they are out of the ring already
    synchronized List<CacheEntry> add(CacheEntry entry, int itsWeight) {
        forget(entry);
        List<CacheEntry> victims = List.of();
        while (!ring.isEmpty() && (ring.size() >= countMax || weight + itsWeight > weightMax)) {
            if (victims.isEmpty()) {
                victims = new ArrayList<>();
            }
            victims.add(sweep());
        }
        entry.weight = itsWeight;
        entry.credit = 0;
        entry.seen = entry.hits;
        weight += itsWeight;
        behindTheHand(entry);
        return victims;
    }

    /// Where the hand comes to last.
    private void behindTheHand(CacheEntry entry) {
        if (hand >= ring.size()) {
            hand = 0;
            entry.slot = ring.size();
            ring.add(entry);
            return;
        }
        CacheEntry displaced = ring.set(hand, entry);
        entry.slot = hand++;
        displaced.slot = ring.size();
        ring.add(displaced);
    }

    private CacheEntry sweep() {
        while (true) {
            hand = hand >= ring.size() ? 0 : hand;
            CacheEntry entry = ring.get(hand);
            long used = entry.hits - entry.seen;
            entry.seen = entry.hits;
            int credit = (int) Math.min(CREDIT_MAX, entry.credit + used);
            if (credit == 0) {
                forget(entry);
                return entry;
            }
            entry.credit = credit - 1;
            hand++;
        }
    }

    synchronized void remove(CacheEntry entry) {
        forget(entry);
    }

    private void forget(CacheEntry entry) {
        int slot = entry.slot;
        if (slot >= 0) {
            CacheEntry last = ring.remove(ring.size() - 1);
            if (last != entry) {
                ring.set(slot, last);
                last.slot = slot;
            }
            entry.slot = -1;
            weight -= entry.weight;
        }
    }

    synchronized int size() {
        return ring.size();
    }

    synchronized long weight() {
        return weight;
    }

    /// All that are in it now.
    synchronized List<CacheEntry> entries() {
        return List.copyOf(ring);
    }
}
