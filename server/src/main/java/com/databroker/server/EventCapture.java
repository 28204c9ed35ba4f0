package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.CloudEvents;
import com.databroker.core.Event;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Publication;
import com.databroker.core.Text;
import com.databroker.core.Topic;
import com.databroker.events.EventPlane;
import com.databroker.events.EventReader;
import com.databroker.sources.Definition;
import com.databroker.streams.Body;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes the events of some topics into a stream, each exactly once.
///
/// Events rest nowhere, so it goes along with the window of the events plane, on a thread of its own. What it took and
/// how far it is are one transaction:
///
/// ```
///   <stream>/from/capture   {"position": "<where it goes on>", "ended": true, "events": 7, "gaps": 0, "lost": 0}
/// ```
/// `ended` where the broker stopped after all had been taken. Where it was killed instead, what was published last may
/// be gone with the window: nobody knows how much, so that is a gap, as is what left the window before it was taken.
/// Gaps are counted, written into the log and announced under `broker/streams/gap`.
final class EventCapture implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventCapture.class);
    static final String CURSOR = "capture";
    /// A transaction takes some milliseconds, so not every event has its own.
    private static final Duration TOGETHER = Duration.ofMillis(200);

    private static final Duration PAUSE_MOST = Duration.ofSeconds(30);
    private static final Duration END_MOST = Duration.ofSeconds(5);
    private static final int EVENTS_MAX = 5000;
    private static final long BYTES_MAX = 8 << 20;
    private static final String OWN = "streams/";

    private final String stream;
    private final boolean asEvents;
    private final List<Pattern> patterns;
    private final Into into;
    private final EventPlane events;
    private final EventReader reader;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private boolean closing;
    private int failures;

    /// Of the thread alone: what is before it was taken, or did not have to be.
    private @Nullable Position passed;

    private volatile @Nullable Kept kept;
    private volatile String trouble = "";

    /// The stream that takes them.
    interface Into {
        /// What was committed last.
        Optional<Bytes> cursor() throws IOException;

        /// All of it, or nothing; after a failure only [#cursor] knows which.
        void take(List<Body> bodies, Bytes cursor) throws IOException;

        /// Whether it cannot yet, and soon will.
        boolean isStarting();
    }

    /// How far it is, as it is committed.
    private record Kept(Position position, boolean ended, long events, long gaps, long lost) {
        Bytes json() {
            return Json.bytes(out -> {
                out.writeStartObject();
                out.writeStringProperty("position", position.toString());
                out.writeBooleanProperty("ended", ended);
                out.writeNumberProperty("events", events);
                out.writeNumberProperty("gaps", gaps);
                out.writeNumberProperty("lost", lost);
                out.writeEndObject();
            });
        }

        static Kept of(Bytes json) {
            Map<String, @Nullable Object> members = Json.parseObject(json);
            return new Kept(
                    Position.parse(String.valueOf(members.get("position"))),
                    Boolean.TRUE.equals(members.get("ended")),
                    number(members.get("events")),
                    number(members.get("gaps")),
                    number(members.get("lost")));
        }

        private static long number(@Nullable Object value) {
            return value instanceof BigInteger number ? number.longValueExact() : 0;
        }
    }

    /// How it does.
    ///
    /// @param gaps how often events may have been missed
    /// @param lost how many left the window before they were taken, as far as that is known
    /// @param trouble why it cannot go on now, empty where it can
    record Status(List<String> patterns, String position, long events, long gaps, long lost, String trouble) {}

    private EventCapture(String stream, Definition definition, Into into, EventPlane events) {
        this.stream = stream;
        this.asEvents = definition.takesEvents();
        this.patterns = definition.capture().stream().map(Pattern::of).toList();
        this.into = into;
        this.events = events;
        this.reader = events.reader(this::isCaptured);
        this.thread = Thread.ofPlatform().daemon().name("capture-" + stream).unstarted(this::run);
    }

    /// Begins to take what is published from now on; until the engines of the streams are up, that waits in the window.
    static EventCapture start(String stream, Definition definition, Into into, EventPlane events) {
        EventCapture capture = new EventCapture(stream, definition, into, events);
        capture.thread.start();
        return capture;
    }

    private boolean isCaptured(Topic topic) {
        // What a stream announces of itself would make it announce again.
        return !topic.text().startsWith(OWN) && patterns.stream().anyMatch(pattern -> pattern.matches(topic));
    }

    String stream() {
        return stream;
    }

    Status status() {
        Kept now = kept;
        return new Status(
                patterns.stream().map(Pattern::text).toList(),
                now == null ? "" : now.position.toString(),
                now == null ? 0 : now.events,
                now == null ? 0 : now.gaps,
                now == null ? 0 : now.lost,
                trouble);
    }

    private void run() {
        try {
            boolean ending = false;
            boolean more = true;
            while (!ending || more) {
                // Asked before it reads: what was published before the end is taken.
                ending = isClosing();
                more = step(ending);
                if (!more && !ending) {
                    await(failures == 0 ? TOGETHER : pause());
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } finally {
            reader.close();
        }
    }

    private Duration pause() {
        Duration pause = TOGETHER.multipliedBy(1L << Math.min(failures, 10));
        return pause.compareTo(PAUSE_MOST) < 0 ? pause : PAUSE_MOST;
    }

    private boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    private void await(Duration time) throws InterruptedException {
        lock.lock();
        try {
            long nanos = time.toNanos();
            while (nanos > 0 && !closing) {
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Takes what there is, up to a limit; whether there is more.
    private boolean step(boolean ending) throws InterruptedException {
        try {
            boolean more = take(ending);
            failures = 0;
            trouble = "";
            reader.holdUp(true);
            return more;
        } catch (IOException | RuntimeException failed) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            // Nobody knows whether it was committed: the cursor tells, once Kafka can be asked.
            kept = null;
            if (!into.isStarting()) {
                failures++;
                trouble = Text.excerpt(String.valueOf(failed.getMessage()));
                reader.holdUp(false);
                LOG.atWarn()
                        .addKeyValue("stream", stream)
                        .addKeyValue("reason", trouble)
                        .log("events were not taken, and are tried again as long as they are in the window");
            }
            return false;
        }
    }

    private boolean take(boolean ending) throws IOException {
        Kept before = kept;
        boolean crashed = false;
        boolean begins = before == null;
        if (before == null) {
            Bytes written = into.cursor().orElse(null);
            Kept last = written == null ? null : Kept.of(written);
            crashed = last != null && last.position.epoch() != reader.epoch() && !last.ended;
            before = begin(last);
        }
        EventReader.Batch batch = reader.read(EVENTS_MAX, BYTES_MAX);
        boolean gap = crashed || batch.lost() > 0;
        // That it has begun is kept, too: otherwise a kill before the first event would look like an end.
        if (batch.events().isEmpty() && !gap && !ending && !begins) {
            passed = batch.next();
            return false;
        }
        boolean more = batch.next().offset() < events.next().offset()
                && !batch.events().isEmpty();
        Kept after = new Kept(
                batch.next(),
                ending && !more,
                before.events + batch.events().size(),
                before.gaps + (gap ? 1 : 0),
                before.lost + batch.lost());
        List<Body> bodies = new ArrayList<>(batch.events().size());
        batch.events().forEach(event -> bodies.add(body(event)));
        into.take(bodies, after.json());
        passed = batch.next();
        kept = after;
        if (gap) {
            tell(crashed && batch.lost() == 0 ? -1 : batch.lost());
        }
        return more;
    }

    /// Goes to where it was, in this life of the window or at its beginning.
    private Kept begin(@Nullable Kept last) {
        Position start = new Position(reader.epoch(), 0);
        Position at = last != null && last.position.epoch() == reader.epoch() ? last.position : start;
        Position read = passed;
        reader.seek(read != null && read.offset() > at.offset() ? read : at);
        return last == null ? new Kept(at, false, 0, 0, 0) : new Kept(at, false, last.events, last.gaps, last.lost);
    }

    /// @param lost -1 where that is not known
    private void tell(long lost) {
        LOG.atWarn()
                .addKeyValue("stream", stream)
                .addKeyValue("lost", lost < 0 ? "unknown" : String.valueOf(lost))
                .log(
                        lost < 0
                                ? "the broker was killed: events that were published last may not be in the stream"
                                : "events left the window before they were taken");
        events.announce("broker/streams/gap", json -> {
            json.writeStringProperty("stream", stream);
            json.writeNumberProperty("lost", lost);
        });
    }

    private Body body(Event event) {
        byte[] bytes = asEvents
                ? EventFrames.cloudEventLine(asJson(event))
                : event.payload().toArray();
        String type = event.contentType();
        return new Body(
                event.position().toString(),
                event.topic().text(),
                type == null ? Map.of() : Map.of("content-type", type),
                event.time(),
                new ByteArrayInputStream(bytes));
    }

    /// Whoever publishes over ZeroMQ cannot say that it is JSON.
    private static Event asJson(Event event) {
        Bytes payload = event.payload();
        boolean looksSo = event.contentType() == null
                && payload.length() > 0
                && (payload.get(0) == '{' || payload.get(0) == '[')
                && Json.isValid(payload);
        if (!looksSo || CloudEvents.isJson(event.contentType())) {
            return event;
        }
        Publication said = new Publication(
                event.topic(), payload, "application/json", event.publication().attributes());
        return new Event(event.position(), event.time(), event.principal(), said);
    }

    /// Takes what was published before, for some seconds at most.
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (!thread.join(END_MOST)) {
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException hurry) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
