package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The objects of a broker, as one principal sees them: typed, related, cached, and never stale for good.
///
/// ```java
/// ObjectSpace space = broker.objects();
/// Person ada = space.get(Person.class, 42);
/// ada.dept().boss().name();                       // follows references; what is cached takes nanoseconds
/// space.find(Person.class).eq("dept", ada.dept()).with("boss").limit(100).list();
/// try (ObjectSession session = space.session()) {
///     session.edit(ada).name("Ada Lovelace");
///     session.commit();
/// }
/// ```
///
/// Objects are shared by all threads and never change; [Entity#obsolete] tells that a newer state is known,
/// which the next `get` shows. Whatever needs the broker waits for it, at most for the timeout of the
/// client, and then fails with a [ProblemException]. All methods may be called from any thread.
public final class ObjectSpace implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(100);

    /// Where nothing is amiss it is looked at less often: a program that only waits is to cost nothing.
    private static final Duration CALM_TICK = Duration.ofMillis(500);

    /// What became of a watched object.
    ///
    /// @param fields that differ from what was told before
    /// @param entity the new state, null where it was deleted
    public record Change(
            ObjectKey key,
            Set<String> fields,
            long version,
            @Nullable Entity entity) {}

    /// Ends when it is closed.
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /// How the cache does.
    ///
    /// @param hits reads that took no request
    /// @param misses reads that took one
    /// @param refusedLoads answers that were overtaken on their way and not kept: without that they were
    ///     stale for good
    /// @param invalidations tags that were told as changed
    /// @param gaps times that news were lost on the way
    /// @param resumes connections that went on where the one before had ended
    /// @param resets times that it was not known what had changed
    /// @param rows rows and results that are held
    /// @param bytes of them, by estimate
    /// @param staleness how many changes were heard of within how many milliseconds after their commit
    /// @param nPlusOne paths along which objects are fetched one by one, and what to do against it
    public record Stats(
            long hits,
            long misses,
            long refusedLoads,
            long invalidations,
            long gaps,
            long resumes,
            long resets,
            int rows,
            long bytes,
            List<Staleness> staleness,
            List<String> nPlusOne) {
        /// Of all reads, those that took no request.
        public double hitRate() {
            return hits + misses == 0 ? 0 : (double) hits / (hits + misses);
        }
    }

    /// @param millis at most so long, more than the one before; `Integer.MAX_VALUE` for whatever is longer
    public record Staleness(int millis, long count) {}

    private final RowCache cache;
    private final ObjectChannel channel;
    private final ObjectContext context;
    private final Watches watches = new Watches();
    private final Timer timer;
    private final RandomGenerator random;
    private final Duration calmTick;

    /// Guarded by the timer.
    private Future<?> next;

    ObjectSpace(Settings settings, ObjectLink.Opener opener, Timer timer) {
        this.timer = timer;
        this.random = settings.random();
        this.cache = new RowCache(
                settings.clock(),
                RowCache.Limits.DEFAULT,
                Admission.LEASE_AND_VERSION,
                (key, item, version) -> watches.changed(key));
        this.channel =
                new ObjectChannel(settings.clock(), settings.timeout(), null, new Backoff(random), opener, new News());
        this.context =
                new ObjectContext(cache, new ObjectLoader(channel, cache), channel, new NPlusOne(settings.clock()));
        this.calmTick = settings.timeout().compareTo(CALM_TICK.multipliedBy(4)) < 0 ? TICK : CALM_TICK;
        next = timer.after(TICK, this::tick);
    }

    private void tick() {
        channel.tick();
        tickAfter(channel.isCalm() ? calmTick : TICK);
    }

    private void tickAfter(Duration delay) {
        synchronized (timer) {
            next.cancel(false);
            next = timer.after(delay, this::tick);
        }
    }

    /// From the channel into the cache.
    private final class News implements ObjectChannel.Listener {
        @Override
        public void welcomed(ObjectMessage.Welcome welcome, boolean resumed) {
            context.typesAre(welcome.types());
            // A look may have failed while there was no connection.
            watches.reset();
            if (resumed) {
                cache.stats.resumed();
            } else {
                // A replica that lags behind it would answer what no news will ever correct.
                cache.news.demand(welcome.at());
            }
        }

        @Override
        public void changed(ObjectMessage.Changed changed, long lagMillis) {
            cache.stats.lagged(lagMillis);
            changed.tags().forEach(tag -> cache.changed(tag.tag(), tag.version(), changed.at()));
        }

        @Override
        public void reset(ObjectPosition at, boolean anew) {
            cache.reset(at, anew);
            watches.reset();
        }

        @Override
        public void gap() {
            cache.stats.gap();
        }

        @Override
        public void lost() {
            // What is cached goes on to be shown: the next connection says what of it has changed.
            tickAfter(TICK);
        }
    }

    static ObjectKey key(String type, @Nullable Object... parts) {
        Object only = parts.length == 1 ? parts[0] : null;
        if (only != null) {
            return ObjectKey.of(type, only);
        }
        List<String> texts = new ArrayList<>();
        for (Object part : parts) {
            if (part == null) {
                throw new ProblemException(Problem.OBJECT_KEY_INVALID, "a part of the key of a " + type + " is null");
            }
            texts.add(part.toString());
        }
        return new ObjectKey(type, texts);
    }

    /// The object of a key.
    ///
    /// @param key its parts, mostly one
    /// @throws ProblemException [com.databroker.core.Problem#OBJECT_NOT_FOUND]
    @SuppressWarnings("unchecked")
    public <T extends Entity> T get(Class<T> type, Object... key) {
        return (T) context.entity(ObjectRef.of(key(context.view(type).name, key)), type, null);
    }

    /// The object of a key, whose fields are read by their names.
    public Entity get(String type, Object... key) {
        return context.entity(ObjectRef.of(key(type, key)), Entity.class, null);
    }

    /// The newest state of an object.
    @SuppressWarnings("unchecked")
    public <T extends Entity> T refresh(T entity) {
        return (T) context.entity(Shown.refOf(entity), entity.getClass().getInterfaces()[0], null);
    }

    /// Objects of a type.
    public <T extends Entity> Finder<T> find(Class<T> type) {
        return new Finder<>(context, context.view(type).name, type);
    }

    /// Objects of a type, whose fields are read by their names.
    public Finder<Entity> find(String type) {
        return new Finder<>(context, type, Entity.class);
    }

    /// Calls a method of a type itself, as a query that has a name there.
    ///
    /// @return its value; a list of objects where it gives rows
    public @Nullable Object call(String type, String method, @Nullable Object... args) {
        return context.call(null, type, method, args, ObjectContext.Returns.ANY);
    }

    /// A unit of work.
    public ObjectSession session() {
        return new ObjectSession(context, this::commitId);
    }

    private UUID commitId() {
        synchronized (random) {
            long high = (random.nextLong() & ~0xF000L) | 0x4000L;
            long low = (random.nextLong() & ~(3L << 62)) | (1L << 63);
            return new UUID(high, low);
        }
    }

    /// The state of an object as a record that has nothing to do with the broker any more. Its components
    /// are named as fields; a record in it takes what a reference leads to, a list of records a collection,
    /// an [ObjectKey] the key.
    public <R extends Record> R snapshot(Entity entity, Class<R> type) {
        return Snapshots.of(entity, type);
    }

    /// Hears of changes of an object from the state on that `entity` shows. Several that come fast may be
    /// told as one. Listeners are called on a thread of their own, one at a time.
    public Watch watch(Entity entity, Consumer<Change> listener) {
        Row row = Shown.rowOf(entity);
        if (row == null) {
            throw new IllegalArgumentException("an object of a session is not watched");
        }
        return watches.add(context, entity, row, entity.getClass().getInterfaces()[0], listener);
    }

    /// Waits until everything up to a position can be seen here, as another's [ObjectSession#commit] gave
    /// it.
    public void await(ObjectPosition at) {
        context.await(context.loader.sync(at));
    }

    /// How the cache does, since this space was opened.
    public Stats stats() {
        CacheStats counted = cache.stats;
        List<Staleness> staleness = new ArrayList<>();
        for (int i = 0; i < CacheStats.LAG_MILLIS.length; i++) {
            staleness.add(new Staleness(CacheStats.LAG_MILLIS[i], counted.lag(i)));
        }
        staleness.add(new Staleness(Integer.MAX_VALUE, counted.lag(CacheStats.LAG_MILLIS.length)));
        return new Stats(
                cache.hits(),
                counted.misses(),
                counted.refusedLoads(),
                counted.invalidations(),
                counted.gaps(),
                counted.resumes(),
                counted.resets(),
                cache.count(),
                cache.weight(),
                staleness,
                context.nPlusOne.warnings());
    }

    /// Ends the connection. What is in hand still shows what it has; nothing is read any more, since nobody tells what
    /// has changed.
    @Override
    public void close() {
        channel.close();
        cache.reset(ObjectPosition.NONE, true);
        watches.close();
        timer.stop();
    }
}
