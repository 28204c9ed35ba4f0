package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is left after the process was killed, or the disk lost bytes.
final class LuceneCrashTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");

    @TempDir
    private @Nullable Path folder;

    private Path folder() {
        return java.util.Objects.requireNonNull(folder);
    }

    private HotStore open() throws IOException {
        return new LuceneHotStore(HotConfig.in(folder()), InstantSource.fixed(NOON));
    }

    private static void put(HotStore store, String id, Instant arrived) throws IOException {
        store.put(SOURCE, HotSource.arrival(id, NOON, arrived, "word"));
    }

    @Test
    void after_a_kill_everything_flushed_is_there_and_replaying_the_rest_makes_no_double() throws Exception {
        int begin = 0;
        for (int round = 0; round < 3; round++) {
            int safe = killed(begin, 3 + 2 * round);
            try (HotStore store = open()) {
                long held = store.count(SOURCE, StreamQuery.of("", 1));
                assertThat(held).as("round " + round).isGreaterThanOrEqualTo(safe);
                assertThat(store.status().get(0).damage()).isEmpty();
                // What was not known to be safe, and some of what was, comes again.
                int replayed = Math.max(0, safe - 60);
                for (int i = replayed; i < safe + 200; i++) {
                    put(store, "id" + i, NOON.minusSeconds(3600L * (i % 30)));
                }
                store.flush(SOURCE);
                int all = Math.max(safe + 200, (int) held);
                HotStoreContract.visible(store, SOURCE, all);
                List<StreamQuery.Hit> hits =
                        store.search(SOURCE, StreamQuery.of("", 10_000)).hits();
                assertThat(hits.stream().map(StreamQuery.Hit::id)).doesNotHaveDuplicates();
                begin = all;
            }
        }
    }

    /// Lets another process write until it has flushed so many times; says how many records it knew to be
    /// safe.
    private int killed(int begin, int flushes) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LuceneCrashWriter.class.getName(),
                        folder().toString(),
                        Integer.toString(begin))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int safe = begin;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            for (int i = 0; i < flushes; i++) {
                safe = Integer.parseInt(java.util.Objects.requireNonNull(said.readLine()));
            }
            // Through its handle, so that what it said before can still be read.
            process.toHandle().destroyForcibly();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                safe = Integer.parseInt(line);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return safe;
    }

    @Test
    void a_thread_that_is_interrupted_while_it_flushes_closes_nothing_for_others() throws Exception {
        try (HotStore store = open()) {
            for (int i = 0; i < 50; i++) {
                put(store, "a" + i, NOON);
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> store.flush(SOURCE)).isInstanceOf(IOException.class);
                assertThat(Thread.interrupted()).isTrue();
            }
            put(store, "b", NOON);
            store.flush(SOURCE);
            assertThat(store.life(SOURCE)).isZero();
            HotStoreContract.visible(store, SOURCE, 51);
        }
    }

    private List<Path> files(String day, String begin) throws IOException {
        try (Stream<Path> all = Files.list(folder().resolve("test").resolve(day))) {
            return all.filter(file -> String.valueOf(file.getFileName()).startsWith(begin))
                    .sorted(Comparator.comparing(file -> String.valueOf(file.getFileName())))
                    .toList();
        }
    }

    private void write(int days) throws IOException {
        try (HotStore store = open()) {
            for (int i = 0; i < 40; i++) {
                put(store, "a" + i, NOON.minusSeconds(86_400L * (i % days)));
            }
            store.flush(SOURCE);
            for (int i = 0; i < 40; i++) {
                put(store, "b" + i, NOON.minusSeconds(86_400L * (i % days)));
            }
            store.flush(SOURCE);
        }
    }

    @Test
    void a_newest_commit_that_is_broken_is_passed_over_for_the_one_before() throws Exception {
        write(1);
        List<Path> commits = files("2026-11-28", "segments_");
        assertThat(commits).hasSize(2);
        Files.write(commits.get(1), new byte[] {1, 2, 3});
        try (HotStore store = open()) {
            assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(40);
            StreamQuery.Answer answer = store.search(SOURCE, StreamQuery.of("id:a1 OR id:b1", 5));
            assertThat(answer.hits()).hasSize(1);
            assertThat(answer.partial()).contains("2026-11-28");
            put(store, "b1", NOON);
            HotStoreContract.visible(store, SOURCE, 41);
            store.flush(SOURCE);
        }
        try (HotStore store = open()) {
            assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(41);
        }
    }

    @Test
    void a_day_that_cannot_be_opened_is_set_aside_and_the_others_are_found() throws Exception {
        write(2);
        for (Path commit : files("2026-11-27", "segments_")) {
            Files.write(commit, new byte[0]);
        }
        try (HotStore store = open()) {
            assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(40);
            assertThat(store.status().get(0).damage()).hasSize(1).allMatch(what -> what.contains("2026-11-27"));
            put(store, "a1", NOON.minusSeconds(86_400));
            HotStoreContract.visible(store, SOURCE, 41);
        }
        try (HotStore store = open()) {
            // It is told until the day is past the retention.
            assertThat(store.search(SOURCE, StreamQuery.of("", 1)).partial()).contains("2026-11-27");
            assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(41);
        }
    }

    @Test
    void a_day_that_turns_out_to_be_broken_while_it_is_read_is_set_aside() throws Exception {
        write(2);
        for (Path file : files("2026-11-27", "_")) {
            if (String.valueOf(file.getFileName()).endsWith(".fdt")) {
                byte[] bytes = Files.readAllBytes(file);
                // Between what is looked at when it is opened.
                java.util.Arrays.fill(bytes, 60, bytes.length - 20, (byte) 0x5A);
                Files.write(file, bytes);
            }
        }
        try (HotStore store = open()) {
            StreamQuery.Answer answer = store.search(SOURCE, StreamQuery.of("", 1000));
            assertThat(answer.hits()).hasSize(40);
            assertThat(answer.partial()).contains("2026-11-27");
            assertThat(store.life(SOURCE)).isEqualTo(1);
        }
    }
}
