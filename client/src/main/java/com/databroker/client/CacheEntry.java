package com.databroker.client;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One key of a [RowCache]: what is there of it, and the live object of it.
///
/// The state is read without a lock and written under the lock of the entry, the places in the [CacheRing]
/// under that of the ring.
final class CacheEntry {
    /// The state of an entry that has left the cache: who holds it looks the key up anew.
    static final Object DEAD = new Object();

    final Object key;

    /// Null, a [Lease], a [Cached], an [Unverified], or [#DEAD].
    volatile @Nullable Object state;

    /// The live object of the last row, as long as somebody holds it.
    volatile @Nullable Live live;

    // One plain write a read: a count that is lost in a race does no harm.
    long hits;

    int slot = -1;
    int weight;
    int credit;
    long seen;

    CacheEntry(Object key) {
        this.key = key;
    }

    /// The entry of a key, for who expects that there is none.
    static CacheEntry in(Map<Object, CacheEntry> entries, Object key) {
        CacheEntry made = new CacheEntry(key);
        return Objects.requireNonNullElse(entries.putIfAbsent(key, made), made);
    }

    /// What is there and may be served, null where it has to be claimed.
    @Nullable
    Cached item() {
        if (state instanceof Cached item) {
            hits++;
            return item;
        }
        return null;
    }

    /// Under the lock: the item that the state knows of, served or not.
    @Nullable
    Cached known() {
        Object now = state;
        if (now instanceof Cached item) {
            return item;
        }
        Unverified unverified = now instanceof Lease lease ? lease.before : now instanceof Unverified its ? its : null;
        return unverified == null ? null : unverified.item;
    }

    /// A row that was evicted and lives on in the object that somebody holds. Changes still find it.
    @Nullable
    Cached held() {
        Cached item = shown();
        return item != null && !item.isObsolete() ? item : null;
    }

    /// What the live object shows, overtaken or not.
    @Nullable
    Cached shown() {
        Live its = live;
        return its == null ? null : its.item();
    }

    /// The live object, as long as it is of this item.
    @SuppressWarnings("ReferenceEquality") // Of the same state there is one item.
    @Nullable
    Shows live(Cached item) {
        Live its = live;
        Shows object = its == null ? null : its.get();
        return object != null && object.item() == item ? object : null;
    }

    /// Under the lock: whether a change called `tag` concerns what is known here.
    boolean dependsOn(Object tag) {
        Cached item = known();
        Cached held = held();
        return (item != null && item.tags.contains(tag)) || (held != null && held.tags.contains(tag));
    }

    /// Of a row of which it is not known whether it was overtaken.
    record Unverified(Cached item) {}

    /// What shows an item.
    interface Shows {
        Cached item();
    }

    /// The live object of an entry, weakly held. It does not hold the item: rows remember the live objects
    /// that their references led to, and would hold all that was ever reached.
    static final class Live extends WeakReference<Shows> {
        final CacheEntry entry;
        final List<String> tags;

        Live(Shows object, CacheEntry entry, ReferenceQueue<Object> queue) {
            super(object, queue);
            this.entry = entry;
            this.tags = object.item().tags;
        }

        /// What the object shows, null where nobody holds it any more.
        @Nullable
        Cached item() {
            Shows object = get();
            return object == null ? null : object.item();
        }
    }

    /// The right to bring what a key stands for; others wait for whoever has it.
    static final class Lease {
        final CacheEntry entry;

        /// How many changes had been heard of when it was given.
        final long birth;

        final @Nullable Unverified before;

        /// The item, null where there is none. It fails as the load failed, with [Overtaken] where what
        /// came was older than what is known.
        final CompletableFuture<@Nullable Cached> outcome = new CompletableFuture<>();

        Lease(CacheEntry entry, long birth, @Nullable Unverified before) {
            this.entry = entry;
            this.birth = birth;
            this.before = before;
        }
    }

    /// An answer was older than what this client knows: it has to be asked for again.
    static final class Overtaken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Overtaken() {
            super("older than what is known", null, false, false);
        }
    }
}
