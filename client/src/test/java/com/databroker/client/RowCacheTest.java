package com.databroker.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.CacheEntry.Lease;
import com.databroker.client.CacheEntry.Overtaken;
import com.databroker.client.RowCache.Claim;
import com.databroker.core.ObjectPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RowCacheTest {
    private static final ObjectPosition EARLY = ObjectPosition.parse("s:1-1");
    private static final ObjectPosition LATER = ObjectPosition.parse("s:1-2");

    private static final class Item extends Cached {
        final String text;

        Item(String text, long version, int weight, String... tags) {
            super(List.of(tags), version, weight);
            this.text = text;
        }

        @Override
        boolean isSame(Cached other) {
            return other instanceof Item item && item.version == version && item.text.equals(text);
        }
    }

    /// A live object. No record: two of one item are two.
    private static final class Shows implements CacheEntry.Shows {
        private final Cached item;

        Shows(Cached item) {
            this.item = item;
        }

        @Override
        public Cached item() {
            return item;
        }
    }

    private final AtomicLong now = new AtomicLong(1_000_000);
    private final List<String> dropped = new ArrayList<>();
    private final RowCache cache = cache(100, 1 << 20);

    private RowCache cache(int count, long weight) {
        return new RowCache(
                () -> Instant.ofEpochMilli(now.get()),
                new RowCache.Limits(count, weight, 60_000, 1000),
                Admission.LEASE_AND_VERSION,
                (key, item, version) -> dropped.add(key + "@" + version));
    }

    private static Item row(String key, long version) {
        return new Item(key, version, 100, "tag-" + key);
    }

    private static Lease lease(RowCache of, String key) {
        Claim claim = of.claim(key);
        assertThat(claim.mine()).as("whether " + key + " is to be loaded").isTrue();
        return Objects.requireNonNull(claim.lease());
    }

    private Item load(String key, long version) {
        return load(cache, key, version);
    }

    private static Item load(RowCache into, String key, long version) {
        Item row = row(key, version);
        assertThat(into.admit(lease(into, key), row, EARLY)).isSameAs(row);
        return row;
    }

    private static @Nullable Cached held(RowCache in, String key) {
        return in.entry(key).item();
    }

    @Test
    void who_asks_for_what_is_being_loaded_joins() {
        Lease first = lease(cache, "a");
        Claim second = cache.claim("a");
        assertThat(second.mine()).isFalse();
        Item row = row("a", 1);
        cache.admit(first, row, EARLY);
        assertThat(Objects.requireNonNull(second.lease()).outcome).isCompletedWithValue(row);
        assertThat(cache.claim("a").item()).isSameAs(row);
        assertThat(cache.hits()).isEqualTo(1);
        assertThat(cache.stats.misses()).isEqualTo(1);
    }

    @Test
    void an_answer_that_is_older_than_the_news_is_asked_for_again() {
        Lease lease = lease(cache, "a");
        Claim joined = cache.claim("a");
        cache.changed("tag-a", 2, LATER);
        assertThat(cache.admit(lease, row("a", 1), EARLY)).isNull();
        assertThat(Objects.requireNonNull(joined.lease()).outcome)
                .failsWithin(java.time.Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(Overtaken.class);
        assertThat(held(cache, "a")).isNull();
        assertThat(cache.stats.refusedLoads()).isEqualTo(1);
        load("a", 2);
    }

    @Test
    void an_answer_that_has_seen_the_news_is_kept() {
        Lease lease = lease(cache, "a");
        cache.changed("tag-a", 2, LATER);
        Item row = row("a", 2);
        assertThat(cache.admit(lease, row, LATER)).isSameAs(row);
        assertThat(held(cache, "a")).isSameAs(row);
    }

    @Test
    void the_echo_of_what_is_here_already_drops_nothing() {
        Item row = load("a", 2);
        cache.changed("tag-a", 2, LATER);
        assertThat(held(cache, "a")).isSameAs(row);
        assertThat(row.isObsolete()).isFalse();
        cache.changed("tag-a", 3, LATER);
        assertThat(held(cache, "a")).isNull();
        assertThat(row.isObsolete()).isTrue();
        assertThat(dropped).containsExactly("a@3");
    }

    @Test
    void what_was_made_anew_is_not_obsolete_however_often_its_news_come() {
        Item before = load("a", 7);
        cache.changed("tag-a", 9, EARLY);
        assertThat(cache.news.isOvertaken(before)).isTrue();
        Item anew = row("a", 1);
        assertThat(cache.admit(lease(cache, "a"), anew, LATER)).isSameAs(anew);
        cache.changed("tag-a", 1, ObjectPosition.NONE);
        assertThat(cache.news.isOvertaken(anew)).isFalse();
        // As a row is that was not kept, since news came while it was asked for.
        cache.news.remember(anew);
        assertThat(cache.news.isOvertaken(anew)).isFalse();
        assertThat(cache.news.isOvertaken(before)).isTrue();
        cache.changed("tag-a", 10, LATER);
        assertThat(cache.news.isOvertaken(anew)).isTrue();
    }

    @Test
    void a_finder_that_was_overtaken_on_its_way_is_served_to_who_asked_and_to_nobody_else() {
        Lease lease = lease(cache, "find");
        Claim joined = cache.claim("find");
        cache.changed("dept=7", 0, LATER);
        Item result = new Item("old", Cached.UNVERSIONED, 10, "dept=7");
        assertThat(cache.admit(lease, result, LATER)).isSameAs(result);
        assertThat(Objects.requireNonNull(joined.lease()).outcome).isCompletedExceptionally();
        assertThat(held(cache, "find")).isNull();
    }

    @Test
    void a_finder_from_a_replica_that_has_not_seen_the_news_is_asked_for_again() {
        cache.changed("dept=7", 0, LATER);
        assertThat(cache.admit(lease(cache, "find"), new Item("old", 0, 10, "dept=7"), EARLY))
                .isNull();
        Item result = new Item("new", 0, 10, "dept=7");
        assertThat(cache.admit(lease(cache, "find"), result, LATER)).isSameAs(result);
        assertThat(held(cache, "find")).isSameAs(result);
    }

    @Test
    void results_are_dropped_by_their_tags_and_by_no_others() {
        Item seven = new Item("7", 0, 10, "dept=7", "name=Ada");
        Item eight = new Item("8", 0, 10, "dept=8", "name=Ada");
        cache.admit(lease(cache, "find7"), seven, EARLY);
        cache.admit(lease(cache, "find8"), eight, EARLY);
        cache.changed("dept=9", 0, LATER);
        cache.changed("dept=7", 0, LATER);
        assertThat(held(cache, "find7")).isNull();
        assertThat(held(cache, "find8")).isSameAs(eight);
        cache.changed("name=Ada", 0, LATER);
        assertThat(held(cache, "find8")).isNull();
    }

    @Test
    void what_is_used_often_survives_a_scan_and_what_is_not_used_is_freed() {
        RowCache small = cache(50, 1 << 20);
        for (int i = 0; i < 5; i++) {
            load(small, "often" + i, 1);
        }
        load(small, "unused", 1);
        for (int i = 0; i < 150; i++) {
            load(small, "once" + i, 1);
            for (int often = 0; often < 5; often++) {
                assertThat(held(small, "often" + often))
                        .as("often" + often + " after " + i)
                        .isNotNull();
            }
        }
        assertThat(held(small, "unused")).isNull();
        assertThat(small.count()).isEqualTo(50);
    }

    @Test
    void what_was_used_often_before_a_scan_survives_it_without_being_used_meanwhile() {
        RowCache small = cache(50, 1 << 20);
        for (int i = 0; i < 5; i++) {
            load(small, "often" + i, 1);
            for (int use = 0; use < 20; use++) {
                held(small, "often" + i);
            }
        }
        for (int i = 0; i < 150; i++) {
            load(small, "once" + i, 1);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(held(small, "often" + i)).isNotNull();
        }
    }

    @Test
    void its_bytes_are_bounded_too() {
        RowCache small = cache(1000, 1000);
        for (int i = 0; i < 100; i++) {
            load(small, "row" + i, 1);
        }
        assertThat(small.weight()).isLessThanOrEqualTo(1000);
        assertThat(small.count()).isEqualTo(10);
    }

    @Test
    void after_a_reset_rows_are_verified_in_batches_and_stay_the_same_where_they_are() {
        Item a = load("a", 1);
        Item b = load("b", 1);
        Lease underway = lease(cache, "c");
        cache.admit(lease(cache, "find"), new Item("found", 0, 10, "t"), EARLY);
        cache.reset(LATER, false);
        assertThat(held(cache, "a")).isNull();
        assertThat(held(cache, "find")).isNull();
        assertThat(cache.admit(underway, row("c", 1), LATER)).isNotNull();
        assertThat(held(cache, "c")).as("what was under way").isNull();

        Lease first = lease(cache, "a");
        List<Lease> others = cache.claimUnverified(100);
        assertThat(others).extracting(lease -> lease.entry.key).containsExactly("b");
        assertThat(cache.admit(first, row("a", 1), LATER))
                .as("the very row of before")
                .isSameAs(a);
        Item newer = row("b", 2);
        assertThat(cache.admit(others.get(0), newer, LATER)).isSameAs(newer);
        assertThat(a.isObsolete()).isFalse();
        assertThat(b.isObsolete()).isTrue();
    }

    @Test
    void after_a_reset_nothing_is_kept_that_has_not_seen_as_much_as_the_server() {
        cache.reset(LATER, false);
        assertThat(cache.admit(lease(cache, "a"), row("a", 1), EARLY)).isNull();
        assertThat(cache.admit(lease(cache, "a"), row("a", 1), LATER)).isNotNull();
    }

    @Test
    void a_row_has_one_live_object_until_it_changes() {
        Item row = load("a", 1);
        Object object = cache.live(cache.entry("a"), new Shows(row));
        assertThat(cache.live(cache.entry("a"), new Shows(row))).isSameAs(object);
        cache.changed("tag-a", 2, LATER);
        Item newer = row("a", 2);
        cache.admit(lease(cache, "a"), newer, LATER);
        assertThat(cache.live(cache.entry("a"), new Shows(newer))).isNotSameAs(object);
    }

    @Test
    void an_evicted_row_whose_object_is_held_is_there_without_a_request_until_it_changes() {
        RowCache small = cache(1, 1 << 20);
        Item row = load(small, "a", 1);
        CacheEntry.Shows object = small.live(small.entry("a"), new Shows(row));
        load(small, "b", 1);
        assertThat(small.claim("a").item()).isSameAs(row);
        assertThat(small.live(small.entry("a"), new Shows(row))).isSameAs(object);
        load(small, "b", 1);
        small.changed("tag-a", 2, LATER);
        assertThat(row.isObsolete()).isTrue();
        assertThat(small.claim("a").mine()).isTrue();
        assertThat(object.item()).as("held all the while").isSameAs(row);
    }

    @Test
    void nothing_is_left_of_what_is_gone() {
        for (int i = 0; i < 100; i++) {
            Item row = load("a" + i, 1);
            cache.live(cache.entry("a" + i), new Shows(row));
            cache.changed("tag-a" + i, 2, LATER);
        }
        cache.absent(lease(cache, "missing"));
        cache.failed(lease(cache, "failed"), new IllegalStateException("the test's"));
        cache.claim("x");
        assertThat(cache.size()).isEqualTo(1);
        assertThat(cache.tags()).isZero();
    }

    /// The races that the simulation on one thread cannot have.
    @Test
    void threads_that_load_and_news_that_come_leave_nothing_stale() throws Exception {
        RowCache shared = cache(20, 1 << 20);
        AtomicLong[] truth = new AtomicLong[40];
        for (int i = 0; i < truth.length; i++) {
            truth[i] = new AtomicLong(1);
        }
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            boolean writes = t == 0;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 100_000; i++) {
                    int key = ThreadLocalRandom.current().nextInt(truth.length);
                    if (writes && i % 4 == 0) {
                        shared.changed("tag-" + key, truth[key].incrementAndGet(), LATER);
                    } else {
                        read(shared, key, truth[key]);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (CacheEntry entry : shared.entries()) {
            Cached item = entry.state instanceof Cached there ? there : entry.held();
            if (item != null) {
                assertThat(item.version).isEqualTo(truth[Integer.parseInt((String) entry.key)].get());
            }
        }
        assertThat(shared.count()).isLessThanOrEqualTo(20);
    }

    private static void read(RowCache from, int key, AtomicLong truth) {
        Claim claim = from.claim(Integer.toString(key));
        Lease lease = claim.lease();
        Cached served;
        if (lease == null) {
            served = claim.item();
        } else if (claim.mine()) {
            served = from.admit(lease, row(Integer.toString(key), truth.get()), LATER);
        } else {
            try {
                served = lease.outcome.join();
            } catch (CompletionException again) {
                served = null;
            }
        }
        if (served != null) {
            from.live(from.entry(Integer.toString(key)), new Shows(served));
        }
    }
}
