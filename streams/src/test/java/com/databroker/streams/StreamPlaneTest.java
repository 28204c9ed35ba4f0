package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamPlaneTest {
    private static final StreamsConfig CONFIG = StreamsConfig.defaults().withCheckpointInterval(Duration.ofMillis(500));

    @TempDir
    Path folder;

    /// A clock that a test moves.
    private static final class Clock implements InstantSource {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return InstantSource.system().instant().plus(ahead);
        }
    }

    private StreamPlane plane(InstantSource clock, Source... sources) throws InterruptedException {
        StreamPlane plane = StreamPlane.of(CONFIG, folder, List.of(sources), clock, new Random(1));
        plane.start(to -> {});
        plane.awaitStarted();
        assertThat(plane.failure()).isEmpty();
        return plane;
    }

    private static InboxFile file(String source, String path, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new InboxFile(source, path, Integer.toHexString(text.hashCode()), () -> new ByteArrayInputStream(bytes));
    }

    private static StreamStatus status(StreamPlane plane, String stream) {
        return plane.status().stream()
                .filter(each -> each.name().equals(stream))
                .findFirst()
                .orElseThrow();
    }

    /// Everything that was offered is in both stores.
    private static void awaitAll(StreamPlane plane, String stream, long hot, long cold) throws IOException {
        Await.until(stream + " has " + hot + " hot and " + cold + " cold", () -> {
            StreamStatus status = status(plane, stream);
            return status.waiting() == 0 && status.hot() == hot && status.cold() == cold && status.lag() == 0;
        });
    }

    @Test
    void a_file_is_found_told_and_kept_once_also_when_it_comes_again_and_after_a_restart() throws Exception {
        InboxFile file = file("a", "inbox/a/1.txt", LinesSource.lines("x", 0, 500));
        BlockingQueue<StreamChange> told = new LinkedBlockingQueue<>();
        try (StreamPlane plane = plane(InstantSource.system(), LinesSource.named("a"))) {
            plane.changes(told::addAll);
            plane.offer(file);
            awaitAll(plane, "a", 500, 500);
            plane.offer(file);
            // The same records in another file: the ids are known.
            plane.offer(file("a", "inbox/a/2.txt", LinesSource.lines("x", 400, 600)));
            awaitAll(plane, "a", 600, 600);
            StreamAnswer answer = plane.search("a", StreamQuery.of("\"line number 17\"", 10));
            assertThat(answer.hits()).extracting(StreamQuery.Hit::id).containsExactly("x-17");
            assertThat(told.stream().mapToLong(StreamChange::records).sum()).isEqualTo(600);
        }
        try (StreamPlane plane = plane(InstantSource.system(), LinesSource.named("a"))) {
            plane.offer(file);
            plane.offer(file("a", "inbox/a/3.txt", LinesSource.lines("x", 590, 610)));
            awaitAll(plane, "a", 610, 610);
        }
    }

    @Test
    void the_same_id_with_the_time_of_another_month_is_the_same_record_also_after_a_restart() throws Exception {
        Source monthly = new LinesSource("a", 2, true, Granularity.MONTH);
        Instant october = Instant.parse("2026-10-15T10:00:00Z");
        Instant november = Instant.parse("2026-11-15T10:00:00Z");
        try (StreamPlane plane = plane(InstantSource.system(), monthly)) {
            plane.offer(file("a", "inbox/a/1.txt", "777 " + october.getEpochSecond() + " first\n"));
            awaitAll(plane, "a", 1, 1);
            plane.offer(file(
                    "a",
                    "inbox/a/2.txt",
                    "777 " + november.getEpochSecond() + " second\n778 " + november.getEpochSecond() + " other\n"));
            awaitAll(plane, "a", 2, 2);
        }
        try (StreamPlane plane = plane(InstantSource.system(), monthly)) {
            plane.offer(file(
                    "a",
                    "inbox/a/3.txt",
                    "777 " + november.getEpochSecond() + " third\n778 " + october.getEpochSecond() + " third\n779 "
                            + october.getEpochSecond() + " new\n"));
            awaitAll(plane, "a", 3, 3);
            assertThat(plane.search("a", StreamQuery.of("first OR other OR new", 10))
                            .hits())
                    .extracting(StreamQuery.Hit::id)
                    .containsExactlyInAnyOrder("777", "778", "779");
            assertThat(plane.search("a", StreamQuery.of("second OR third", 10)).hits())
                    .isEmpty();
        }
    }

    /// Figures are asked for every few seconds, by whoever watches.
    @Test
    void how_a_stream_does_is_told_at_once_also_where_only_ends_of_transactions_follow() throws Exception {
        try (StreamPlane plane = plane(InstantSource.system(), LinesSource.named("a"))) {
            plane.offer(file("a", "inbox/a/1.txt", LinesSource.lines("x", 0, 50)));
            awaitAll(plane, "a", 50, 50);
            assertTimeout(Duration.ofSeconds(5), () -> {
                for (int i = 0; i < 40; i++) {
                    assertThat(status(plane, "a").lag()).isZero();
                }
            });
        }
    }

    @Test
    void what_cannot_become_a_record_is_set_aside_with_its_reason_and_the_others_go_on() throws Exception {
        try (StreamPlane plane = plane(InstantSource.system(), LinesSource.named("a"))) {
            plane.offer(file("a", "inbox/a/1.txt", "one 1 fine\nbroken\ntwo 2 poison\nthree 3 fine\n"));
            awaitAll(plane, "a", 2, 2);
            Await.until("both are set aside", () -> status(plane, "a").dead() == 2);
            assertThat(plane.dead("a", -1, 10))
                    .extracting(DeadLetter::reason)
                    .containsExactlyInAnyOrder("it has less than three words", "it says poison");
            assertThat(plane.dead("a", -1, 10))
                    .extracting(letter -> letter.head().utf8())
                    .containsExactlyInAnyOrder(LinesSource.HEAD, "");
        }
    }

    @Test
    void streams_do_not_hold_one_another_up_and_an_unknown_one_is_refused() throws Exception {
        try (StreamPlane plane = plane(InstantSource.system(), LinesSource.named("a"), LinesSource.named("b"))) {
            plane.offer(new InboxFile("a", "inbox/a/1.txt", "1", () -> {
                throw new IOException("the disk is away");
            }));
            plane.offer(file("b", "inbox/b/1.txt", LinesSource.lines("y", 0, 10)));
            awaitAll(plane, "b", 10, 10);
            assertThat(status(plane, "a").waiting()).isEqualTo(1);
            assertThatThrownBy(() -> plane.search("bb", StreamQuery.of("", 1)))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("did you mean b");
        }
    }

    @Test
    void a_search_goes_on_into_the_cold_store_with_neither_gap_nor_double_at_the_border() throws Exception {
        Clock clock = new Clock();
        try (StreamPlane plane = plane(clock, LinesSource.named("a"))) {
            clock.ahead = Duration.ofDays(-12);
            plane.offer(file("a", "inbox/a/1.txt", LinesSource.lines("old", 0, 300)));
            awaitAll(plane, "a", 300, 300);
            // Twelve days later they are found in the cold store only.
            clock.ahead = Duration.ZERO;
            plane.offer(file("a", "inbox/a/2.txt", LinesSource.lines("new", 200, 400)));
            awaitAll(plane, "a", 200, 500);
            List<String> found = new CopyOnWriteArrayList<>();
            StreamQuery query = StreamQuery.of("line", 70);
            for (StreamAnswer answer = plane.search("a", query); ; answer = plane.search("a", query)) {
                answer.hits().forEach(hit -> found.add(hit.id()));
                if (answer.next() == null) {
                    break;
                }
                query = query.after(answer.next());
            }
            assertThat(found).as("all pages").hasSize(500).doesNotHaveDuplicates();
            clock.ahead = Duration.ofDays(10).plusHours(1);
            assertThat(plane.search("a", StreamQuery.of("\"of new\"", 1000)).hits())
                    .hasSize(200);
        }
    }
}
