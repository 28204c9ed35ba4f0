package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A simulated database with its outbox, a replica that lags, two servers, and links between them and the
/// clients, all on one thread, in virtual time, from one seed.
///
/// Of the states of a thing each is a change of the log, whose numbers grow where versions may not; it belongs to a
/// group, which finders ask for.
/// What is called `Loose` has no version on the wire.
final class CacheWorld {
    static final String STORE = "s";
    static final int GROUPS = 3;
    private static final long EPOCH = 1;

    /// One committed state of one thing.
    ///
    /// @param lowered whether somebody set its version to what it was before, or to less
    record Change(long number, ObjectKey key, long version, int group, int groupBefore, long millis, boolean lowered) {
        boolean isDelete() {
            return group < 0;
        }
    }

    private record Event(long millis, long order, Runnable action) {}

    /// What this seed makes of the world.
    ///
    /// @param orderly whether a link delivers in order and everything, as a TCP connection does
    /// @param replica whether half the reads come from a replica that lags; positions are exact then
    /// @param vague whether positions lag behind what can be read, as a watermark does below a long
    ///     transaction
    record Mood(boolean orderly, boolean replica, boolean vague) {}

    final SplittableRandom random;
    final Mood mood;
    final List<Change> log = new ArrayList<>();
    final Map<ObjectKey, Change> primary = new TreeMap<>(Comparator.comparing(ObjectKey::toString));
    final Map<UUID, Integer> commits = new HashMap<>();
    private final Map<UUID, ObjectMessage.Ok> answered = new HashMap<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::millis).thenComparingLong(Event::order));
    private final List<SimulatedServer> servers = new ArrayList<>();
    private long order;
    private long now;
    private long created;
    private int settled;
    private int replicated;
    private int outboxFrom;
    boolean calm;

    CacheWorld(long seed) {
        this.random = new SplittableRandom(seed);
        boolean replica = random.nextBoolean();
        this.mood = new Mood(random.nextInt(4) == 0, replica, !replica && random.nextBoolean());
        for (int i = 0; i < 12; i++) {
            create(random.nextInt(3) == 0 ? "Loose" : "Thing", random.nextInt(GROUPS));
        }
        settled = log.size();
        replicated = log.size();
        servers.add(new SimulatedServer(this));
        servers.add(new SimulatedServer(this));
        every(7, this::settle);
        every(11, this::replicate);
        every(400, this::clean);
    }

    Instant instant() {
        return Instant.ofEpochMilli(now);
    }

    long millis() {
        return now;
    }

    void after(long millis, Runnable action) {
        events.add(new Event(now + millis, order++, action));
    }

    void every(long millis, Runnable action) {
        after(millis, () -> {
            action.run();
            every(millis, action);
        });
    }

    /// Runs what is due until then.
    void runUntil(long millis) {
        while (!events.isEmpty() && events.peek().millis() <= millis) {
            Event event = events.remove();
            now = event.millis();
            event.action().run();
        }
        now = millis;
    }

    boolean happens(int ofThousand) {
        return !calm && random.nextInt(1000) < ofThousand;
    }

    /// How long a frame takes.
    long delay() {
        return happens(20) ? random.nextInt(120) : random.nextInt(9);
    }

    ObjectLink link(ObjectLink.Owner owner) {
        return new SimulatedLink(this, owner, servers.get(random.nextInt(servers.size())));
    }

    // The database.

    Change create(String type, int group) {
        return append(ObjectKey.of(type, ++created), 1, group, -1);
    }

    private Change append(ObjectKey key, long version, int group, int before) {
        Change there = primary.get(key);
        boolean lowered = there != null && version <= there.version();
        Change change = new Change(log.size() + 1, key, version, group, before, now, lowered);
        log.add(change);
        if (change.isDelete()) {
            primary.remove(key);
        } else {
            primary.put(key, change);
        }
        return change;
    }

    /// Changes of others, made behind the back of every client.
    void commitAnything() {
        List<ObjectKey> keys = List.copyOf(primary.keySet());
        if (keys.isEmpty() || random.nextInt(12) == 0) {
            create("Thing", random.nextInt(GROUPS));
            return;
        }
        ObjectKey gone = log.get(random.nextInt(log.size())).key();
        if (random.nextInt(4) == 0 && !primary.containsKey(gone)) {
            // Its versions begin anew.
            append(gone, 1, random.nextInt(GROUPS), -1);
            return;
        }
        Change before = Objects.requireNonNull(primary.get(keys.get(random.nextInt(keys.size()))));
        int group = random.nextInt(20) == 0 ? -1 : random.nextInt(3) == 0 ? random.nextInt(GROUPS) : before.group();
        long version = random.nextInt(15) == 0 ? 1 + random.nextInt((int) before.version()) : before.version() + 1;
        append(before.key(), group < 0 ? before.version() + 1 : version, group, before.group());
    }

    ObjectMessage.Reply commit(ObjectMessage.Commit request) {
        ObjectMessage.Ok before = answered.get(request.commit());
        if (before != null) {
            return new ObjectMessage.Ok(
                    request.id(), before.asked(), before.rows(), null, null, -1, before.tags(), before.at());
        }
        ObjectMessage.Update update = (ObjectMessage.Update) request.ops().get(0);
        Change there = primary.get(update.ref().key());
        if (there == null || there.version() != update.version()) {
            return new ObjectMessage.Conflict(
                    request.id(),
                    List.of(new ObjectMessage.FieldConflict(update.ref().key(), "", null, null, null)));
        }
        ObjectMessage.Edit edit = Objects.requireNonNull(update.fields().get("group"));
        int group = Integer.parseInt(String.valueOf(edit.after()));
        Change change = append(there.key(), there.version() + 1, group, there.group());
        commits.merge(request.commit(), 1, Integer::sum);
        ObjectMessage.Ok ok = new ObjectMessage.Ok(
                request.id(),
                1,
                List.of(row(change)),
                null,
                null,
                -1,
                tags(change).stream().filter(tag -> tag.startsWith("g")).toList(),
                position());
        answered.put(request.commit(), ok);
        return ok;
    }

    static List<String> tags(Change change) {
        Set<String> tags = new TreeSet<>();
        tags.add("k" + change.key());
        tags.add("g" + change.group());
        tags.add("g" + change.groupBefore());
        return List.copyOf(tags);
    }

    ObjectMessage.Changed changed(long number, Change change) {
        boolean loose = change.key().type().equals("Loose");
        return new ObjectMessage.Changed(
                number,
                at(mood.vague() ? Math.min(settled, change.number()) : change.number()),
                change.millis(),
                tags(change).stream()
                        .map(tag -> new ObjectMessage.Tagged(
                                tag, tag.startsWith("k") && !loose && !change.lowered() ? change.version() : 0))
                        .toList());
    }

    static ObjectPosition at(long number) {
        return new ObjectPosition(Map.of(STORE, new Position(EPOCH, number)));
    }

    /// Of everything there ever was.
    Set<ObjectKey> keys() {
        Set<ObjectKey> keys = new TreeSet<>(Comparator.comparing(ObjectKey::toString));
        log.forEach(change -> keys.add(change.key()));
        return keys;
    }

    /// Where somebody who reads the primary is.
    ObjectPosition position() {
        return at(settledNumber());
    }

    int settledNumber() {
        return mood.vague() ? settled : log.size();
    }

    private void settle() {
        settled = random.nextInt(3) == 0 || calm ? log.size() : settled;
    }

    private void replicate() {
        replicated = random.nextInt(4) == 0 || calm ? log.size() : replicated;
    }

    private void clean() {
        outboxFrom = happens(400) ? settledNumber() : outboxFrom;
    }

    /// Whether the outbox still holds everything after a position.
    boolean holds(ObjectPosition at) {
        return number(at) >= outboxFrom;
    }

    static int number(ObjectPosition at) {
        Position position = at.stores().get(STORE);
        return position == null ? 0 : (int) position.offset();
    }

    boolean isReplicated(ObjectPosition at) {
        return !mood.replica() || replicated >= number(at);
    }

    /// Answers a read from the primary or the replica, as they are now.
    ObjectMessage.Ok read(ObjectMessage.Request request) {
        boolean lagging = mood.replica() && random.nextBoolean();
        Map<ObjectKey, Change> state = lagging ? state(replicated) : primary;
        ObjectPosition at = lagging ? at(replicated) : position();
        List<ObjectMessage.Row> rows = new ArrayList<>();
        List<String> tags = List.of();
        if (request instanceof ObjectMessage.Get get) {
            for (ObjectRef ref : get.keys()) {
                Change there = state.get(ref.key());
                if (there != null) {
                    rows.add(row(there));
                }
            }
        } else if (request instanceof ObjectMessage.Find find) {
            Long group = (Long) find.where().get(0).values().get(0);
            members(state, group.intValue()).forEach(key -> rows.add(row(Objects.requireNonNull(state.get(key)))));
            tags = List.of("g" + group);
        } else {
            throw new ProblemException(Problem.MESSAGE_INVALID, "not simulated");
        }
        return new ObjectMessage.Ok(request.id(), rows.size(), rows, null, null, -1, tags, at);
    }

    /// The state after so many changes.
    Map<ObjectKey, Change> state(int changes) {
        Map<ObjectKey, Change> state = new TreeMap<>(Comparator.comparing(ObjectKey::toString));
        for (Change change : log.subList(0, changes)) {
            if (change.isDelete()) {
                state.remove(change.key());
            } else {
                state.put(change.key(), change);
            }
        }
        return state;
    }

    static List<ObjectKey> members(Map<ObjectKey, Change> state, int group) {
        return state.values().stream()
                .filter(change -> change.group() == group)
                .map(Change::key)
                .toList();
    }

    private static ObjectMessage.Row row(Change change) {
        boolean loose = change.key().type().equals("Loose");
        Map<String, @Nullable Object> fields = new TreeMap<>();
        fields.put("group", (long) change.group());
        fields.put("version", change.version());
        fields.put("number", change.number());
        return new ObjectMessage.Row(
                ObjectRef.of(change.key()), "rw", loose ? 0 : change.version(), "k" + change.key(), fields);
    }
}
