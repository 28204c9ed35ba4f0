package com.databroker.client;

import com.databroker.client.ObjectSpace.Change;
import com.databroker.core.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Who watches which object. News make it fetched anew, and what differs is told, on the one thread of the
/// listeners.
final class Watches implements AutoCloseable {
    private static final int WAITING_MAX = 10_000;

    private final Map<ObjectKey, List<One>> watched = new ConcurrentHashMap<>();
    private final Dispatcher dispatcher = new Dispatcher(WAITING_MAX, Long.MAX_VALUE, () -> {});

    /// One watch. Holding the object keeps its tag known, so that news of it are not lost when its row is
    /// evicted.
    final class One implements ObjectSpace.Watch {
        private final ObjectContext context;
        private final Consumer<Change> listener;
        private final ObjectKey key;
        private final Class<?> shown;
        private final AtomicBoolean waits = new AtomicBoolean();
        private volatile boolean closed;
        private @Nullable Entity entity;
        private Row row;

        private One(ObjectContext context, Entity entity, Row row, Class<?> shown, Consumer<Change> listener) {
            this.context = context;
            this.entity = entity;
            this.row = row;
            this.key = row.ref.key();
            this.shown = shown;
            this.listener = listener;
        }

        private void wake() {
            // At most one look waits for each, however many news there are.
            if (waits.compareAndSet(false, true)) {
                dispatcher.add(0, this::look);
            }
        }

        private void look() {
            waits.set(false);
            if (closed) {
                return;
            }
            Row now = context.await(context.loader.row(row.ref, List.of()));
            if (now == row || (now == null && entity == null)) {
                return;
            }
            Set<String> fields = now == null ? Set.of() : differing(row, now);
            entity = now == null ? null : context.entity(now, shown);
            long version = now == null ? row.version + 1 : now.version;
            row = now == null ? row : now;
            listener.accept(new Change(key, fields, version, entity));
        }

        @Override
        public void close() {
            closed = true;
            watched.computeIfPresent(key, (same, all) -> {
                all.remove(this);
                return all.isEmpty() ? null : all;
            });
        }
    }

    private static Set<String> differing(Row before, Row now) {
        Set<String> fields = new TreeSet<>();
        for (String name : now.shape.names) {
            if (!Row.isSame(before.wire(name), now.wire(name))) {
                fields.add(name);
            }
        }
        return fields;
    }

    One add(ObjectContext context, Entity entity, Row row, Class<?> shown, Consumer<Change> listener) {
        One one = new One(context, entity, row, shown, listener);
        watched.compute(one.key, (key, there) -> {
            List<One> all = there == null ? new CopyOnWriteArrayList<>() : there;
            all.add(one);
            return all;
        });
        if (context.isObsolete(row)) {
            one.wake();
        }
        return one;
    }

    void changed(Object key) {
        List<One> all = key instanceof ObjectKey ? watched.get(key) : null;
        if (all != null) {
            all.forEach(One::wake);
        }
    }

    /// Nobody knows what has changed: every one looks.
    void reset() {
        watched.values().forEach(all -> all.forEach(One::wake));
    }

    @Override
    public void close() {
        watched.clear();
        dispatcher.close();
    }
}
