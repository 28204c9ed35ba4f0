package com.databroker.objects;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;
import com.databroker.core.Durations;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One object of a store that the broker changes itself every now and then, and of which it holds a copy as any
/// client does: what it hears of the change, and asks for then, is what clients hear and are told. How long its
/// copy is old is how long theirs are.
///
/// ```text
/// every interval   change the field of the object, by a commit ── from here on the copy is known to be old
///                  database → outbox → relay → listener
/// heard of it      ask for the object again: another value ────── up to here
/// ```
/// Nothing is written as long as a change was not heard of. A change that the store refuses counts from its first
/// attempt, since nobody can tell then whether copies are old. It has a thread of its own, which nobody interrupts.
final class Canary implements ObjectListener, ObjectCaller, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Canary.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ObjectPlane plane;
    private final CanaryField watched;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ScheduledExecutorService thread;
    private final Durations delays = Durations.quick();

    /// A [Durations#now], 0 where the copy is as new as the object.
    private volatile long oldSince;

    /// Of the object, as changes of it are told; empty where it was not read yet.
    private volatile String tag = "";

    private @Nullable AutoCloseable listening;
    private ObjectMessage.@Nullable Row held;
    private boolean written;
    private boolean overtaken;
    private String said = "";

    Canary(ObjectPlane plane, CanaryField watched, InstantSource clock, RandomGenerator random) {
        this.plane = plane;
        this.watched = watched;
        this.clock = clock;
        this.random = random;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("canary").daemon().factory());
    }

    /// Those of the configuration, by the names of their stores.
    static Map<String, Canary> all(
            ObjectsConfig config, ObjectPlane plane, InstantSource clock, RandomGenerator random) {
        Map<String, Canary> all = new TreeMap<>();
        config.stores().forEach((name, store) -> {
            if (store.canary() != null) {
                all.put(name, new Canary(plane, CanaryField.parse(store.canary()), clock, random));
            }
        });
        return all;
    }

    /// From now on, at intervals.
    void start(Duration interval) {
        thread.scheduleWithFixedDelay(this::step, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    ObjectsStatus.Canary status() {
        long since = oldSince;
        double seconds = since == 0 ? 0 : Math.max(0, (Durations.now() - since) / (double) TimeUnit.SECONDS.toNanos(1));
        return new ObjectsStatus.Canary(watched.toString(), seconds, delays);
    }

    @Override
    public Principal principal() {
        return Principal.broker();
    }

    @Override
    public void authenticate(Credentials credentials) {
        throw new ProblemException(Problem.METHOD_UNKNOWN, "the broker does not sign in");
    }

    @Override
    public void changed(ObjectPosition at, Instant committed, List<ObjectMessage.Tagged> tags) {
        if (tags.stream().anyMatch(one -> one.tag().equals(tag))) {
            heard();
        }
    }

    @Override
    public void reset(String why) {
        heard();
    }

    private void heard() {
        try {
            thread.execute(() -> {
                overtaken = true;
                attempt(this::look);
            });
        } catch (RejectedExecutionException ending) {
            // Nobody looks any more.
        }
    }

    private void step() {
        attempt(() -> {
            if (listening == null) {
                listen();
            }
            look();
            if (!written) {
                change();
            }
        });
    }

    private void attempt(Runnable what) {
        try {
            what.run();
            said = "";
        } catch (RuntimeException failed) {
            if (oldSince == 0) {
                oldSince = Durations.now();
            }
            String why = String.valueOf(failed.getMessage());
            if (!why.equals(said)) {
                said = why;
                LOG.atWarn()
                        .addKeyValue("canary", watched)
                        .setCause(failed)
                        .log("the canary cannot be changed or read");
            }
        }
    }

    private void listen() {
        ObjectPlane.Greeting greeting =
                plane.greet(this, new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null), this);
        if (greeting.reply() instanceof ObjectMessage.Failed refused) {
            throw refused.exception();
        }
        listening = greeting.listening();
    }

    /// Only what was heard of makes a copy old: otherwise it would tell nothing of what others hear.
    private void look() {
        ObjectMessage.Row before = held;
        if (before != null && !overtaken) {
            return;
        }
        ObjectMessage.Row now = load();
        held = now;
        tag = now.tag();
        overtaken = false;
        if (written && before != null && !Objects.equals(value(now), value(before))) {
            written = false;
            delays.since(oldSince);
            oldSince = 0;
        }
    }

    private @Nullable Object value(ObjectMessage.Row row) {
        return row.fields().get(watched.field());
    }

    /// By a find: a key without its proof may be worth nothing.
    private ObjectMessage.Row load() {
        ObjectKey key = watched.key();
        List<String> names = type().key();
        List<ObjectMessage.Condition> where = new ArrayList<>();
        for (int i = 0; i < Math.min(names.size(), key.parts().size()); i++) {
            where.add(new ObjectMessage.Condition(
                    names.get(i),
                    ObjectMessage.Operator.EQUAL,
                    List.of(key.parts().get(i))));
        }
        ObjectMessage.Reply reply =
                plane.handle(this, new ObjectMessage.Find(1, key.type(), where, List.of(), List.of(), 1, null, false));
        return switch (reply) {
            case ObjectMessage.Ok ok when !ok.rows().isEmpty() -> ok.rows().getFirst();
            case ObjectMessage.Failed failed -> throw failed.exception();
            default -> throw new ProblemException(Problem.OBJECT_NOT_FOUND, "there is no " + key);
        };
    }

    private ObjectTypes.Type type() {
        return plane.types(principal()).types().stream()
                .filter(type -> type.name().equals(watched.key().type()))
                .findFirst()
                .orElseThrow(() -> new ProblemException(
                        Problem.TYPE_UNKNOWN,
                        "there is no type " + watched.key().type()));
    }

    private void change() {
        ObjectMessage.Row row = Objects.requireNonNull(held);
        Map<String, ObjectMessage.Edit> edits =
                Map.of(watched.field(), new ObjectMessage.Edit(value(row), watched.next(type(), now())));
        if (oldSince == 0) {
            oldSince = Durations.now();
        }
        UUID commit = new UUID(random.nextLong(), random.nextLong());
        ObjectMessage.Reply reply = plane.handle(
                this,
                new ObjectMessage.Commit(
                        1, commit, List.of(new ObjectMessage.Update(row.ref(), row.version(), edits))));
        switch (reply) {
            case ObjectMessage.Ok _ -> written = true;
            // Somebody else changed it, and that was not heard of yet: as every client does, look again.
            case ObjectMessage.Conflict _ -> overtaken = true;
            case ObjectMessage.Failed failed -> throw failed.exception();
            case ObjectMessage.Part _ -> throw new IllegalStateException("nobody asked for parts");
            case ObjectMessage.Welcome welcome -> throw new IllegalStateException(welcome.server());
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /// Not by an interrupt: that would close the file of an embedded database.
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (listening != null) {
                listening.close();
            }
            if (!thread.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atWarn().addKeyValue("canary", watched).log("a store still answers the canary");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (Exception impossible) {
            LOG.atDebug().setCause(impossible).log("a listener did not end");
        }
    }
}
