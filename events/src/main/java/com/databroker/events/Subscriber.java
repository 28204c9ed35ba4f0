package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.access.Session;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Topic;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One connection's subscriptions and its place in the log. All calls come on the connection's event loop.
///
/// *Live*: the shard offers it what matches. *Behind*: it stands at its own cursor, because its connection took no more
/// or because it asked for the past, and reads from there until it has caught up. An event reaches it once, however
/// many
/// of its subscriptions match.
public final class Subscriber implements AutoCloseable {
    /// Below this a copy is cheaper than a slice, and pins no segment.
    private static final int SLICE_MIN = 16 << 10;

    private static final int GATHERED_AT_FIRST = 2048;

    /// Entries that are encoded before the connection is asked again whether it takes more.
    static final int ENCODED_AT_ONCE = 256;

    private static final int SEGMENTS_PER_TURN = 2;

    /// How long whoever looks at connections waits for one of them.
    private static final long TRAFFIC_MILLIS = 200;

    private final EventPlane plane;
    private final Shard shard;
    private final Session session;
    private Form form;
    private final Outlet outlet;
    private final int subscriptionsMax;
    private final DoorCounters counters;

    /// Each filter with the first offset that it wants.
    private final Map<Filter, Long> filters = new LinkedHashMap<>();

    private boolean live = true;
    private boolean catchingUp;
    private boolean closed;
    private long cursor;

    /// Below this offset filters differ in what they want; at and above it routes tell.
    private long rewoundTo;

    private long toldEpoch = -1;

    private @Nullable ByteBuf run;
    private int runStart;
    private int runEnd;
    private @Nullable ByteBuf gathered;
    private long batch;
    private boolean inBatch;
    private long delivered;
    private long bytes;
    private long lost;

    Subscriber(EventPlane plane, Shard shard, Session session, Form form, Outlet outlet, int subscriptionsMax) {
        this.plane = plane;
        this.shard = shard;
        this.session = session;
        this.form = form;
        this.outlet = outlet;
        this.subscriptionsMax = subscriptionsMax;
        this.counters = plane.counters(outlet.door());
        shard.add(this);
        session.measuredBy(this::traffic);
    }

