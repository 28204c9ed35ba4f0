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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LuceneSettleTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private final InstantSource clock = now::get;

    private HotStore open() throws IOException {
        return new LuceneHotStore(
                new HotConfig(
                        folder, HotConfig.RETENTION, HotConfig.BYTES_MAX, Duration.ofMillis(10), HotConfig.TIMEOUT),
                clock);
    }

    /// Each commit leaves a part.
    private static void fill(HotStore store, int from, int count, Instant arrived) throws IOException {
        for (int i = from; i < from + count; i++) {
            store.put(SOURCE, HotSource.arrival("r" + i, NOON.plusSeconds(i), arrived, "word"));
            store.flush(SOURCE);
        }
    }

    private long parts(String day) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("test").resolve(day))) {
            return files.filter(file -> file.toString().endsWith(".si")).count();
        }
    }

    private static List<String> ids(HotStore store) throws IOException {
        return store.search(SOURCE, StreamQuery.of("word", 100)).hits().stream()
                .map(StreamQuery.Hit::id)
                .toList();
    }

    @Test
    void a_day_that_is_over_becomes_one_part_and_is_found_as_before() throws Exception {
        try (HotStore store = open()) {
            fill(store, 0, 6, NOON);
            HotStoreContract.visible(store, SOURCE, 6);
            store.expire();
            assertThat(parts("2026-11-28")).isGreaterThan(3);
            now.set(NOON.plus(1, ChronoUnit.DAYS));
            fill(store, 6, 6, now.get());
            HotStoreContract.visible(store, SOURCE, 12);
            Await.until("the day is one part, and no commit names another", () -> {
                store.expire();
                return parts("2026-11-28") == 1;
            });
            assertThat(parts("2026-11-29")).isGreaterThan(3);
            assertThat(ids(store)).hasSize(12).startsWith("r11").endsWith("r0");
            fill(store, 12, 1, NOON);
            HotStoreContract.visible(store, SOURCE, 13);
            assertThat(ids(store)).contains("r12");
        }
        try (HotStore again = open()) {
            assertThat(ids(again)).hasSize(13);
            assertThat(again.status().getFirst().damage()).isEmpty();
        }
    }

    @Test
    void a_store_that_is_closed_in_the_middle_of_it_has_everything_afterwards() throws Exception {
        try (HotStore store = open()) {
            fill(store, 0, 8, NOON);
            now.set(NOON.plus(1, ChronoUnit.DAYS));
            store.expire();
        }
        try (HotStore again = open()) {
            assertThat(ids(again)).hasSize(8);
            assertThat(again.status().getFirst().damage()).isEmpty();
        }
    }
}
