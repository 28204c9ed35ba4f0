package com.databroker.client;

import com.databroker.core.ObjectRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a finder, a count or a cached method gave: references, not rows, which stand under their own keys.
final class Result extends Cached {
    private static final int OVERHEAD = 200;
    private static final int PER_REF = 100;

    final List<ObjectRef> refs;
    final int limit;
    final @Nullable String next;
    final long count;
    final @Nullable Object value;

    Result(
            List<String> tags,
            List<ObjectRef> refs,
            int limit,
            @Nullable String next,
            long count,
            @Nullable Object value) {
        super(tags, UNVERSIONED, OVERHEAD + PER_REF * (refs.size() + tags.size()));
        this.refs = List.copyOf(refs);
        this.limit = limit;
        this.next = next;
        this.count = count;
        this.value = value;
    }

    /// Whether the first `wanted` are in it, or all there are.
    boolean suffices(int wanted) {
        return next == null || wanted <= refs.size();
    }

    @Override
    boolean isSame(Cached other) {
        return other == this;
    }
}