    /// From any other thread, which waits for the loop, but not for long where that is busy.
    private Session.@Nullable Traffic traffic() {
        try {
            return shard.loop.submit(this::measured).get(TRAFFIC_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException | TimeoutException | RejectedExecutionException busyOrGone) {
            return null;
        }
    }

    private Session.Traffic measured() {
        long lag = live ? 0 : Math.max(0, shard.log().head() - cursor);
        return new Session.Traffic(filters.keySet().stream().map(Filter::text).toList(), lag, delivered, bytes, lost);
    }

    Session session() {
        return session;
    }

    /// Whether its form is not the log's own.
    // The log's form itself is meant.
    @SuppressWarnings("ReferenceEquality")
    boolean isEncoded() {
        return form != Form.ZMTP;
    }

    Outlet outlet() {
        return outlet;
    }

    /// Subscribes to a pattern; once more to the same one only matters with `since`.
    ///
    /// @param since deliver first what came after this position; null for what comes from now on
    /// @return the position from which on events are delivered
    /// @throws ProblemException [Problem#FORBIDDEN] where no grant could let anything through,
    ///     [Problem#TOO_MANY_SUBSCRIPTIONS], [Problem#POSITION_INVALID] for a position that is not yet
    public Position subscribe(Pattern pattern, @Nullable Position since) {
        if (!session.principal().mayOverlap(Action.SUBSCRIBE, pattern)) {
            throw new ProblemException(
                    Problem.FORBIDDEN, session.principal().name() + " may not subscribe to " + pattern);
        }
        return subscribe(new Filter.Glob(pattern), since);
    }

    /// Goes back with every subscription of the connection.
    void rewindAll(Position since) {
        for (Filter filter : java.util.List.copyOf(filters.keySet())) {
            subscribe(filter, since);
        }
    }

    /// Says events in another form from the next one on.
    void form(Form other) {
        form = other;
        shard.forgetRoutes();
    }

    /// Subscribes to all topics that begin with these bytes, one character a byte.
    Position subscribePrefix(String prefix, @Nullable Position since) {
        return subscribe(new Filter.Prefix(prefix), since);
    }

    private Position subscribe(Filter filter, @Nullable Position since) {
        if (!filters.containsKey(filter) && filters.size() >= subscriptionsMax) {
            throw new ProblemException(
                    Problem.TOO_MANY_SUBSCRIPTIONS,
                    "the connection has " + filters.size() + " subscriptions (limit events.subscriptions-max)");
        }
        if (since == null && filters.containsKey(filter)) {
            // It stands already, perhaps with a past still to be read.
            return shard.log().position(shard.log().head());
        }
        long from = since == null ? shard.log().head() : startAfter(since);
        if (filters.put(filter, from) == null) {
            shard.subscribe(filter, this);
        } else {
            shard.drain();
        }
        if (since != null && from < shard.cursor()) {
            rewind(filter, from);
        } else if (!live) {
            rewoundTo = Math.max(rewoundTo, from);
        }
        return shard.log().position(from);
    }

    private long startAfter(Position since) {
        EventLog log = shard.log();
        if (since.epoch() != log.epoch()) {
            long tail = log.tail();
            if (since.epoch() != toldEpoch) {
                // Once, however many subscriptions come back from the broker's earlier life.
                toldEpoch = since.epoch();
                outlet.gap(since, log.position(tail), -1);
                outlet.flush();
            }
            return tail;
        }
        if (since.offset() >= log.head()) {
            throw new ProblemException(
                    Problem.POSITION_INVALID,
                    "position " + since + " has not been given yet; the next is " + log.position(log.head()));
        }
        return since.offset() + 1;
    }

    /// Goes back for one filter; the others have seen what lies before their own place.
    private void rewind(Filter filter, long from) {
        long seen = live ? shard.cursor() : cursor;
        filters.replaceAll((other, offset) -> other.equals(filter) ? from : Math.max(offset, seen));
        rewoundTo = Math.max(rewoundTo, seen);
        live = false;
        cursor = Math.min(from, seen);
        shard.fellBehind(this);
        shard.loop.execute(this::resume);
    }

    public void unsubscribe(Pattern pattern) {
        unsubscribe(new Filter.Glob(pattern));
    }

    void unsubscribePrefix(String prefix) {
        unsubscribe(new Filter.Prefix(prefix));
    }

    private void unsubscribe(Filter filter) {
        if (filters.remove(filter) != null) {
            shard.unsubscribe(filter, this);
        }
    }

    /// Offers a run of entries that this subscriber shall get.
    ///
    /// @return whether this is the first of the batch, so that [#endBatch] is due
    boolean offer(Segment segment, int from, int to) {
        if (!live) {
            return false;
        }
        if (!outlet.isWritable()) {
            leaveBehind(segment.base + from);
            return false;
        }
        append(segment, from, to, false);
        boolean first = !inBatch;
        inBatch = true;
        return first;
    }

    // The log's form and the segment's buffer themselves are meant.
    @SuppressWarnings("ReferenceEquality")
    private void append(Segment segment, int from, int to, boolean alone) {
        batch += to - from;
        if (form == Form.ZMTP) {
            int start = segment.start[from];
            if (run != segment.bytes || runEnd != start) {
                endRun();
                run = segment.bytes;
                runStart = start;
            }
            runEnd = segment.start[to];
        } else if (alone) {
            ByteBuf frames =
                    EncodedRun.encode(form, segment, from, to, shard.log().epoch());
            bytes += frames.readableBytes();
            outlet.write(frames);
        } else {
            ByteBuf frames = shard.encode(form, segment, from, to);
            send(frames, frames.readerIndex(), frames.writerIndex());
        }
    }

    private void send(ByteBuf frames, int start, int end) {
        endRun();
        run = frames;
        runStart = start;
        runEnd = end;
        endRun();
    }

    private void endRun() {
        ByteBuf from = run;
        if (from == null) {
            return;
        }
        run = null;
        int length = runEnd - runStart;
        bytes += length;
        ByteBuf small = gathered;
        if (length >= SLICE_MIN) {
            writeGathered();
            outlet.write(from.retainedSlice(runStart, length));
        } else if (small == null) {
            gathered = PooledByteBufAllocator.DEFAULT
                    .directBuffer(Math.max(length, GATHERED_AT_FIRST))
                    .writeBytes(from, runStart, length);
        } else {
            small.writeBytes(from, runStart, length);
        }
    }

    private void writeGathered() {
        ByteBuf small = gathered;
        if (small != null) {
            gathered = null;
            outlet.write(small);
        }
    }

    /// Sends what was offered since the last call.
    void endBatch() {
        inBatch = false;
        endRun();
        writeGathered();
        counters.delivered.add(batch);
        delivered += batch;
        batch = 0;
        if (!closed) {
            outlet.flush();
        }
    }

    void leaveBehind(long offset) {
        if (live) {
            live = false;
            cursor = offset;
            shard.fellBehind(this);
        }
    }

    /// Whether what it still has to read is a past that it asked for: skipping that is told, but no loss.
    boolean isInThePast() {
        return cursor < rewoundTo;
    }

    /// Where it stands while it is not live.
    long cursor() {
        return cursor;
    }

    /// The connection takes data again, or there is a past to read.
    public void resume() {
        if (live || closed || catchingUp) {
            return;
        }
        catchingUp = true;
        try {
            int segments = 0;
            while (cursor < shard.cursor() && outlet.isWritable() && segments++ < SEGMENTS_PER_TURN) {
                Segment segment = shard.log().retained(cursor);
                if (segment == null) {
                    skipGap();
                } else {
                    try {
                        read(segment);
                    } finally {
                        segment.release();
                    }
                }
            }
            endBatch();
        } finally {
            catchingUp = false;
        }
        if (cursor >= shard.cursor()) {
            live = true;
            shard.caughtUp(this);
        } else if (outlet.isWritable()) {
            // Others of this loop come first now.
            shard.loop.execute(this::resume);
        }
    }

    private void read(Segment segment) {
        int to = Shard.end(segment, shard.cursor());
        int at = (int) (cursor - segment.base);
        while (at < to && outlet.isWritable()) {
            boolean wanted = wants(segment, at);
            int limit = isEncoded() ? Math.min(to, at + ENCODED_AT_ONCE) : to;
            int runStop = at + 1;
            while (runStop < limit && wants(segment, runStop) == wanted) {
                runStop++;
            }
            if (wanted) {
                append(segment, at, runStop, true);
            }
            at = runStop;
        }
        cursor = segment.base + at;
        endRun();
        writeGathered();
    }

    private boolean wants(Segment segment, int entry) {
        Topic topic = segment.topic[entry];
        long offset = segment.base + entry;
        if (!shard.route(topic).contains(this)) {
            return false;
        }
        if (offset >= rewoundTo) {
            return true;
        }
        for (Map.Entry<Filter, Long> filter : filters.entrySet()) {
            if (filter.getValue() <= offset && filter.getKey().matches(topic)) {
                return true;
            }
        }
        return false;
    }

    private void skipGap() {
        EventLog log = shard.log();
        long tail = Math.max(cursor + 1, log.tail());
        long gone = tail - cursor;
        boolean asked = cursor < rewoundTo;
        outlet.gap(log.position(cursor), log.position(tail), gone);
        cursor = tail;
        if (!asked) {
            lost += gone;
            counters.lost.add(gone);
            plane.tellSlow(this, gone);
        }
    }

    /// Gives everything up; the connection is closed by its door.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        live = false;
        filters.keySet().forEach(filter -> shard.unsubscribe(filter, this));
        filters.clear();
        shard.remove(this);
        run = null;
        ByteBuf small = gathered;
        if (small != null) {
            gathered = null;
            small.release();
        }
    }
}
