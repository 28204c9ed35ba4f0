package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What goes wrong around a plane, and what becomes of it.
final class StreamFaultsTest {
    @TempDir
    Path folder;

    private final Map<String, InboxFile> inbox = new ConcurrentHashMap<>();

    /// A clock that a test moves.
    private static final class Clock implements InstantSource {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return InstantSource.system().instant().plus(ahead);
        }
    }

    private StreamPlane plane(StreamsConfig config, InstantSource clock) throws InterruptedException {
        StreamPlane plane = StreamPlane.of(config, folder, List.of(LinesSource.named("a")), clock, new Random(1));
        plane.start(to -> inbox.values().forEach(to));
        plane.awaitStarted();
        assertThat(plane.failure()).isEmpty();
        return plane;
    }

    private void offer(StreamPlane plane, String path, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        InboxFile file =
                new InboxFile("a", path, Integer.toHexString(text.hashCode()), () -> new ByteArrayInputStream(bytes));
        inbox.put(path, file);
        plane.offer(file);
    }

    private static StreamStatus status(StreamPlane plane) {
        return plane.status().getFirst();
    }

    private static void await(StreamPlane plane, long hot, long cold, long dead) {
        Await.until(hot + " hot, " + cold + " cold, " + dead + " dead", () -> {
            StreamStatus status = status(plane);
            return status.waiting() == 0
                    && status.lag() == 0
                    && status.hot() == hot
                    && status.cold() == cold
                    && status.dead() == dead;
        });
    }

    private static StreamsConfig config() {
        return StreamsConfig.defaults().withCheckpointInterval(Duration.ofSeconds(1));
    }

    private static int offsetOf(List<DeadLetter> letters, String text) {
        return (int) letters.stream()
                .filter(letter -> letter.bytes().utf8().contains(text))
                .findFirst()
                .orElseThrow()
                .offset();
    }

    @Test
    void what_was_set_aside_is_corrected_and_sent_again_once_or_dropped_and_stays_closed() throws Exception {
        String lines = "one 1 fine\nbroken\ntwo 2 poison\nhopeless\nfour 4 poison\n";
        try (StreamPlane plane = plane(config(), InstantSource.system())) {
            offer(plane, "inbox/a/1.txt", lines);
            await(plane, 1, 1, 4);
            List<DeadLetter> letters = plane.dead("a", -1, 10);
            int broken = offsetOf(letters, "broken");
            int poison = offsetOf(letters, "\"at\":2");
            assertThatThrownBy(() -> plane.resend("a", poison, null))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("it says poison")
                    .extracting(refused -> ((ProblemException) refused).problem())
                    .isEqualTo(Problem.RECORD_UNREADABLE);
            assertThatThrownBy(() -> plane.resend("a", broken, null)).hasMessageContaining("less than three words");
            assertThat(plane.resend("a", poison, Bytes.utf8("{\"at\":2,\"text\":\"cured\"}")))
                    .isEqualTo(1);
            assertThat(plane.resend("a", broken, Bytes.utf8("three 3 mended\nfive 5 added\n")))
                    .isEqualTo(2);
            plane.drop("a", offsetOf(letters, "hopeless"));
            await(plane, 4, 4, 1);
            assertThatThrownBy(() -> plane.resend("a", poison, null))
                    .extracting(refused -> ((ProblemException) refused).problem())
                    .isEqualTo(Problem.NOT_FOUND);
            assertThat(plane.dead("a", -1, 10))
                    .hasSize(1)
                    .first()
                    .extracting(DeadLetter::id)
                    .isEqualTo("four");
            // What was set aside comes again, some of it at another place; those are the same letters.
            plane.replay("a", null, null);
            Await.until(
                    "it was replayed",
                    () -> plane.replayed("a").done() == 1 && status(plane).lag() == 0);
            await(plane, 4, 4, 1);
        }
        try (StreamPlane plane = plane(config(), InstantSource.system())) {
            await(plane, 4, 4, 1);
            assertThat(plane.search("a", StreamQuery.of("cured OR mended", 10)).hits())
                    .hasSize(2);
        }
    }

    /// Each took half a second, since the look ahead at the end of the topic was waited for.
    @Test
    void what_was_set_aside_is_closed_one_after_the_other_without_waiting() throws Exception {
        try (StreamPlane plane = plane(config(), InstantSource.system())) {
            offer(plane, "inbox/a/1.txt", "broken\n".repeat(60));
            await(plane, 0, 0, 60);
            assertTimeout(Duration.ofSeconds(15), () -> {
                for (DeadLetter letter : plane.dead("a", -1, 100)) {
                    plane.drop("a", letter.offset());
                }
            });
            await(plane, 0, 0, 0);
        }
    }

    @Test
    void a_clock_that_jumps_and_events_of_any_time_lose_nothing_and_everything_is_found() throws Exception {
        Clock clock = new Clock();
        try (StreamPlane plane = plane(config(), clock)) {
            offer(plane, "inbox/a/1.txt", LinesSource.lines("before", 0, 50));
            await(plane, 50, 50, 0);
            clock.ahead = Duration.ofDays(400);
            offer(plane, "inbox/a/2.txt", LinesSource.lines("ahead", 0, 50));
            Await.until(
                    "what came under a clock that is ahead is in both stores",
                    () -> status(plane).cold() == 100
                            && plane.search("a", StreamQuery.of("", 1000))
                                            .hits()
                                            .size()
                                    == 100);
            clock.ahead = Duration.ofDays(-3);
            offer(plane, "inbox/a/3.txt", LinesSource.lines("back", 0, 50));
            // Year 30000, the day before 1970, and nothing sensible at all.
            offer(plane, "inbox/a/4.txt", "far 884541340800 event\nlate -86400 event\nodd 9000000000000 event\n");
            await(plane, 153, 153, 0);
            clock.ahead = Duration.ZERO;
            offer(plane, "inbox/a/5.txt", LinesSource.lines("now", 0, 50));
            await(plane, 203, 203, 0);
            List<StreamQuery.Hit> hits =
                    plane.search("a", StreamQuery.of("", 1000)).hits();
            assertThat(hits).hasSize(203).extracting(StreamQuery.Hit::id).doesNotHaveDuplicates();
            assertThat(hits.getFirst().id()).as("the newest by its own time").isEqualTo("odd");
            assertThat(hits.getLast().id()).isEqualTo("late");
            StreamQuery sensible =
                    new StreamQuery("event", null, Instant.parse("2100-01-01T00:00:00Z"), 10, null, null, null);
            assertThat(plane.search("a", sensible).hits()).hasSize(1);
        }
    }

    @Test
    void the_clock_is_believed_when_it_has_gone_evenly_for_an_hour() {
        Clock clock = new Clock();
        ClockWatch watch = new ClockWatch(clock);
        watch.tick();
        assertThat(watch.isBelieved()).isTrue();
        clock.ahead = Duration.ofDays(400);
        watch.tick();
        assertThat(watch.isBelieved()).isFalse();
        for (int minute = 0; minute < 59; minute++) {
            watch.tick();
        }
        assertThat(watch.isBelieved()).isFalse();
        watch.tick();
        assertThat(watch.isBelieved()).isTrue();
        clock.ahead = Duration.ZERO;
        watch.tick();
        assertThat(watch.isBelieved()).isFalse();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Admin admin(int port) throws IOException {
        String secret = Files.readString(folder.resolve("kafka/secret")).strip();
        return Admin.create(KafkaAddress.plain(
                        "127.0.0.1:" + port,
                        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"databroker\""
                                + " password=\"" + secret + "\";")
                .client());
    }

    @Test
    void a_topic_that_somebody_deleted_is_made_again_and_what_it_held_is_taken_again() throws Exception {
        StreamsConfig defaults = config();
        int port = freePort();
        StreamsConfig config = new StreamsConfig(
                true,
                defaults.roomMin(),
                new StreamsConfig.Kafka(port, List.of(), null, -1, 0),
                defaults.flink(),
                defaults.hot(),
                defaults.cold(),
                defaults.raw(),
                defaults.collectors(),
                null,
                null,
                StreamsConfig.ViewsConfig.defaults());
        try (StreamPlane plane = plane(config, InstantSource.system());
                Admin admin = admin(port)) {
            offer(plane, "inbox/a/1.txt", LinesSource.lines("x", 0, 100));
            await(plane, 100, 100, 0);
            offer(plane, "inbox/a/2.txt", LinesSource.lines("x", 100, 5000));
            Await.until("it is in the topic", () -> status(plane).waiting() == 0);
            Topics.get(admin.deleteTopics(List.of("a_raw")).all());
            Await.until("it is said", () -> {
                try {
                    return status(plane).damage().toString().contains("a_raw was deleted");
                } catch (ProblemException between) {
                    return false;
                }
            });
            offer(plane, "inbox/a/3.txt", LinesSource.lines("x", 5000, 5100));
            await(plane, 5100, 5100, 0);
        }
        // The topic is known by now.
        try (StreamPlane plane = plane(config, InstantSource.system())) {
            offer(plane, "inbox/a/4.txt", LinesSource.lines("x", 5000, 5200));
            await(plane, 5200, 5200, 0);
            assertThat(status(plane).damage()).isEmpty();
        }
    }
}
