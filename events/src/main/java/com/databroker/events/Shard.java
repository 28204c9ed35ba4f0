package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.core.Topic;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The subscribers of one event loop, and the loop's own cursor over the log.
///
/// Publishing wakes every shard at most once until it has drained: what arrived meanwhile is sent in one go. For each
/// stretch of entries with the same receivers one slice is written per receiver and flushed once; that, and nothing
/// per message, is what a delivery costs. Everything here happens on the loop, except [#wake].
final class Shard {
    private static final int ROUTES_MAX = 1 << 16;
    private static final int STALL_SWEEPS = 6;

    final EventLoop loop;
    private final EventLog log;
    private final SubscriptionIndex index = new SubscriptionIndex();
    private final Set<Subscriber> subscribers = new HashSet<>();
    private final Map<Topic, Route> routes = new HashMap<>();
    private final Map<Set<Subscriber>, Route> routesByReceivers = new HashMap<>();
    private final Map<Form, Encoded> encoded = new HashMap<>();
    private final List<Subscriber> touched = new ArrayList<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Runnable drain = this::drain;

    private final EncodedBlocks blocks;

    /// Readers that are not live, each with how many sweeps ago it last took something.
    private final Map<Subscriber, Stall> behind = new HashMap<>();

    private @Nullable Segment current;
    private long cursor;
    private volatile long slowest = Long.MAX_VALUE;
    private volatile long reached;

    Shard(EventLoop loop, EventLog log) {
        this.loop = loop;
        this.log = log;
        this.cursor = log.head();
        this.reached = cursor;
        this.blocks = new EncodedBlocks(log.epoch());
    }

    /// Any thread: events were published.
    void wake() {
        // Volatile on purpose: the head was written before this is read, so either the drain sees it or we wake it.
        if (!woken.get() && woken.compareAndSet(false, true)) {
            loop.execute(drain);
        }
    }

    /// Any thread: done when what was published before is written to all who keep up.
    Future<?> flush() {
        return loop.submit(drain);
    }

    long cursor() {
        return cursor;
    }

    EventLog log() {
        return log;
    }

    void add(Subscriber subscriber) {
        drain();
        subscribers.add(subscriber);
    }

    void remove(Subscriber subscriber) {
        subscribers.remove(subscriber);
        caughtUp(subscriber);
        forgetRoutes();
    }

    void subscribe(Filter filter, Subscriber subscriber) {
        // What was published before the subscription is not its business.
        drain();
        index.add(filter, subscriber);
        forgetRoutes();
    }

    void unsubscribe(Filter filter, Subscriber subscriber) {
        index.remove(filter, subscriber);
        forgetRoutes();
    }

    void fellBehind(Subscriber subscriber) {
        behind.put(subscriber, new Stall());
        findSlowest();
    }

    void caughtUp(Subscriber subscriber) {
        if (behind.remove(subscriber) != null) {
            findSlowest();
            if (behind.isEmpty()) {
                blocks.close();
            }
        }
    }

    /// What readers who are behind share.
    EncodedBlocks blocks() {
        return blocks;
    }

    /// Any thread: offset of the reader that is furthest behind and still reads; none is [Long#MAX_VALUE].
    long slowest() {
        // The loop itself may be behind all of them, with no turn on a busy machine.
        return Math.min(slowest, reached);
    }

    /// Twice a second: a reader that takes nothing any more is no reason to wait.
    void sweep() {
        behind.forEach((subscriber, stall) -> stall.look(subscriber.cursor()));
        findSlowest();
    }

    private void findSlowest() {
        long least = Long.MAX_VALUE;
        for (Map.Entry<Subscriber, Stall> entry : behind.entrySet()) {
            if (entry.getValue().sweeps < STALL_SWEEPS && !entry.getKey().isInThePast()) {
                least = Math.min(least, entry.getKey().cursor());
            }
        }
        slowest = least;
    }

    private static final class Stall {
        private long seen = -1;
        private int sweeps;

        void look(long cursor) {
            sweeps = cursor == seen ? sweeps + 1 : 0;
            seen = cursor;
        }
    }

