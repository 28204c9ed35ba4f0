package com.databroker.objects;

import com.databroker.core.ObjectMessage;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the outbox of one store and tells what is in it, once each, in rounds: when it is woken, and
/// every second.
///
/// A server that starts goes on where it stood, so that events of what was committed just before a kill come; the
/// first time it begins at the end.
final class Relay implements AutoCloseable {
    /// What is told.
    interface Telling {
        /// @param at where whoever has heard it stands
        /// @param committed when the first of the changes was
        void changed(Position at, Instant committed, List<ObjectMessage.Tagged> tags);

        /// Everything of a round, after it was told.
        void round(List<StoreChange> changes);

        void reset(String why);

        /// How many hear it.
        int listeners();

        /// Something was committed here that other servers have to hear of.
        void committed();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final Duration SWEEP = Duration.ofMinutes(10);

    /// After a round that told something the next one waits, the longer the more there are who hear it: so however
    /// many commits there are, telling them costs no more than five thousand messages a second.
    private static final long PAUSE_MICROS_PER_LISTENER = 200;

    private static final long PAUSE_MICROS_MAX = 20_000;

    private final ObjectStore store;
    private final StoreKeys keys;
    private final InstantSource clock;
    private final Telling telling;
    private final RelayMark mark;
    private final AtomicLong told = new AtomicLong();
    private final Semaphore wake = new Semaphore(0);
    private final AtomicBoolean committed = new AtomicBoolean();

    /// Held for one round, and while somebody begins to listen: between what it missed and what it hears
    /// nothing falls.
    final ReentrantLock round = new ReentrantLock();

    /// Rounds begun; who waits for one that begins after now needs no other.
    private final AtomicLong rounds = new AtomicLong();

    private volatile Position position;
    private volatile boolean reachable = true;
    private volatile @Nullable Instant relayed;
    private volatile boolean closed;
    private final CountDownLatch closing = new CountDownLatch(1);
    private Set<Long> known = new HashSet<>();
    private Instant swept;
    private @Nullable Thread thread;

    Relay(ObjectStore store, StoreKeys keys, InstantSource clock, Telling telling, RelayMark mark) {
        this.store = store;
        this.keys = keys;
        this.clock = clock;
        this.telling = telling;
        this.mark = mark;
        this.position = mark.read(store.position());
        this.swept = clock.instant();
    }

    void start() {
        store.listen(this::wake);
        thread = Thread.ofPlatform()
                .daemon()
                .name("objects-relay-" + store.name())
                .start(this::run);
    }

    Position position() {
        return position;
    }

    long told() {
        return told.get();
    }

    /// When everything there was had been told last.
    @Nullable
    Instant relayed() {
        return relayed;
    }

    boolean isReachable() {
        return reachable;
    }

    /// Something was committed here, so other servers have to hear of it.
    void committed() {
        committed.set(true);
        wake.release();
    }

    /// There may be something to tell.
    void wake() {
        wake.release();
    }

    private void run() {
        while (!closed) {
            try {
                boolean woken = wake.tryAcquire(1, TimeUnit.SECONDS);
                if (woken) {
                    wake.drainPermits();
                }
                boolean told = round();
                reachable = true;
                relayed = clock.instant();
                sweep();
                long pause = Math.min(PAUSE_MICROS_MAX, PAUSE_MICROS_PER_LISTENER * telling.listeners());
                if (told && closing.await(pause, TimeUnit.MICROSECONDS)) {
                    return;
                }
            } catch (InterruptedException stopped) {
                return;
            } catch (ProblemException away) {
                if (reachable && !closed) {
                    LOG.atWarn()
                            .addKeyValue("store", store.name())
                            .addKeyValue("says", away.reason())
                            .log("changes cannot be read; trying again");
                }
                reachable = false;
            } catch (RuntimeException failed) {
                if (reachable && !closed) {
                    LOG.atWarn()
                            .addKeyValue("store", store.name())
                            .setCause(failed)
                            .log("changes cannot be read; trying again");
                }
                reachable = false;
            }
        }
    }

    /// Tells everything that was committed before now. Of those who ask for it at the same time one does it for all.
    void catchUp() {
        long before = rounds.get();
        round.lock();
        try {
            if (rounds.get() == before) {
                round();
            }
        } finally {
            round.unlock();
        }
    }

