package com.databroker.events;

import com.databroker.access.Principal;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Span;
import com.databroker.core.Topic;
import com.databroker.core.Trace;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// The events plane: publish from any thread, subscribe on an event loop.
///
/// Who may do what is decided by the doors for publications and here for deliveries, event by event.
public final class EventPlane implements AutoCloseable {
    private static final String JSON = "application/json";
    private static final long FLUSH_MOST_SECONDS = 1;

    private final EventsConfig config;
    private final EventLog log;
    private final Map<EventLoop, Shard> shards = new ConcurrentHashMap<>();
    private final List<Shard> all = new CopyOnWriteArrayList<>();
    private final List<EventReader> readers = new CopyOnWriteArrayList<>();
    private final Map<String, DoorCounters> doors = new ConcurrentHashMap<>();

    private EventPlane(EventsConfig config, InstantSource clock) {
        this.config = config;
        this.log = new EventLog(config, clock);
    }

    /// Opens an empty plane. Its epoch is the clock's time, so that positions of an earlier life are told apart.
    public static EventPlane open(EventsConfig config, InstantSource clock) {
        return new EventPlane(config, clock);
    }

    public EventsConfig config() {
        return config;
    }

    /// The position that the next event gets.
    public Position next() {
        return log.position(log.head());
    }

    /// The position of the oldest event that can still be asked for.
    public Position oldest() {
        return log.position(log.tail());
    }

    /// When the oldest event that can still be asked for was published; null where there is none.
    public @Nullable Instant oldestTime() {
        long millis = log.oldestMillis();
        return millis < 0 ? null : Instant.ofEpochMilli(millis);
    }

    /// Bytes held in the replay window.
    public long heldBytes() {
        return log.heldBytes();
    }

    /// Publishes one event; when this returns it has its position and is on its way.
    ///
    /// @param door where it came in, for the metrics
    /// @throws ProblemException [Problem#TOPIC_RESERVED], [Problem#PAYLOAD_TOO_LARGE]
    public Position publish(Principal principal, Publication publication, String door) {
        return publish(principal, List.of(publication), door).getFirst();
    }

    /// Publishes several events with consecutive positions, all or none.
    public List<Position> publish(Principal principal, List<Publication> publications, String door) {
        for (Publication publication : publications) {
            check(principal, publication.topic(), publication.payload().length());
        }
        if (!Trace.isOn()) {
            return append(principal, publications, door);
        }
        try (Span _ = publishing(publications.size())) {
            return append(principal, publications.stream().map(Trace::marked).toList(), door);
        }
    }

    /// The step in which so many events become everybody's.
    static Span publishing(long count) {
        return Trace.step("events.publish")
                .put("messaging.system", "databroker")
                .put("messaging.operation.type", "send")
                .put("messaging.batch.message_count", count);
    }

    private List<Position> append(Principal principal, List<Publication> publications, String door) {
        List<Position> positions = new ArrayList<>(publications.size());
        EventLog.Appender appender = log.begin();
        try {
            for (Publication publication : publications) {
                EventMeta meta = new EventMeta(principal.name(), publication.contentType(), publication.attributes());
                positions.add(log.position(appender.add(
                        publication.topic(),
                        meta,
                        Unpooled.wrappedBuffer(publication.payload().asReadOnlyBuffer()))));
            }
        } finally {
            appender.commit();
        }
        counters(door).published.add(publications.size());
        wake();
        return positions;
    }

    /// Returns when what was published before is on its way out of this process, to all who keep up, or after a
    /// second: a loop with too much to do holds up nobody else for longer. Not on a loop.
    public void flush() {
        List<Future<?>> flushes = new ArrayList<>();
        all.forEach(shard -> flushes.add(shard.flush()));
        flushes.forEach(flush -> flush.awaitUninterruptibly(FLUSH_MOST_SECONDS, TimeUnit.SECONDS));
    }