    /// Subscriptions or grants changed.
    void forgetRoutes() {
        routes.clear();
        routesByReceivers.clear();
    }

    Route route(Topic topic) {
        Route route = routes.get(topic);
        if (route == null) {
            if (routes.size() >= ROUTES_MAX) {
                forgetRoutes();
            }
            Set<Subscriber> receivers = index.matching(topic);
            receivers.removeIf(subscriber -> !subscriber.session().principal().may(Action.SUBSCRIBE, topic));
            route = routesByReceivers.computeIfAbsent(receivers, Route::new);
            routes.put(topic, route);
        }
        return route;
    }

    void drain() {
        woken.set(false);
        long head = log.head();
        while (cursor < head) {
            Segment segment = here();
            if (segment == null) {
                skipAll();
            } else {
                deliver(segment, head);
            }
        }
        reached = cursor;
    }

    /// The segment at the cursor. One is kept retained between drains, so that a drain need not search for it.
    private @Nullable Segment here() {
        Segment segment = current;
        if (segment != null) {
            Segment next = segment.next;
            if (next == null || cursor < next.base) {
                return segment;
            }
            segment.release();
        }
        current = log.retained(cursor);
        return current;
    }

    /// The window moved past this loop: every live subscriber finds its gap when it catches up.
    private void skipAll() {
        long lost = cursor;
        cursor = Math.max(cursor + 1, log.tail());
        for (Subscriber subscriber : List.copyOf(subscribers)) {
            subscriber.leaveBehind(lost);
            loop.execute(subscriber::resume);
        }
    }

    private void deliver(Segment segment, long head) {
        int from = (int) (cursor - segment.base);
        int to = end(segment, head);
        int at = from;
        while (at < to) {
            Route route = route(segment.topic[at]);
            int limit = route.isEncoded() ? Math.min(to, at + Subscriber.ENCODED_AT_ONCE) : to;
            int runEnd = sameRoute(segment, route, at + 1, limit);
            for (Subscriber subscriber : route.subscribers) {
                if (subscriber.offer(segment, at, runEnd)) {
                    touched.add(subscriber);
                }
            }
            at = runEnd;
        }
        cursor = segment.base + to;
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).endBatch();
        }
        touched.clear();
        encoded.values().forEach(Encoded::release);
    }

    /// Index behind the last entry of `segment` that lies before `head`.
    static int end(Segment segment, long head) {
        long last = segment.next == null ? head : Math.min(head, segment.base + segment.count);
        return (int) (last - segment.base);
    }

    // The same topic object is the same topic, and a different one is looked up.
    @SuppressWarnings("ReferenceEquality")
    private int sameRoute(Segment segment, Route route, int from, int to) {
        int at = from;
        Topic before = segment.topic[from - 1];
        while (at < to) {
            Topic topic = segment.topic[at];
            if (topic != before && route(topic) != route) {
                break;
            }
            before = topic;
            at++;
        }
        return at;
    }

    /// The frames of a run in `form`, made once for all live subscribers of the loop.
    ByteBuf encode(Form form, Segment segment, int from, int to) {
        return encoded.computeIfAbsent(form, Encoded::new).frames(segment, from, to, log.epoch());
    }

    void close() {
        Segment segment = current;
        if (segment != null) {
            segment.release();
            current = null;
        }
        encoded.values().forEach(Encoded::release);
        blocks.close();
    }

    /// The last run that was encoded in one form.
    private static final class Encoded {
        private final Form form;
        private @Nullable ByteBuf frames;
        private @Nullable Segment segment;
        private int from;
        private int to;

        Encoded(Form form) {
            this.form = form;
        }

        ByteBuf frames(Segment of, int first, int end, long epoch) {
            ByteBuf ready = frames;
            if (ready != null && segment == of && from == first && to == end) {
                return ready;
            }
            release();
            ByteBuf out = EncodedRun.encode(form, of, first, end, epoch);
            frames = out;
            segment = of;
            from = first;
            to = end;
            return out;
        }

        void release() {
            ByteBuf old = frames;
            if (old != null) {
                frames = null;
                segment = null;
                old.release();
            }
        }
    }
}
