package com.databroker.objects;

import com.databroker.core.Durations;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Position;
import com.databroker.core.Span;
import com.databroker.objects.spi.StoreChange;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who hears of changes: those who hold copies, from where they stood; those who want each change; and those who tell
/// other servers that there is something.
final class ObjectTelling {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectTelling.class);

    private final InstantSource clock;
    private final List<ObjectListener> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<List<ObjectChange>>> watchers = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> commits = new CopyOnWriteArrayList<>();

    /// Held while somebody begins to listen, and while there come to be other stores.
    private final ReentrantLock entering = new ReentrantLock();

    ObjectTelling(InstantSource clock) {
        this.clock = clock;
    }

    int listeners() {
        return listeners.size();
    }

    void changes(Consumer<List<ObjectChange>> watcher) {
        watchers.add(watcher);
    }

    void commits(Consumer<String> watcher) {
        commits.add(watcher);
    }

    Relay.Telling of(String store, ObjectStores.Counts counts) {
        return new OfStore(store, counts);
    }

    /// Tells changes of one store to who listens.
    private final class OfStore implements Relay.Telling {
        private final String store;
        private final ObjectStores.Counts counts;

        OfStore(String store, ObjectStores.Counts counts) {
            this.store = store;
            this.counts = counts;
        }

        @Override
        public void changed(Position at, Instant committed, List<ObjectMessage.Tagged> tags) {
            // Of this store alone: what others have told is said by their own threads, after they told it.
            ObjectPosition here = new ObjectPosition(Map.of(store, at));
            each(listener -> listener.changed(here, committed, tags));
        }

        @Override
        public int listeners() {
            return listeners.size();
        }

        @Override
        public void round(List<StoreChange> changes) {
            List<ObjectChange> told = new ArrayList<>();
            Durations staleness = counts.staleness;
            Instant now = clock.instant();
            for (StoreChange change : changes) {
                staleness.add(Duration.between(change.time(), now).toNanos(), Span.NONE);
                change.entries().stream()
                        .filter(StoreChange.Entry::visible)
                        .forEach(entry -> told.add(ObjectChange.of(store, change, entry)));
            }
            for (Consumer<List<ObjectChange>> watcher : watchers) {
                try {
                    watcher.accept(told);
                } catch (RuntimeException failed) {
                    LOG.atError().setCause(failed).log("changes could not be announced");
                }
            }
        }

        @Override
        public void reset(String why) {
            counts.resets.increment();
            LOG.atInfo().addKeyValue("store", store).log("everything that clients hold is to be looked at again");
            beginAnew(why);
        }

        @Override
        public void committed() {
            commits.forEach(watcher -> watcher.accept(store));
        }
    }

    private void each(Consumer<ObjectListener> what) {
        for (ObjectListener listener : listeners) {
            try {
                what.accept(listener);
            } catch (RuntimeException failed) {
                LOG.atError().setCause(failed).log("somebody who listens to changes failed");
            }
        }
    }

    private void beginAnew(String why) {
        each(listener -> listener.reset(why));
    }

    /// Changes which stores there are, after which all who listen begin anew.
    void anew(String why, Runnable change) {
        entering.lock();
        try {
            change.run();
            beginAnew(why);
        } finally {
            entering.unlock();
        }
    }

    /// @param resumed whether everything since it stood somewhere is told
    /// @param at where the server stood
    /// @param from everything after it is told
    record Listening(boolean resumed, ObjectPosition at, ObjectPosition from, Runnable ends) implements AutoCloseable {
        @Override
        public void close() {
            ends.run();
        }
    }

    /// @param resume where the listener stood; null where it holds nothing
    Listening listen(ObjectStores stores, ObjectListener listener, @Nullable ObjectPosition resume) {
        entering.lock();
        try {
            return listening(stores, listener, resume);
        } finally {
            entering.unlock();
        }
    }

    private Listening listening(ObjectStores stores, ObjectListener listener, @Nullable ObjectPosition resume) {
        List<ObjectStores.Open> all = List.copyOf(stores.all());
        // No round is under way while it is told what it missed: so nothing is left out, and nothing comes before it.
        all.forEach(open -> open.relay().round.lock());
        try {
            ObjectPosition at = stores.position();
            ObjectPosition from = resume == null ? null : catchUp(listener, resume, at, stores);
            listeners.add(listener);
            return new Listening(from != null, at, from == null ? at : from, () -> listeners.remove(listener));
        } finally {
            all.forEach(open -> open.relay().round.unlock());
        }
    }

    /// @return where the listener stood, of every store; null where it cannot be told what it missed
    private static @Nullable ObjectPosition catchUp(
            ObjectListener listener, ObjectPosition resume, ObjectPosition at, ObjectStores stores) {
        if (!Collections.disjoint(stores.away(), resume.stores().keySet())) {
            // Nobody knows what was missed of a store that is away.
            return null;
        }
        Collection<ObjectStores.Open> all = stores.all();
        Map<String, List<StoreChange>> missed = new HashMap<>();
        Map<String, Position> stood = new HashMap<>(at.stores());
        for (ObjectStores.Open open : all) {
            String name = open.store().name();
            Position from = resume.stores().get(name);
            // Of a store that was not there when it stood there, it holds nothing.
            List<StoreChange> since = from == null ? List.of() : open.relay().since(from);
            if (since == null) {
                return null;
            }
            missed.put(name, since);
            stood.put(name, from == null ? open.relay().position() : from);
        }
        // Whoever is cut off in between has heard only a part: it stands where it stood until the last of them.
        missed.values().removeIf(List::isEmpty);
        int left = missed.size();
        for (ObjectStores.Open open : all) {
            List<StoreChange> changes = missed.get(open.store().name());
            if (changes != null) {
                left--;
                listener.changed(
                        left == 0 ? at : ObjectPosition.NONE,
                        changes.getFirst().time(),
                        open.relay().tags(changes));
            }
        }
        return new ObjectPosition(stood);
    }
}
