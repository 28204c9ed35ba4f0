package com.databroker.client;

import com.databroker.client.Admission.Verdict;
import com.databroker.client.CacheEntry.Lease;
import com.databroker.client.CacheEntry.Live;
import com.databroker.client.CacheEntry.Overtaken;
import com.databroker.client.CacheEntry.Shows;
import com.databroker.client.CacheEntry.Unverified;
import com.databroker.core.ObjectPosition;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Rows and results of one principal: bounded, and none of them stale for good.
///
/// ```
///            claim            admit: the lease is still there, version and position are new enough
/// nothing ──────────▶ lease ─────────────────────────────────────────────────────▶ item
///    ▲                 ▲ │                                                         │ │
///    ├── changed, failed ┘  claim                                       reset      │ │
///    │                 └──────────────────── unverified ◀──────────────────────────┘ │
///    └───────────────────────────────────────────────────────────── changed, evicted ┘
/// ```
///
/// Reading what is there takes no lock and writes one plain field. Every other step holds the lock of its
/// entry, and never that of two. The tags of an item are in the index before its tombstones are looked at,
/// and a change is among the tombstones before the index is looked at: whichever comes second sees the
/// other. There is no thread in here.
@SuppressWarnings("ReferenceEquality") // What an entry holds is compared by address: that is the point of it.
final class RowCache {
    /// Whom it is told that a change concerned something here. Must not block.
    interface Listener {
        void dropped(Object key, Cached item, long version);
    }

    /// Either an item, or a lease that is the caller's to fulfil or another's to wait for.
    record Claim(@Nullable Cached item, @Nullable Lease lease, boolean mine) {}

    /// Bounds of a cache. Tombstones outlive every request and the lag of most replicas.
    record Limits(int count, long weight, long memoryMillis, int tombstones) {
        static final Limits DEFAULT = new Limits(100_000, 64L << 20, 60_000, 2_000);
    }

    final CacheStats stats = new CacheStats();
    final CacheNews news;
    private final Listener listener;
    private final CacheRing ring;
    private final TagIndex index = new TagIndex();
    private final Map<Object, CacheEntry> entries = new ConcurrentHashMap<>(TagIndex.AT_FIRST);
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();

    RowCache(InstantSource clock, Limits limits, Admission admission, Listener listener) {
        this.news = new CacheNews(clock, limits, admission);
        this.listener = listener;
        this.ring = new CacheRing(limits.count(), limits.weight());
    }

    /// The entry of a key, made where there is none. It may leave: see [CacheEntry#DEAD].
    CacheEntry entry(Object key) {
        CacheEntry entry = entries.get(key);
        return entry != null ? entry : CacheEntry.in(entries, key);
    }

    /// What is there, or the lease under which it comes.
    Claim claim(Object key) {
        sweepCollected();
        while (true) {
            CacheEntry entry = entry(key);
            Cached item = entry.item();
            if (item != null) {
                return new Claim(item, null, false);
            }
            List<CacheEntry> victims = new ArrayList<>();
            Claim claim;
            synchronized (entry) {
                claim = claim(entry, victims);
            }
            evict(victims);
            if (claim != null) {
                return claim;
            }
        }
    }

    private @Nullable Claim claim(CacheEntry entry, List<CacheEntry> victims) {
        Object state = entry.state;
        if (state == CacheEntry.DEAD) {
            return null;
        }
        if (state instanceof Lease lease) {
            return new Claim(null, lease, false);
        }
        Cached there = state instanceof Cached item ? item : state == null ? entry.held() : null;
        if (there == null) {
            stats.missed();
            return new Claim(null, lease(entry), true);
        }
        entry.hits++;
        if (state == null) {
            entry.state = there;
            victims.addAll(ring.add(entry, there.weight));
        }
        return new Claim(there, null, false);
    }

