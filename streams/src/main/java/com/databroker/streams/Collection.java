package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has every collector do its next step when it is time for it.
///
/// Collectors that share a lease take turns, those of different ones do not wait for one another. What is kept of
/// each goes in the transaction of the records that it found:
///
/// ```
///   <stream>/collector/<name>   {"for": "<its configuration>", "next": "<time>", "failures": 0,
///                                "limited": "<time>", "cursor": {…}}
/// ```
/// `next` is missing where it has ended, `limited` where nobody asked to wait. So after a restart, nobody is asked
/// earlier than they would have been without.
final class Collection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Collection.class);
    /// Looks at the clock again after that time, since it may be set.
    private static final Duration WAIT_MOST = Duration.ofMinutes(1);
    private static final Duration JITTER_MOST = Duration.ofMinutes(1);
    private static final int JITTER_PART = 20;

    private final PoliteHttp http;
    private final Kept kept;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, List<Held>> leases = new LinkedHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean closed;

    /// Where records and cursors are kept.
    interface Kept {
        Optional<Bytes> cursor(String key);

        /// Both, or neither.
        ///
        /// @return what came of the bodies
        Ingest.Progress take(String stream, List<Body> bodies, String key, Bytes cursor) throws IOException;
    }

    Collection(List<Collector> collectors, PoliteHttp http, Kept kept, InstantSource clock, RandomGenerator random) {
        this.http = http;
        this.kept = kept;
        this.clock = clock;
        this.random = random;
        for (Collector collector : collectors) {
            Held held = new Held(collector);
            held.read(kept.cursor(held.key()));
            leases.computeIfAbsent(collector.lease(), fresh -> new ArrayList<>())
                    .add(held);
        }
    }

    void start() {
        leases.forEach((lease, held) ->
                threads.add(Thread.ofVirtual().name("collect-" + lease).start(() -> run(held))));
    }

    /// How each does, in no particular order.
    List<CollectorStatus> status() {
        lock.lock();
        try {
            return leases.values().stream()
                    .flatMap(List::stream)
                    .map(Held::status)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /// Has a collector do its next step now, where whom it asks allows it: its wait is over, or is only ours after
    /// failures.
    ///
    /// @return how it does before that; its count of steps grows when it is done. Where its next step is later than
    ///     now, that is when it may be
    /// @throws IllegalArgumentException where there is none of that name
    CollectorStatus ask(String name) {
        lock.lock();
        try {
            Held held = leases.values().stream()
                    .flatMap(List::stream)
                    .filter(each -> each.collector.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(name));
            Instant now = clock.instant();
            Instant limited = http.limited(held.collector.lease());
            boolean waits = held.failures > 0 && limited == null && !held.due.isAfter(now);
            if (held.next != null && waits && held.next.isAfter(now)) {
                held.next = now;
                changed.signalAll();
            }
            return held.status();
        } finally {
            lock.unlock();
        }
    }

    private void run(List<Held> turns) {
        try {
            for (Held next = await(turns); next != null; next = await(turns)) {
                step(next);
            }
        } catch (InterruptedException end) {
            // The plane closes; the cursors say where to go on.
            Thread.currentThread().interrupt();
        }
    }

    /// Does every step that is due now, one after the other, each collector once.
    void stepDue() {
        for (List<Held> turns : leases.values()) {
            for (Held held : turns) {
                if (held.next != null && !held.next.isAfter(clock.instant())) {
                    step(held);
                }
            }
        }
    }

    private @Nullable Held earliest(List<Held> turns) {
        Held earliest = null;
        Instant first = Instant.MAX;
        for (Held held : turns) {
            Instant next = held.next;
            if (next != null && next.isBefore(first)) {
                earliest = held;
                first = next;
            }
        }
        return earliest;
    }

    /// The first whose time has come; null where everything ends.
    private @Nullable Held await(List<Held> turns) throws InterruptedException {
        lock.lock();
        try {
            while (!closed) {
                Held held = earliest(turns);
                Instant next = held == null ? null : held.next;
                if (next == null) {
                    // All have ended.
                    return null;
                }
                Duration left = Duration.between(clock.instant(), next);
                if (!left.isPositive()) {
                    return held;
                }
                changed.awaitNanos((left.compareTo(WAIT_MOST) < 0 ? left : WAIT_MOST).toNanos());
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void step(Held held) {
        Instant until = held.collector.isLocal() ? null : http.limited(held.collector.lease());
        if (until != null) {
            // Another one was asked to wait, and this one did not fail: it has its turn when all may ask again.
            held.put(jittered(until));
            return;
        }
        Polling polling = new Polling(held.cursor, clock, http);
        try {
            Collector.Polled polled = held.collector.poll(polling);
            try {
                found(held, polling, polled);
            } finally {
                for (Body body : polled.bodies()) {
                    body.bytes().close();
                }
            }
        } catch (LimitedException limited) {
            failed(held, polling, limited, limited.until());
        } catch (IOException | RuntimeException failed) {
            // Whatever is wrong with one collector, the others go on.
            failed(held, polling, failed, null);
        }
    }

    private void found(Held held, Polling polling, Collector.Polled polled) throws IOException {
        String trouble = polled.failure();
        int failures = trouble == null ? 0 : held.failures + 1;
        Instant next = trouble == null ? jittered(polled.next()) : afterFailures(held, failures, null);
        if (next != null && trouble == null) {
            // It was asked, whether or not the answer can be kept.
            held.due = next;
        }
        boolean found = !polled.bodies().isEmpty() || !polled.cursor().equals(held.cursor);
        Ingest.Progress brought = Ingest.Progress.NONE;
        if (found || !held.collector.isLocal()) {
            Bytes now = held.kept(next, failures, polled.cursor());
            brought = kept.take(held.collector.stream(), polled.bodies(), held.key(), now);
        }
        held.cursor = polled.cursor();
        held.after(polling, next, failures, trouble == null ? "" : trouble, brought);
        if (trouble != null) {
            held.count(false);
            warn(held);
        }
    }

    private void failed(Held held, Polling polling, Exception failed, @Nullable Instant until) {
        if (Thread.currentThread().isInterrupted()) {
            return;
        }
        int failures = held.failures + 1;
        Instant next = afterFailures(held, failures, until);
        held.after(polling, next, failures, Text.excerpt(String.valueOf(failed.getMessage())), Ingest.Progress.NONE);
        held.count(until != null);
        warn(held);
        if (held.collector.isLocal()) {
            return;
        }
        try {
            kept.take(held.collector.stream(), List.of(), held.key(), held.kept(next, failures, held.cursor));
        } catch (IOException | RuntimeException worse) {
            LOG.atWarn()
                    .addKeyValue("collector", held.collector.name())
                    .addKeyValue("reason", Text.excerpt(String.valueOf(worse.getMessage())))
                    .log("when a collector goes on could not be kept; a restart now would not know it");
        }
    }

    private static void warn(Held held) {
        LOG.atWarn()
                .addKeyValue("collector", held.collector.name())
                .addKeyValue("failures", held.failures)
                .addKeyValue("next", held.next)
                .addKeyValue("reason", Text.excerpt(held.trouble))
                .log("a step of a collector failed, and is tried again");
    }

    private Instant afterFailures(Held held, int failures, @Nullable Instant until) {
        Instant next = clock.instant().plus(held.collector.pause().after(failures));
        Instant later = until != null && until.isAfter(next) ? until : next;
        return later.plus(jitter(later));
    }

    private @Nullable Instant jittered(@Nullable Instant next) {
        return next == null ? null : next.plus(jitter(next));
    }

    /// Never earlier than asked for; a part of the wait later, so that not all come at once.
    private Duration jitter(Instant next) {
        long most = Math.min(Duration.between(clock.instant(), next).toMillis() / JITTER_PART, JITTER_MOST.toMillis());
        return most <= 0 ? Duration.ZERO : Duration.ofMillis(random.nextLong(most));
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        threads.forEach(Thread::interrupt);
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    /// A collector, and where it is.
    private final class Held {
        private final Collector collector;
        private volatile @Nullable Instant next;

        /// Before that the other side does not want to be asked, whatever failed since.
        private volatile Instant due = Instant.MIN;

        private Map<String, @Nullable Object> cursor = Map.of();
        private int failures;
        private String trouble = "";
        private String note = "";
        private @Nullable Instant last;
        private long requests;
        private long notModified;
        private long limitedCount;
        private long failuresCount;
        private long gaps;
        private long steps;
        private Ingest.Progress brought = Ingest.Progress.NONE;

        Held(Collector collector) {
            this.collector = collector;
            this.next = clock.instant();
        }

        String key() {
            return collector.stream() + "/collector/" + collector.name();
        }

        void read(Optional<Bytes> written) {
            if (written.isEmpty()) {
                return;
            }
            try {
                Map<String, @Nullable Object> members = Json.parseObject(written.get());
                Instant until = time(members.get("limited"));
                if (until != null) {
                    http.limit(collector.lease(), until);
                }
                if (collector.configured().equals(members.get("for"))) {
                    next = time(members.get("next"));
                    failures = members.get("failures") instanceof BigInteger count ? count.intValue() : 0;
                    cursor = object(members.get("cursor"));
                    if (next != null && failures == 0) {
                        due = next;
                    }
                }
            } catch (ProblemException | DateTimeException broken) {
                LOG.atWarn()
                        .addKeyValue("collector", collector.name())
                        .log("its cursor cannot be read; it begins anew");
            }
        }

        private static @Nullable Instant time(@Nullable Object value) {
            return value instanceof String text ? Instant.parse(text) : null;
        }

        @SuppressWarnings("unchecked")
        private static Map<String, @Nullable Object> object(@Nullable Object value) {
            return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
        }

        Bytes kept(@Nullable Instant nextThen, int failuresThen, Map<String, @Nullable Object> cursorThen) {
            Instant until = http.limited(collector.lease());
            return Json.bytes(out -> {
                out.writeStartObject();
                out.writeStringProperty("for", collector.configured());
                if (nextThen != null) {
                    out.writeStringProperty("next", nextThen.toString());
                }
                out.writeNumberProperty("failures", failuresThen);
                if (until != null) {
                    out.writeStringProperty("limited", until.toString());
                }
                out.writeName("cursor");
                Json.writeTree(out, cursorThen);
                out.writeEndObject();
            });
        }

        void after(
                Polling polling,
                @Nullable Instant nextNow,
                int failuresNow,
                String troubleNow,
                Ingest.Progress broughtNow) {
            lock.lock();
            try {
                steps++;
                brought = broughtNow;
                last = clock.instant();
                next = nextNow;
                failures = failuresNow;
                trouble = troubleNow;
                note = polling.note();
                requests += polling.requests();
                notModified += polling.notModified();
                gaps += polling.gaps();
            } finally {
                lock.unlock();
            }
        }

        void put(@Nullable Instant later) {
            lock.lock();
            try {
                next = later;
            } finally {
                lock.unlock();
            }
        }

        void count(boolean isLimited) {
            lock.lock();
            try {
                limitedCount += isLimited ? 1 : 0;
                failuresCount += isLimited ? 0 : 1;
            } finally {
                lock.unlock();
            }
        }

        CollectorStatus status() {
            return new CollectorStatus(
                    collector.name(),
                    collector.stream(),
                    last,
                    next,
                    requests,
                    notModified,
                    limitedCount,
                    failuresCount,
                    gaps,
                    trouble,
                    note,
                    steps,
                    brought.records(),
                    brought.rejected(),
                    null);
        }
    }
}
