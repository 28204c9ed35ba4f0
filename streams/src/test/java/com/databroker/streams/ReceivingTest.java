package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReceivingTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-28T12:00:00Z"));
    private static final byte[] NO_HEAD = {};
    private static final long ROOM = 64 << 20;

    private EmbeddedKafka kafka;

    @BeforeAll
    void start(@TempDir Path folder) {
        kafka = EmbeddedKafka.start(folder, 0, new Random(1));
    }

    @AfterAll
    void stop() {
        kafka.close();
    }

    /// Is pushed what the test says.
    private static final class Pushed implements Receiver {
        private final String stream;
        private final long spoolMax;
        private final CountDownLatch closing = new CountDownLatch(1);
        private final Consumer<Reception> pushes;

        Pushed(String stream, long spoolMax, Consumer<Reception> pushes) {
            this.stream = stream;
            this.spoolMax = spoolMax;
            this.pushes = pushes;
        }

        @Override
        public String name() {
            return "pushed";
        }

        @Override
        public String stream() {
            return stream;
        }

        @Override
        public long spoolMax() {
            return spoolMax;
        }

        @Override
        public void receive(Reception to) throws InterruptedException {
            pushes.accept(to);
            closing.await();
        }

        @Override
        public void close() {
            closing.countDown();
        }
    }

    private static void push(Reception to, String prefix, int from, int until) {
        for (int i = from; i < until; i += 1000) {
            int end = Math.min(until, i + 1000);
            byte[] bytes = LinesSource.lines(prefix, i, end).getBytes(StandardCharsets.UTF_8);
            to.take(bytes, 0, bytes.length, end - i, NO_HEAD);
        }
    }

    private Source source(String name) throws IOException {
        Source source = LinesSource.named(name);
        try (Admin admin = Admin.create(kafka.address().client())) {
            Topics.ensure(admin, List.of(source), Topics.Layout.EMBEDDED);
        }
        return source;
    }

    private Ingest ingest(Source source, Cursors cursors, Path folder) throws IOException {
        RawArchive archive = new RawArchive(folder.resolve("raw"), Duration.ofDays(1), 1 << 20, CLOCK);
        Ingest ingest = new Ingest(source, "pushed", kafka.address(), cursors, CLOCK, archive, new Room(folder, 0));
        ingest.fence();
        cursors.read();
        return ingest;
    }

    private List<String> keys(Source source) {
        return Committed.keys(kafka.address(), source.topic().name(), 2).stream()
                .sorted()
                .toList();
    }

    private static CollectorStatus.Pushed pushed(CollectorStatus status) {
        return Objects.requireNonNull(status.pushed());
    }

    /// In the order of [#keys].
    private static List<String> expected(String prefix, int until) {
        return IntStream.range(0, until)
                .mapToObj(i -> prefix + "-" + i)
                .sorted()
                .toList();
    }

    @Test
    void what_is_pushed_is_in_the_topic_soon_although_its_piece_goes_on_and_once_after_a_restart(@TempDir Path folder)
            throws Exception {
        Source source = source("soon");
        Cursors cursors = new Cursors(kafka.address());
        try (Ingest ingest = ingest(source, cursors, folder);
                Receiving first = new Receiving(
                        new Pushed("soon", ROOM, to -> push(to, "a", 0, 30_000)), folder, CLOCK, new Random(1))) {
            first.start();
            AutoCloseable engines = first.drain(ingest, cursors);
            Await.until("some are taken", () -> ingest.records() > 0);
            // The engines end, and come up again.
            engines.close();
            first.drain(ingest, cursors);
            Await.until("all is taken", () -> ingest.records() == 30_000);
        }
        Cursors again = new Cursors(kafka.address());
        try (Ingest ingest = ingest(source, again, folder);
                Receiving second = new Receiving(
                        new Pushed("soon", ROOM, to -> push(to, "a", 30_000, 30_010)), folder, CLOCK, new Random(2))) {
            second.start();
            second.drain(ingest, again);
            Await.until("the rest is taken", () -> ingest.records() == 30_010);
            assertThat(pushed(second.status()).received()).isEqualTo(10);
        }
        assertThat(keys(source)).isEqualTo(expected("a", 30_010));
    }

    @Test
    void what_came_before_the_engines_were_up_waits_and_what_has_no_room_is_dropped_and_counted(@TempDir Path folder)
            throws Exception {
        Source source = source("full");
        Cursors cursors = new Cursors(kafka.address());
        long line = LinesSource.lines("b", 1000, 1001).length();
        Pushed pushed = new Pushed("full", 100_000 * line, to -> push(to, "b", 0, 120_000));
        try (Ingest ingest = ingest(source, cursors, folder);
                Receiving receiving = new Receiving(pushed, folder, CLOCK, new Random(1))) {
            receiving.start();
            Await.until(
                    "all was pushed",
                    () -> pushed(receiving.status()).received()
                                    + pushed(receiving.status()).dropped()
                            == 120_000);
            CollectorStatus.Pushed full = pushed(receiving.status());
            assertThat(full.dropped()).isBetween(15_000L, 25_000L);
            assertThat(full.waitingBytes()).isBetween(90_000 * line, 100_000 * line);
            receiving.drain(ingest, cursors);
            Await.until("the rest is taken", () -> ingest.records() == full.received());
            Await.until("there is room", () -> pushed(receiving.status()).waitingBytes() < 50_000 * line);
            // Whole blocks from the front were kept.
            assertThat(keys(source)).isEqualTo(expected("b", (int) full.received()));
        }
    }

    @Test
    void what_a_kill_left_of_a_block_is_no_block_and_a_block_that_the_disk_changed_is_told(@TempDir Path folder)
            throws Exception {
        Source source = source("torn");
        Cursors cursors = new Cursors(kafka.address());
        Path spool = folder.resolve("pushed");
        try (Spool broken = Spool.open(spool, ROOM, CLOCK, new Random(1))) {
            for (int i = 0; i < 3; i++) {
                byte[] bytes = LinesSource.lines("c", i, i + 1).getBytes(StandardCharsets.UTF_8);
                broken.append(bytes, 0, bytes.length, NO_HEAD);
                broken.cut();
            }
        }
        Path torn = spool.resolve("0000000000000000");
        byte[] whole = Files.readAllBytes(torn);
        // The head of a block, and three bytes of it.
        Files.write(torn, Arrays.copyOfRange(whole, Spool.HEAD, Spool.HEAD + 11), StandardOpenOption.APPEND);
        Path changed = spool.resolve("0000000000000001");
        byte[] bytes = Files.readAllBytes(changed);
        bytes[bytes.length - 3] ^= 1;
        Files.write(changed, Arrays.copyOf(bytes, bytes.length + 50));
        try (Ingest ingest = ingest(source, cursors, folder);
                Receiving receiving = new Receiving(new Pushed("torn", ROOM, to -> {}), folder, CLOCK, new Random(2))) {
            receiving.start();
            receiving.drain(ingest, cursors);
            Await.until("all is taken", () -> pushed(receiving.status()).waitingBytes() == 0);
            assertThat(receiving.status().gaps()).isEqualTo(1);
        }
        assertThat(keys(source)).containsExactly("c-0", "c-2");
    }

    @Test
    void deliveries_are_in_the_topic_when_they_are_answered_and_share_transactions(@TempDir Path folder)
            throws Exception {
        Source source = source("hook");
        Cursors cursors = new Cursors(kafka.address());
        Deliveries deliveries = new Deliveries("hook", "github", CLOCK);
        try (Ingest ingest = ingest(source, cursors, folder)) {
            List<Thread> all = IntStream.range(0, 40)
                    .mapToObj(i -> Thread.ofPlatform().start(() -> {
                        byte[] line = LinesSource.lines("d", i, i + 1).getBytes(StandardCharsets.UTF_8);
                        deliveries.take(
                                new Body(
                                        "d" + i,
                                        "d",
                                        Map.of(),
                                        CLOCK.instant(),
                                        new java.io.ByteArrayInputStream(line)),
                                ingest);
                    }))
                    .toList();
            for (Thread each : all) {
                each.join();
            }
        }
        assertThat(keys(source)).isEqualTo(expected("d", 40));
        assertThat(pushed(deliveries.status()).received()).isEqualTo(40);
        assertThat(deliveries.status().failures()).isZero();
    }
}
