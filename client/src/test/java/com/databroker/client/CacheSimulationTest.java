package com.databroker.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.Admission.Offer;
import com.databroker.client.CacheInvariant.CommitsAreDoneOnce;
import com.databroker.client.CacheInvariant.FindersSeeOwnChanges;
import com.databroker.client.CacheInvariant.NothingIsStaleForGood;
import com.databroker.client.CacheInvariant.NothingLeaks;
import com.databroker.client.CacheInvariant.ReadsNeverGoBack;
import com.databroker.client.CacheInvariant.WhatIsThereCanBeRead;
import com.databroker.client.Tombstones.Tombstone;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients of two servers over one database, while messages are late, lost, doubled and out of order and
/// servers crash between a commit and its announcement. Everything of a run comes from its seed.
///
/// `-Dobjects.seeds=100000` makes it longer, `-Dobjects.seed=…` repeats one, both run as many from that one on.
@Timeout(3600)
final class CacheSimulationTest {
    private static final int CACHE = 10;
    private static final int ROUNDS = 4;
    private static final @Nullable Long FIRST = Long.getLong("objects.seed");
    private static final int SEEDS = Integer.getInteger("objects.seeds", FIRST == null ? 100 : 1);

    private static final Admission WITHOUT_LEASE = (offer, known) ->
            Admission.LEASE_AND_VERSION.judge(new Offer(offer.item(), true, Long.MAX_VALUE, offer.at()), known);

    private static final Admission WITHOUT_VERSION = (offer, known) -> Admission.LEASE_AND_VERSION.judge(
            offer,
            known == null ? null : new Tombstone(0, known.arrival(), known.since(), 0, known.at(), 0, known.millis()));

    /// Takes versions for what only grows.
    private static final Admission BY_VERSION_ALONE =
            (offer, known) -> known != null && offer.item().isVersioned() && offer.item().version < known.version()
                    ? Admission.Verdict.OLD
                    : Admission.LEASE_AND_VERSION.judge(offer, known);

    /// So that most is forgotten, as by a client to which much more is told than it can remember.
    private static final int TOMBSTONES_FEW = 8;

    /// One client of the world, which does something now and then.
    private static final class Actor implements ObjectChannel.Listener {
        private final CacheWorld world;
        private final List<Actor> all;
        private final RowCache cache;
        private final ObjectChannel channel;
        private final ObjectLoader loader;
        private final ReadsNeverGoBack reads = new ReadsNeverGoBack();
        private final FindersSeeOwnChanges finders = new FindersSeeOwnChanges();
        private final CommitsAreDoneOnce commits = new CommitsAreDoneOnce();
        private ObjectPosition told = ObjectPosition.NONE;
        private @Nullable ObjectKey changed;
        private long changedTo;
        private long done;

        Actor(CacheWorld world, List<Actor> all, Admission admission) {
            this.world = world;
            this.all = all;
            this.cache = new RowCache(
                    world::instant,
                    new RowCache.Limits(CACHE, 1 << 20, 60_000, world.random.nextBoolean() ? 10_000 : TOMBSTONES_FEW),
                    admission,
                    (key, item, version) -> {});
            this.channel = new ObjectChannel(
                    world::instant,
                    Duration.ofSeconds(2),
                    null,
                    new Backoff(new SplittableRandom(world.random.nextLong())),
                    world::link,
                    this);
            this.loader = new ObjectLoader(channel, cache);
            world.every(50, channel::tick);
            world.every(9, () -> {
                if (!world.calm) {
                    act();
                }
            });
        }

        private void act() {
            switch (world.random.nextInt(8)) {
                case 0, 1, 2, 3 -> read(anyKey());
                case 4, 5 -> find(world.random.nextInt(CacheWorld.GROUPS));
                case 6 -> {
                    // As two threads of a program do.
                    change(anyKey());
                    change(anyKey());
                }
                default -> hearFrom(all.get(world.random.nextInt(all.size())));
            }
        }

        private ObjectKey anyKey() {
            return world.log.get(world.random.nextInt(world.log.size())).key();
        }

        private void read(ObjectKey key) {
            long floor = reads.floor(key);
            loader.row(ObjectRef.of(key), List.of())
                    .thenAccept(row -> {
                        done++;
                        reads.read(key, row == null ? null : (Long) row.wire("number"), floor);
                    })
                    .whenComplete(this::done);
        }

        private void find(int group) {
            int floor = finders.floor();
            loader.find(query(group), query(group), List.of(), 1000)
                    .thenAccept(result -> {
                        done++;
                        finders.found(
                                world,
                                group,
                                result.result().refs.stream()
                                        .map(ObjectRef::key)
                                        .toList(),
                                floor);
                    })
                    .whenComplete(this::done);
        }

        private static ObjectLoader.Query query(long group) {
            return new ObjectLoader.Query(
                    "Thing",
                    List.of(new ObjectMessage.Condition("group", ObjectMessage.Operator.EQUAL, List.of(group))),
                    List.of(),
                    null,
                    false);
        }