    private Lease lease(CacheEntry entry) {
        Unverified before = entry.state instanceof Unverified unverified ? unverified : null;
        Lease lease = new Lease(entry, news.arrivals(), before);
        entry.state = lease;
        return lease;
    }

    /// Leases for rows that wait to be verified, so that one request asks for many.
    List<Lease> claimUnverified(int countMax) {
        List<Lease> leases = new ArrayList<>();
        for (CacheEntry entry : ring.entries()) {
            if (leases.size() >= countMax) {
                break;
            }
            synchronized (entry) {
                if (entry.state instanceof Unverified) {
                    leases.add(lease(entry));
                }
            }
        }
        return leases;
    }

    /// What a lease was given for has come.
    ///
    /// @param at the position that the answer had seen
    /// @return what to serve: the item, or what is here already where that is not older; null where it is
    ///     older than what is known, and has to be asked for again
    @Nullable
    Cached admit(Lease lease, Cached item, ObjectPosition at) {
        CacheEntry entry = lease.entry;
        List<CacheEntry> victims = new ArrayList<>();
        Settled settled;
        synchronized (entry) {
            boolean held = entry.state == lease;
            if (held) {
                entry.state = lease.before;
            }
            settled = settle(entry, item, new CacheNews.Asked(held, lease.birth, at), victims);
            if (held && entry.state == lease.before) {
                dropBefore(entry);
            }
        }
        Cached served = after(entry, settled, victims);
        // Who asked may be served what was overtaken meanwhile; who joined may have asked after that, and asks again.
        if (served != null && lease.entry.state == served) {
            lease.outcome.complete(served);
        } else {
            lease.outcome.completeExceptionally(new Overtaken());
        }
        return served;
    }

    /// What was unverified is so still where the answer was older than itself, and otherwise gone.
    private void dropBefore(CacheEntry entry) {
        if (entry.state instanceof Unverified before) {
            entry.state = null;
            entry.live = null;
            ring.remove(entry);
            news.remember(before.item());
            index.remove(entry, before.item().tags);
        }
    }

    /// Offers what came without having been claimed: along with something else, or as the answer to a
    /// commit.
    ///
    /// @param birth of the request
    /// @return as [#admit]
    @Nullable
    Cached offer(Object key, Cached item, long birth, ObjectPosition at) {
        while (true) {
            CacheEntry entry = CacheEntry.in(entries, key);
            List<CacheEntry> victims = new ArrayList<>();
            Settled settled;
            Lease overtaken;
            synchronized (entry) {
                if (entry.state == CacheEntry.DEAD) {
                    continue;
                }
                Lease lease = entry.state instanceof Lease its ? its : null;
                settled = settle(entry, item, new CacheNews.Asked(true, birth, at), victims);
                overtaken = lease != null && entry.state != lease ? lease : null;
            }
            Cached served = after(entry, settled, victims);
            if (overtaken != null) {
                overtaken.outcome.complete(served);
            }
            return served;
        }
    }

    /// @param served null where the item is older than what is known
    /// @param replaced what was here before, where something newer came
    private record Settled(
            @Nullable Cached served, @Nullable Cached replaced) {}

    /// Without the lock. News that only confirm it may come later, or have come: who listens hears it now.
    private @Nullable Cached after(CacheEntry entry, Settled settled, List<CacheEntry> victims) {
        evict(victims);
        tidy(entry);
        if (settled.replaced != null && settled.served != null) {
            listener.dropped(entry.key, settled.replaced, settled.served.version);
        }
        return settled.served;
    }

