package com.databroker.events;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Memory of segments, used again in a circle.
///
/// A log lets go of memory as fast as it takes new. A general allocator gives such memory back to the operating system,
/// which clears every page before it hands it out again (RATIONALE.md).
final class SegmentPool {
    private static final int RETIRED_MAX = 16;
    private static final int ENTRIES_AT_FIRST = 256;

    private final int segmentBytes;
    private final Deque<Segment> retired = new ArrayDeque<>();
    private boolean closed;

    SegmentPool(int segmentBytes) {
        this.segmentBytes = segmentBytes;
    }

    /// A segment with room for `needed` bytes, or the usual size where that is more.
    Segment segment(long base, int needed) {
        Segment old = needed > segmentBytes ? null : reusable();
        if (old != null) {
            return new Segment(base, old);
        }
        int size = Math.max(segmentBytes, needed);
        ByteBuf bytes = Unpooled.directBuffer(size, size);
        return new Segment(base, bytes, ENTRIES_AT_FIRST, this);
    }

    /// The one that was retired first, when no connection is still sending from it.
    private synchronized @Nullable Segment reusable() {
        Segment oldest = retired.peek();
        return oldest != null && oldest.bytes.refCnt() == 1 ? retired.poll() : null;
    }

    /// Takes back a segment that nobody reads any more; slices of it may still be on their way out.
    void retire(Segment segment) {
        Segment surplus = null;
        synchronized (this) {
            if (closed || segment.bytes.capacity() != segmentBytes) {
                surplus = segment;
            } else {
                retired.add(segment);
                surplus = retired.size() > RETIRED_MAX ? retired.poll() : null;
            }
        }
        if (surplus != null) {
            surplus.bytes.release();
        }
    }

    synchronized void close() {
        closed = true;
        retired.forEach(segment -> segment.bytes.release());
        retired.clear();
    }
}
