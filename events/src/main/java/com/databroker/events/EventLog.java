package com.databroker.events;

import com.databroker.core.Position;
import com.databroker.core.Topic;
import io.netty.buffer.ByteBuf;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The replay window: the newest events, bounded in bytes and age, in segments that are linked from old to new.
///
/// One appender at a time holds the lock, for a whole read of its connection; readers take no lock. `head` is written
/// after the entries below it, and read before them.
final class EventLog implements AutoCloseable {
    static final int SEGMENT_BYTES = 256 << 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final SegmentPool pool = new SegmentPool(SEGMENT_BYTES);
    private final InstantSource clock;
    private final long windowBytes;
    private final long windowMillis;
    private final long epoch;
    private final Appender appender = new Appender();

    private volatile Segment first;
    private volatile long head;
    private volatile long heldAtCommit;
    private Segment last;
    private long held;
    private boolean closed;

    EventLog(EventsConfig config, InstantSource clock) {
        this.clock = clock;
        this.windowBytes = config.window().bytes();
        this.windowMillis = config.windowAge().toMillis();
        this.epoch = clock.millis();
        this.last = pool.segment(0, 0);
        this.first = last;
    }

    long epoch() {
        return epoch;
    }

    /// Offset of the event that comes next.
    long head() {
        return head;
    }

    /// Offset of the oldest event that is held, or [#head] where none is.
    long tail() {
        return first.base;
    }

    Position position(long offset) {
        return new Position(epoch, offset);
    }

    /// Bytes held at the last commit, with what each event costs beside its own.
    long heldBytes() {
        return heldAtCommit;
    }

    /// When the oldest event that is held was published, in milliseconds; -1 where none is held.
    long oldestMillis() {
        lock.lock();
        try {
            return first.count == 0 ? -1 : first.time[0];
        } finally {
            lock.unlock();
        }
    }

    /// Whether the next events will push out old ones soon.
    boolean isNearlyFull() {
        return heldAtCommit > windowBytes / 4 * 3;
    }

    /// The segment with this offset, retained for the caller; null where the window has moved past it.
    @Nullable
    Segment retained(long offset) {
        Segment segment = first;
        while (segment != null && offset >= segment.base) {
            Segment next = segment.next;
            if (next == null || offset < next.base) {
                return segment.tryRetain() ? segment : null;
            }
            segment = next;
        }
        return null;
    }

    /// Takes the lock; [Appender#commit] gives it back and must be called.
    Appender begin() {
        lock.lock();
        appender.millis = clock.millis();
        return appender;
    }

    /// Lets go of what is older than the window's age.
    void sweep() {
        lock.lock();
        try {
            long oldest = clock.millis() - windowMillis;
            while (first != last && (first.count == 0 || first.time[first.count - 1] < oldest)) {
                evict();
            }
            if (first == last && last.count > 0 && last.time[last.count - 1] < oldest) {
                roll(0);
                evict();
            }
            heldAtCommit = held;
        } finally {
            lock.unlock();
        }
    }

    private void roll(int needed) {
        Segment fresh = pool.segment(last.base + last.count, needed);
        last.next = fresh;
        last = fresh;
    }

    private void evict() {
        Segment gone = first;
        Segment next = gone.next;
        if (next != null) {
            held -= gone.used() + (long) gone.count * Segment.ENTRY_OVERHEAD;
            first = next;
            gone.release();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                for (Segment segment = first; segment != null; segment = segment.next) {
                    segment.release();
                }
                pool.close();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Adds events in one go, under the lock.
    ///
    /// Messages that lie one after the other in the input in ZeroMQ's shortest form are copied as one piece.
    final class Appender {
        private long millis;
        private @Nullable ByteBuf source;
        private int sourceStart;
        private int sourceEnd;

        private Appender() {}

        /// Adds a message that stands in `in` from `from` to `to` in shortest form.
        ///
        /// @param payloadFrame index in `in` at which the second frame begins
        // The same buffer, not an equal one, is meant.
        @SuppressWarnings("ReferenceEquality")
        void add(Topic topic, EventMeta meta, ByteBuf in, int from, int payloadFrame, int to) {
            if (source != in || sourceEnd != from || !fits(to - sourceStart)) {
                copy();
                room(to - from);
                source = in;
                sourceStart = from;
            }
            sourceEnd = to;
            int shift = last.bytes.writerIndex() - sourceStart;
            last.add(topic, meta, millis, payloadFrame + shift, to + shift);
            account(to - from);
        }

        /// Adds a message from its parts.
        ///
        /// @return the offset it got
        long add(Topic topic, EventMeta meta, ByteBuf payload) {
            copy();
            byte[] name = topic.utf8();
            int length = payload.readableBytes();
            int total = Zmtp.frameLength(name.length) + Zmtp.frameLength(length);
            room(total);
            ByteBuf out = last.bytes;
            Zmtp.writeHeader(out, Zmtp.MORE, name.length);
            out.writeBytes(name);
            int frame = out.writerIndex();
            Zmtp.writeHeader(out, 0, length);
            out.writeBytes(payload, payload.readerIndex(), length);
            last.add(topic, meta, millis, frame, out.writerIndex());
            account(total);
            return last.base + last.count - 1;
        }

        /// Publishes what was added and gives the lock back.
        ///
        /// @return the offset of the next event
        long commit() {
            try {
                copy();
                heldAtCommit = held;
                head = last.base + last.count;
                return head;
            } finally {
                lock.unlock();
            }
        }

        private boolean fits(int length) {
            return last.bytes.writableBytes() >= length;
        }

        private void copy() {
            ByteBuf from = source;
            if (from != null) {
                last.bytes.writeBytes(from, sourceStart, sourceEnd - sourceStart);
                source = null;
            }
        }

        private void room(int length) {
            if (closed) {
                throw new IllegalStateException("the log is closed");
            }
            if (!fits(length)) {
                // What is let go first may be the memory of what comes.
                while (held > windowBytes && first != last) {
                    evict();
                }
                roll(length);
            }
        }

        private void account(int length) {
            held += length + Segment.ENTRY_OVERHEAD;
        }
    }
}