        private void change(ObjectKey key) {
            UUID commit = new UUID(world.random.nextLong(), world.random.nextLong());
            loader.row(ObjectRef.of(key), List.of())
                    .thenCompose(
                            row -> loader.commit(commit, List.of(update(row, key)), List.of(), cache.news.arrivals()))
                    .thenAccept(rows -> {
                        commits.acknowledged(world.commits.get(commit));
                        Row row = rows.get(0);
                        changed = key;
                        changedTo = Long.parseLong(String.valueOf(row.wire("number")));
                        reads.saw(key, changedTo);
                        world.log.stream()
                                .filter(one -> one.number() == changedTo)
                                .forEach(finders::committed);
                        told = cache.news.floor();
                        // Whoever has changed something looks at it.
                        read(key);
                    })
                    .whenComplete(this::done);
        }

        private static long version(Row row) {
            return Long.parseLong(String.valueOf(row.wire("version")));
        }

        private ObjectMessage.Op update(@Nullable Row row, ObjectKey key) {
            long version = row == null ? 0 : version(row);
            return new ObjectMessage.Update(
                    ObjectRef.of(key), version, Map.of("group", new ObjectMessage.Edit(0L, (long)
                            world.random.nextInt(CacheWorld.GROUPS))));
        }

        /// Another has told where it stands: what it did is seen from here on.
        private void hearFrom(Actor other) {
            ObjectKey key = other.changed;
            long version = other.changedTo;
            if (key != null) {
                loader.sync(other.told)
                        .thenAccept(synced -> {
                            reads.saw(key, world.mood.vague() ? 0 : version);
                            read(key);
                        })
                        .whenComplete(this::done);
            }
        }

        /// Reads everything there ever was.
        void readAll(WhatIsThereCanBeRead rest) {
            for (ObjectKey key : world.keys()) {
                rest.asked();
                loader.row(ObjectRef.of(key), List.of())
                        .whenComplete((row, failure) -> rest.answered(world, key, row, failure));
            }
        }

        private void done(Object nothing, @Nullable Throwable failure) {
            if (failure != null && Refusals.unwrap(failure) instanceof AssertionError violated) {
                throw violated;
            }
        }

        @Override
        public void welcomed(ObjectMessage.Welcome welcome, boolean resumed) {
            if (!resumed) {
                cache.news.demand(welcome.at());
            }
        }

        @Override
        public void changed(ObjectMessage.Changed news, long lagMillis) {
            news.tags().forEach(tag -> cache.changed(tag.tag(), tag.version(), news.at()));
        }

        @Override
        public void reset(ObjectPosition at, boolean anew) {
            cache.reset(at, anew);
        }

        @Override
        public void gap() {
            cache.stats.gap();
        }

        @Override
        public void lost() {}
    }

    private static List<Actor> run(long seed, Admission admission) {
        CacheWorld world = new CacheWorld(seed);
        List<Actor> actors = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            actors.add(new Actor(world, actors, admission));
        }
        world.every(13, () -> {
            if (!world.calm && world.random.nextInt(3) == 0) {
                world.commitAnything();
            }
        });
        try {
            for (int round = 0; round < ROUNDS; round++) {
                world.calm = false;
                world.runUntil(world.millis() + 400);
                world.calm = true;
                world.runUntil(world.millis() + 15_000);
                WhatIsThereCanBeRead rest = new WhatIsThereCanBeRead();
                actors.forEach(actor -> actor.readAll(rest));
                world.runUntil(world.millis() + 3_000);
                rest.rests();
                for (Actor actor : actors) {
                    new NothingIsStaleForGood().rests(world, actor.cache);
                    new NothingLeaks().rests(actor.cache, CACHE);
                }
            }
        } catch (AssertionError violated) {
            throw new AssertionError("seed " + seed + ", " + world.mood + ": " + violated.getMessage(), violated);
        }
        return actors;
    }

    @Test
    void no_client_holds_a_stale_row_for_good_and_no_session_breaks_its_promises() {
        long first = FIRST == null ? 0 : FIRST;
        long reads = 0;
        long refused = 0;
        long resets = 0;
        long gaps = 0;
        long hits = 0;
        for (long seed = first; seed < first + SEEDS; seed++) {
            for (Actor actor : run(seed, Admission.LEASE_AND_VERSION)) {
                reads += actor.done;
                refused += actor.cache.stats.refusedLoads();
                resets += actor.cache.stats.resets();
                gaps += actor.cache.stats.gaps();
                hits += actor.cache.hits();
            }
        }
        if (SEEDS >= 100) {
            // Otherwise it was a simulation of nothing.
            assertThat(reads).isGreaterThan(SEEDS * 100L);
            assertThat(hits).isGreaterThan(SEEDS * 20L);
            assertThat(refused).isGreaterThan(SEEDS);
            assertThat(resets).isGreaterThan(SEEDS / 20);
            assertThat(gaps).isGreaterThan(SEEDS / 20);
        }
    }

    @Test
    void a_cache_without_the_lease_is_caught() {
        assertThat(violation(WITHOUT_LEASE)).isNotNull();
    }

    @Test
    void a_cache_without_the_rule_of_versions_is_caught() {
        assertThat(violation(WITHOUT_VERSION)).isNotNull();
    }

    @Test
    void a_cache_that_takes_a_lesser_version_for_an_older_one_is_caught() {
        assertThat(violation(BY_VERSION_ALONE)).isNotNull();
    }

    private static @Nullable AssertionError violation(Admission admission) {
        for (long seed = 0; seed < 300; seed++) {
            try {
                run(seed, admission);
            } catch (AssertionError violated) {
                return violated;
            }
        }
        return null;
    }
}