    /// Under the lock: keeps an item, or does not.
    private Settled settle(CacheEntry entry, Cached item, CacheNews.Asked asked, List<CacheEntry> victims) {
        Object state = entry.state;
        Cached there = state instanceof Cached cached ? cached : null;
        if (there != null && item.isVersioned() && there.version >= item.version) {
            return new Settled(there, null);
        }
        // Of the same state there is one item, and so one live object.
        Cached before = entry.known() != null ? entry.known() : entry.held();
        Cached served = before != null && item.isSame(before) ? before : item;
        index.add(entry, served);
        Verdict verdict = news.judge(served, asked);
        if (verdict == Verdict.KEEP) {
            entry.state = served;
            victims.addAll(ring.add(entry, served.weight));
        } else {
            stats.refused();
            if (verdict == Verdict.PASS) {
                news.remember(served);
            }
        }
        boolean replaces = before != null && before != served && verdict != Verdict.OLD;
        if (before != null && replaces) {
            before.overtaken();
            if (entry.state == before) {
                entry.state = null;
                ring.remove(entry);
            }
            index.remove(entry, before.tags);
        }
        index.remove(entry, served.tags);
        return new Settled(verdict == Verdict.OLD ? null : served, replaces ? before : null);
    }

    /// What has come is for who asked, and not to be kept.
    void passed(Lease lease) {
        ended(lease, null);
        lease.outcome.completeExceptionally(new Overtaken());
    }

    /// What a lease was given for does not exist.
    void absent(Lease lease) {
        ended(lease, null);
        if (lease.before != null) {
            // Another answer may have verified it meanwhile, and be the older one.
            refute(lease.entry.key, lease.before.item());
        }
        lease.outcome.complete(null);
    }

    /// The load failed: those who wait hear it, and the next who asks tries again.
    void failed(Lease lease, Throwable why) {
        ended(lease, lease.before);
        lease.outcome.completeExceptionally(why);
    }

    private void ended(Lease lease, @Nullable Unverified after) {
        CacheEntry entry = lease.entry;
        List<CacheEntry> victims = new ArrayList<>();
        synchronized (entry) {
            if (entry.state == lease) {
                entry.state = lease.before;
                if (after == null) {
                    dropBefore(entry);
                } else {
                    // It may have left the ring while it was leased.
                    victims.addAll(ring.add(entry, after.item().weight));
                }
            }
        }
        evict(victims);
        tidy(entry);
    }

    /// The broker told a change, or this client has made it.
    ///
    /// @param version of what is current now, [Cached#UNVERSIONED] where there is none
    /// @param at the position that an answer without a version must have seen
    void changed(Object tag, long version, ObjectPosition at) {
        stats.invalidated();
        news.changed(tag, version, at);
        for (CacheEntry entry : index.dependents(tag)) {
            drop(entry, tag, version);
        }
    }

    private void drop(CacheEntry entry, Object tag, long version) {
        Cached dropped = null;
        synchronized (entry) {
            Cached known = entry.known();
            Cached shown = entry.shown();
            boolean current = known != null && isOvertaken(known, tag, version);
            if (shown != null && shown != known && isOvertaken(shown, tag, version)) {
                dropped = overtaken(entry, shown);
            }
            if (known != null && current) {
                entry.state = null;
                dropped = overtaken(entry, known);
            }
            if (dropped != null && entry.state instanceof Lease) {
                entry.state = null;
            }
            if (entry.state == null) {
                ring.remove(entry);
            }
        }
        if (dropped != null) {
            tidy(entry);
            listener.dropped(entry.key, dropped, version);
        }
    }

    private Cached overtaken(CacheEntry entry, Cached item) {
        item.overtaken();
        index.remove(entry, item.tags);
        return item;
    }

    private static boolean isOvertaken(Cached item, Object tag, long version) {
        // Somebody may have changed it and left its version alone: then no version counts.
        boolean older = version == Cached.UNVERSIONED || !item.isVersioned() || item.version < version;
        return older && !item.isObsolete() && item.tags.contains(tag);
    }

    /// What happened since is not known: rows wait to be verified, results are dropped, what is under way
    /// is not kept.
    ///
    /// @param at what has to be seen by whatever is kept from now on
    /// @param anew whether versions, too, may have begun anew: then rows are dropped as well
    void reset(ObjectPosition at, boolean anew) {
        stats.reset();
        news.reset(at, anew);
        for (CacheEntry entry : entries.values()) {
            List<CacheEntry> victims = new ArrayList<>();
            synchronized (entry) {
                reset(entry, anew, victims);
            }
            evict(victims);
            tidy(entry);
        }
    }

