package com.databroker.client;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Which entries depend on what a tag calls: mostly one, as the tag of a row; many, as results of a finder.
final class TagIndex {
    /// Room for a page at once: tables that grow under it cost as much as a tenth of its arrival.
    static final int AT_FIRST = 8_000;

    // A CacheEntry, or a Set of them where there are more than one.
    private final Map<Object, Object> byTag = new ConcurrentHashMap<>(AT_FIRST);

    void add(CacheEntry entry, Cached item) {
        for (Object tag : item.tags) {
            // A row that comes has a tag that nobody has, or which it had before.
            Object first = byTag.putIfAbsent(tag, entry);
            if (first == null || first == entry) {
                continue;
            }
            byTag.compute(tag, (absent, there) -> {
                if (there == null || there == entry) {
                    return entry;
                }
                Set<Object> many = many(there);
                many.add(entry);
                return many;
            });
        }
    }

    @SuppressWarnings("unchecked")
    private static Set<Object> many(Object there) {
        if (there instanceof Set<?> set) {
            return (Set<Object>) set;
        }
        Set<Object> many = ConcurrentHashMap.newKeySet();
        many.add(there);
        return many;
    }

    /// Under the lock of the entry: takes it out of those tags that nothing in it depends on any more.
    void remove(CacheEntry entry, List<String> tags) {
        for (String tag : tags) {
            if (!entry.dependsOn(tag)) {
                byTag.computeIfPresent(tag, (present, there) -> {
                    if (there instanceof Set<?> set) {
                        set.remove(entry);
                        return set.isEmpty() ? null : set;
                    }
                    return there == entry ? null : there;
                });
            }
        }
    }

    /// Those that depend on it now.
    List<CacheEntry> dependents(Object tag) {
        Object there = byTag.get(tag);
        if (there instanceof Set<?> set) {
            return set.stream().map(CacheEntry.class::cast).toList();
        }
        return there == null ? List.of() : List.of((CacheEntry) there);
    }

    int size() {
        return byTag.size();
    }
}
