package com.databroker.client;

import java.util.List;

/// What a [RowCache] holds under one key: the row of an object, or the result of a finder, a count or a
/// method.
///
/// Never written to after it was made, but for the mark that a newer one exists.
abstract class Cached {
    /// Version of what has none: only the lease and the position tell whether it may be kept.
    static final long UNVERSIONED = 0;

    /// By which the broker calls a change of it.
    final List<String> tags;

    /// Greater for a later state of the same object, or [#UNVERSIONED].
    final long version;

    /// Bytes it takes, by estimate.
    final int weight;

    private volatile boolean obsolete;

    /// When it was taken last, counted with the news: what was known by then it is not older than.
    private volatile long admitted;

    Cached(List<String> tags, long version, int weight) {
        this.tags = List.copyOf(tags);
        this.version = version;
        this.weight = weight;
    }

    boolean isVersioned() {
        return version > UNVERSIONED;
    }

    /// Whether it says the same as another under the same key.
    abstract boolean isSame(Cached other);

    /// Whether something newer is known to exist.
    boolean isObsolete() {
        return obsolete;
    }

    void admitted(long arrivals) {
        admitted = arrivals;
    }

    /// A greater version that was known when this was taken was one of before it was deleted and made anew.
    boolean isOlderThan(Tombstones.Tombstone known) {
        return isVersioned() && known.version() > version && known.newest() > admitted;
    }

    void overtaken() {
        obsolete = true;
    }
}