    /// @throws ProblemException [Problem#TOPIC_RESERVED], [Problem#PAYLOAD_TOO_LARGE]
    void check(Principal principal, Topic topic, int payloadLength) {
        if (topic.isReserved() && principal != Principal.broker()) {
            throw new ProblemException(Problem.TOPIC_RESERVED, "topic " + topic + " is announced by the broker only");
        }
        if (payloadLength > config.payloadMax().bytes()) {
            throw new ProblemException(
                    Problem.PAYLOAD_TOO_LARGE,
                    "the payload has " + payloadLength + " bytes of at most " + config.payloadMax()
                            + " (events.payload-max)");
        }
    }

    /// For [ZmtpConnection], which appends many at a time.
    EventLog log() {
        return log;
    }

    /// Any thread: something was appended.
    void wake() {
        for (Shard shard : all) {
            shard.wake();
        }
    }

    /// Makes a connection a subscriber; it has no subscription yet. Must be called on `loop`.
    public Subscriber attach(EventLoop loop, Session session, Form form, Outlet outlet) {
        return new Subscriber(this, shard(loop), session, form, outlet, config.subscriptionsMax());
    }

    /// Makes a reader of the topics that are wanted; it stands at the oldest event that is held.
    public EventReader reader(Predicate<Topic> wanted) {
        EventReader reader = new EventReader(this, wanted);
        readers.add(reader);
        return reader;
    }

    void detach(EventReader reader) {
        readers.remove(reader);
    }

    private Shard shard(EventLoop loop) {
        return shards.computeIfAbsent(loop, key -> {
            Shard shard = new Shard(key, log);
            all.add(shard);
            return shard;
        });
    }

    /// Grants changed: what was decided for topics is decided anew.
    public void grantsChanged() {
        for (Shard shard : all) {
            shard.loop.execute(shard::forgetRoutes);
        }
    }

    /// Twice a second: lets go of what is too old.
    public void sweep() {
        log.sweep();
        for (Shard shard : all) {
            shard.loop.execute(shard::sweep);
        }
    }

    /// Any thread: whether a reader that still reads would soon lose events, so that who can wait should.
    boolean isCrowded() {
        if (!log.isNearlyFull()) {
            return false;
        }
        long middle = (log.tail() + log.head()) / 2;
        for (Shard shard : all) {
            if (shard.slowest() < middle) {
                return true;
            }
        }
        for (EventReader reader : readers) {
            if (reader.holdsUpAt() < middle) {
                return true;
            }
        }
        return false;
    }

    /// Announces a connection at a door under `broker/clients/`.
    public void connected(String door, String principal, String address) {
        counters(door).connections.increment();
        announceClient("connected", door, principal, address);
    }

    /// Announces the end of a connection that was announced.
    public void disconnected(String door, String principal, String address) {
        counters(door).connections.decrement();
        announceClient("disconnected", door, principal, address);
    }

    private void announceClient(String what, String door, String principal, String address) {
        announce("broker/clients/" + what, json -> {
            json.writeStringProperty("door", door);
            json.writeStringProperty("principal", principal);
            json.writeStringProperty("address", address);
        });
    }

    void tellSlow(Subscriber subscriber, long lost) {
        announce("broker/slow", json -> {
            json.writeStringProperty("door", subscriber.outlet().door());
            json.writeStringProperty(
                    "principal", subscriber.session().principal().name());
            json.writeStringProperty("address", subscriber.outlet().address());
            json.writeNumberProperty("lost", lost);
        });
    }

    /// Publishes a JSON object as the broker itself.
    public Position announce(String topic, java.util.function.Consumer<JsonGenerator> members) {
        Bytes payload = Json.bytes(json -> {
            json.writeStartObject();
            members.accept(json);
            json.writeEndObject();
        });
        return publish(
                Principal.broker(), new Publication(Topic.of(topic), payload, JSON, Map.of("type", topic)), "broker");
    }

    /// The counters of a door.
    public DoorCounters counters(String door) {
        return doors.computeIfAbsent(door, absent -> new DoorCounters());
    }

    /// All doors that had any traffic, by name.
    public Map<String, DoorCounters> doors() {
        return new TreeMap<>(doors);
    }

    /// Lets go of all memory; the event loops must have stopped.
    @Override
    public void close() {
        all.forEach(Shard::close);
        log.close();
    }
}