    private void reset(CacheEntry entry, boolean anew, List<CacheEntry> victims) {
        if (entry.state == CacheEntry.DEAD) {
            return;
        }
        Cached item = entry.known() != null ? entry.known() : entry.held();
        if (item == null) {
            entry.state = null;
        } else if (item.isVersioned() && !anew) {
            news.remember(item);
            entry.state = new Unverified(item);
            victims.addAll(ring.add(entry, item.weight));
        } else {
            item.overtaken();
            entry.state = null;
            ring.remove(entry);
            index.remove(entry, item.tags);
        }
    }

    /// An item turned out to be old, though nobody has told so: it is not served any more, and what it was is not
    /// said of others.
    void refute(Object key, Cached item) {
        item.overtaken();
        CacheEntry entry = entries.get(key);
        if (entry != null) {
            synchronized (entry) {
                if (entry.known() == item) {
                    entry.state = null;
                    ring.remove(entry);
                }
                index.remove(entry, item.tags);
            }
            tidy(entry);
            listener.dropped(entry.key, item, Cached.UNVERSIONED);
        }
    }

    private void evict(List<CacheEntry> victims) {
        for (CacheEntry victim : victims) {
            synchronized (victim) {
                Cached item = victim.state instanceof Lease ? null : victim.known();
                if (item != null) {
                    // What is not verified does not live on in the object that somebody holds.
                    victim.live = victim.state instanceof Unverified ? null : victim.live;
                    victim.state = null;
                    ring.remove(victim);
                    news.remember(item);
                    index.remove(victim, item.tags);
                }
            }
            tidy(victim);
        }
    }

    /// The one live object of a row.
    ///
    /// @param first its entry, which may have left
    /// @param made used where there is none yet
    Shows live(CacheEntry first, Shows made) {
        Cached item = made.item();
        for (CacheEntry entry = first; ; entry = entry(first.key)) {
            synchronized (entry) {
                Shows there = entry.live(item);
                if (there != null) {
                    return there;
                }
                if (entry.state != CacheEntry.DEAD) {
                    // Of a row that was overtaken, or was never kept, the object is nobody else's.
                    if (entry.state == item) {
                        Live before = entry.live;
                        entry.live = new Live(made, entry, collected);
                        if (before != null) {
                            index.remove(entry, before.tags);
                        }
                    }
                    return made;
                }
            }
        }
    }

    /// Entries whose live objects nobody holds any more leave, unless their rows are here.
    private void sweepCollected() {
        for (Reference<?> gone = collected.poll(); gone != null; gone = collected.poll()) {
            if (gone instanceof Live live) {
                CacheEntry entry = live.entry;
                synchronized (entry) {
                    if (entry.live == live) {
                        entry.live = null;
                        index.remove(entry, live.tags);
                    }
                }
                tidy(entry);
            }
        }
    }

    private void tidy(CacheEntry entry) {
        synchronized (entry) {
            if (entry.state == null && entry.held() == null) {
                Live live = entry.live;
                entry.state = CacheEntry.DEAD;
                entry.live = null;
                if (live != null) {
                    index.remove(entry, live.tags);
                }
                stats.left(entry.hits);
                entries.remove(entry.key, entry);
            }
        }
    }

    /// All entries, for who looks at the whole.
    List<CacheEntry> entries() {
        return List.copyOf(entries.values());
    }

    /// Keys of which something is known.
    int size() {
        return entries.size();
    }

    int tags() {
        return index.size();
    }

    long hits() {
        return stats.hitsOfThoseThatLeft()
                + entries.values().stream().mapToLong(entry -> entry.hits).sum();
    }

    int count() {
        return ring.size();
    }

    long weight() {
        return ring.weight();
    }
}