    /// @return whether there was anything
    private boolean round() {
        boolean told = false;
        wakeOthers();
        round.lock();
        try {
            rounds.incrementAndGet();
            StoreChanges read = store.changes(position);
            if (read == null) {
                known = new HashSet<>();
                position = store.position();
                mark.write(position);
                telling.reset("store " + store.name() + " was replaced, or its changes forgotten");
                return true;
            }
            List<StoreChange> fresh = read.changes().stream()
                    .filter(change -> !known.contains(change.number()))
                    .toList();
            Set<Long> seen = new HashSet<>();
            read.changes().forEach(change -> seen.add(change.number()));
            known = seen;
            position = read.at();
            told = !fresh.isEmpty();
            if (told) {
                tell(fresh);
                telling.round(fresh);
                mark.write(position);
            }
        } finally {
            round.unlock();
        }
        return told;
    }

    /// Others need as long as this server does, so they begin first. Who is not woken looks a second later.
    private void wakeOthers() {
        if (committed.getAndSet(false)) {
            try {
                store.wakeOthers();
                telling.committed();
            } catch (RuntimeException failed) {
                LOG.atWarn().addKeyValue("store", store.name()).setCause(failed).log("other servers were not woken");
            }
        }
    }

    private void tell(List<StoreChange> changes) {
        told.addAndGet(changes.size());
        try {
            if (changes.stream().anyMatch(StoreChange::overturned)) {
                telling.reset("store " + store.name() + ": more was changed at once than can be told");
            } else {
                telling.changed(position, changes.getFirst().time(), tags(changes));
            }
        } catch (RuntimeException failed) {
            // It is not read again, so nobody may go on as if it had been told.
            LOG.atError().addKeyValue("store", store.name()).setCause(failed).log("a change could not be told");
            telling.reset("store " + store.name() + ": a change could not be told");
        }
    }

    private void sweep() {
        Instant now = clock.instant();
        if (swept.plus(SWEEP).isBefore(now)) {
            swept = now;
            // What changes nothing here moves the position too, and what is before it is forgotten at some time.
            mark.write(position);
            try {
                store.sweep();
            } catch (ProblemException failed) {
                LOG.atWarn().addKeyValue("store", store.name()).setCause(failed).log("old changes were not forgotten");
            }
        }
    }

    /// What came since somebody stood at `from`; null where nobody knows.
    @Nullable
    List<StoreChange> since(Position from) {
        StoreChanges read = store.changes(from);
        return read == null || read.changes().stream().anyMatch(StoreChange::overturned) ? null : read.changes();
    }

    /// What carries one of these may be old: the object itself, what was found by a value that came or
    /// went, and what depends on anything of the type.
    List<ObjectMessage.Tagged> tags(List<StoreChange> changes) {
        StoreKeys.Stamp stamp = keys.stamp("");
        Map<String, Long> versions = new LinkedHashMap<>();
        Set<String> unversioned = new LinkedHashSet<>();
        for (StoreChange change : changes) {
            for (StoreChange.Entry entry : change.entries()) {
                versions.merge(stamp.tag(entry.key()), entry.version(), ObjectMessage.Tagged::newer);
            }
            finders(change, stamp, unversioned);
        }
        List<ObjectMessage.Tagged> tags = new ArrayList<>(versions.size() + unversioned.size());
        versions.forEach((tag, version) -> tags.add(new ObjectMessage.Tagged(tag, version)));
        unversioned.forEach(tag -> tags.add(new ObjectMessage.Tagged(tag, 0)));
        return tags;
    }

    /// Of those the ones of what was found, which has no version.
    Set<String> finders(StoreChange change) {
        Set<String> unversioned = new LinkedHashSet<>();
        finders(change, keys.stamp(""), unversioned);
        return unversioned;
    }

    private static void finders(StoreChange change, StoreKeys.Stamp stamp, Set<String> unversioned) {
        for (StoreChange.Entry entry : change.entries()) {
            String type = entry.key().type();
            unversioned.add(stamp.tag(type));
            entry.fields().forEach((field, edit) -> {
                if (entry.kind() != StoreChange.Kind.CREATED) {
                    unversioned.add(stamp.tag(type, field, edit.before()));
                }
                if (entry.kind() != StoreChange.Kind.DELETED) {
                    unversioned.add(stamp.tag(type, field, edit.after()));
                }
            });
        }
    }

    @Override
    public void close() {
        closed = true;
        Thread running = thread;
        if (running != null) {
            // Not by an interrupt: that would close the file of an embedded database under it.
            wake.release();
            closing.countDown();
            try {
                running.join(TimeUnit.SECONDS.toMillis(2));
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
