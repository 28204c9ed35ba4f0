package com.databroker.events;

import com.databroker.core.Bytes;
import com.databroker.core.Event;
import com.databroker.core.Position;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A stretch of the log: events with consecutive offsets, their bytes one after the other.
///
/// ```
/// bytes   | 01 len topic | 00 len payload | 01 len topic | 02 len8 payload | …
///         ^ start[0]     ^                ^ start[1]     ^                 ^ start[2]
///                        payload frame begins at split[0]
/// ```
/// Every event stands there as ZeroMQ's two frames, so that a run of events is one slice to send. One appender writes,
/// under the log's lock; readers see entries below the log's head, which is published after them. Memory is counted by
/// references of its own: a reader must not touch the buffer of a segment that was let go, and a pooled buffer's own
/// count starts anew when it is reused.
final class Segment {
    /// What one event costs beside its bytes: five array entries.
    static final int ENTRY_OVERHEAD = 32;

    /// Offset of the first event.
    final long base;

    final ByteBuf bytes;
    private final SegmentPool pool;
    private final AtomicInteger references = new AtomicInteger(1);

    int count;
    int[] start;
    int[] split;
    long[] time;
    Topic[] topic;
    EventMeta[] meta;

    /// Set when this segment is full and will not grow; its count is final then.
    volatile @Nullable Segment next;

    /// @param entries room for so many at first
    Segment(long base, ByteBuf bytes, int entries, SegmentPool pool) {
        this.base = base;
        this.bytes = bytes;
        this.pool = pool;
        this.start = new int[entries + 1];
        this.split = new int[entries];
        this.time = new long[entries];
        this.topic = new Topic[entries];
        this.meta = new EventMeta[entries];
    }

    /// A new life of memory that an older segment has left.
    Segment(long base, Segment old) {
        this.base = base;
        this.bytes = old.bytes.clear();
        this.pool = old.pool;
        this.start = old.start;
        this.split = old.split;
        this.time = old.time;
        this.topic = old.topic;
        this.meta = old.meta;
    }

    void add(Topic eventTopic, EventMeta eventMeta, long millis, int payloadFrame, int end) {
        int entry = count;
        if (entry == time.length) {
            grow();
        }
        topic[entry] = eventTopic;
        meta[entry] = eventMeta;
        time[entry] = millis;
        split[entry] = payloadFrame;
        start[entry + 1] = end;
        count = entry + 1;
    }

    private void grow() {
        int size = time.length * 2;
        start = Arrays.copyOf(start, size + 1);
        split = Arrays.copyOf(split, size);
        time = Arrays.copyOf(time, size);
        topic = Arrays.copyOf(topic, size);
        meta = Arrays.copyOf(meta, size);
    }

    /// Takes a reference for reading; false where the segment was let go.
    boolean tryRetain() {
        for (int now = references.get(); now > 0; now = references.get()) {
            if (references.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    void release() {
        if (references.decrementAndGet() == 0) {
            pool.retire(this);
        }
    }

    int used() {
        return start[count];
    }

    /// Copies one entry out as an event, for the forms that are not ZeroMQ's own.
    Event event(int entry, long epoch) {
        int frame = split[entry];
        int payload = frame + Zmtp.headerLength(bytes.getByte(frame));
        byte[] copy = new byte[start[entry + 1] - payload];
        bytes.getBytes(payload, copy);
        EventMeta about = meta[entry];
        return new Event(
                new Position(epoch, base + entry),
                Instant.ofEpochMilli(time[entry]),
                about.principal(),
                new Publication(topic[entry], Bytes.wrap(copy), about.contentType(), about.attributes()));
    }
}
