package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LuceneRetentionTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");
    private static final Source OTHER = HotSource.named("other");

    @TempDir
    private @Nullable Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private final InstantSource clock = now::get;

    private Path folder() {
        return java.util.Objects.requireNonNull(folder);
    }

    private HotStore open(long bytesMax) throws IOException {
        return new LuceneHotStore(
                new HotConfig(folder(), Duration.ofDays(10), bytesMax, Duration.ofMillis(10), HotConfig.TIMEOUT),
                clock);
    }

    private static void put(HotStore store, Source source, String id, Instant arrived) throws IOException {
        store.put(source, HotSource.arrival(id, NOON, arrived, "word"));
    }

    private static List<String> ids(HotStore store) throws IOException {
        return store.search(SOURCE, StreamQuery.of("word", 100)).hits().stream()
                .map(StreamQuery.Hit::id)
                .toList();
    }

    private List<String> days() throws IOException {
        try (Stream<Path> all = Files.list(folder().resolve("test"))) {
            return all.map(day -> String.valueOf(day.getFileName())).sorted().toList();
        }
    }

    @Test
    void what_arrived_ten_days_ago_is_not_found_from_that_very_moment_on() throws Exception {
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "a", NOON.plusSeconds(1));
            put(store, SOURCE, "b", NOON.plusSeconds(2));
            HotStoreContract.visible(store, SOURCE, 2);
            now.set(NOON.plus(10, ChronoUnit.DAYS).plusSeconds(1));
            assertThat(ids(store)).containsExactly("a", "b");
            now.set(now.get().plus(1, ChronoUnit.MICROS));
            assertThat(ids(store)).containsExactly("b");
            assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(1);
            assertThat(store.status().get(0).oldest()).isAfterOrEqualTo(NOON.plusSeconds(1));
        }
    }

    @Test
    void what_is_put_last_counts_also_where_it_is_too_old_to_be_kept() throws Exception {
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "a", NOON.minus(9, ChronoUnit.DAYS));
            put(store, SOURCE, "b", NOON);
            HotStoreContract.visible(store, SOURCE, 2);
            put(store, SOURCE, "a", NOON.minus(11, ChronoUnit.DAYS));
            HotStoreContract.visible(store, SOURCE, 1);
            assertThat(ids(store)).containsExactly("b");
        }
    }

    @Test
    void what_is_past_the_retention_is_not_kept() throws Exception {
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "a", NOON);
            put(store, SOURCE, "b", NOON.plus(11, ChronoUnit.HOURS));
            put(store, SOURCE, "c", NOON.minus(1, ChronoUnit.DAYS));
            store.flush(SOURCE);
            HotStoreContract.visible(store, SOURCE, 3);
            assertThat(days()).containsExactly("2026-11-27", "2026-11-28");

            now.set(NOON.plus(10, ChronoUnit.DAYS).plus(2, ChronoUnit.HOURS));
            store.expire();
            assertThat(days()).containsExactly("2026-11-28");
            // With the retention out of the way it shows that the record itself has gone.
            now.set(NOON);
            put(store, SOURCE, "d", NOON);
            HotStoreContract.visible(store, SOURCE, 1, "id:d");
            assertThat(ids(store)).containsExactly("b", "d");

            now.set(NOON.plus(12, ChronoUnit.DAYS));
            store.expire();
            assertThat(days()).isEmpty();
            assertThat(store.status().get(0).oldest()).isNull();
        }
    }

    @Test
    void what_comes_too_late_is_left_out_and_counted() throws Exception {
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "a", NOON.minus(11, ChronoUnit.DAYS));
            put(store, SOURCE, "b", NOON);
            HotStoreContract.visible(store, SOURCE, 1);
            assertThat(store.status().get(0).tooOld()).isEqualTo(1);
        }
    }

    @Test
    void what_claims_to_come_from_the_future_goes_as_if_it_came_tomorrow() throws Exception {
        try (HotStore store = open(Long.MAX_VALUE)) {
            put(store, SOURCE, "a", NOON.plus(4000, ChronoUnit.DAYS));
            HotStoreContract.visible(store, SOURCE, 1);
            assertThat(days()).containsExactly("2026-11-29");
        }
    }

    @Test
    void a_full_disk_costs_the_oldest_days_of_all_streams_and_the_status_tells() throws Exception {
        try (HotStore store = open(1)) {
            put(store, OTHER, "a", NOON.minus(3, ChronoUnit.DAYS));
            put(store, SOURCE, "b", NOON.minus(1, ChronoUnit.DAYS));
            put(store, SOURCE, "c", NOON.minus(30, ChronoUnit.MINUTES));
            put(store, SOURCE, "d", NOON);
            HotStoreContract.visible(store, SOURCE, 3);
            store.flush(SOURCE);
            store.expire();
            assertThat(days()).containsExactly("2026-11-28");
            HotStatus status = store.status().stream()
                    .filter(each -> each.stream().equals("test"))
                    .findAny()
                    .orElseThrow();
            assertThat(status.droppedEarly()).isPositive();
            // What was dropped does not come back, whoever puts it again.
            put(store, SOURCE, "b", NOON.minus(1, ChronoUnit.DAYS));
            assertThat(days()).containsExactly("2026-11-28");
        }
    }

    @Test
    void within_the_limit_nothing_goes_early() throws Exception {
        try (HotStore store = open(1L << 30)) {
            put(store, SOURCE, "b", NOON.minus(9, ChronoUnit.DAYS));
            HotStoreContract.visible(store, SOURCE, 1);
            store.expire();
            assertThat(ids(store)).containsExactly("b");
            assertThat(store.status().get(0).droppedEarly()).isZero();
        }
    }
}
