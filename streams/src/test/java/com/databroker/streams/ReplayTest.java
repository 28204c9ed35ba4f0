package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A parser is changed, and what was collected before goes through it.
final class ReplayTest {
    static final StreamsConfig CONFIG = StreamsConfig.defaults().withCheckpointInterval(Duration.ofSeconds(1));

    @TempDir
    Path folder;

    /// Files of a folder, whose names are their hashes.
    static void list(Path inbox, Consumer<InboxFile> to) {
        try (Stream<Path> files = Files.list(inbox)) {
            files.forEach(file -> {
                String name = String.valueOf(file.getFileName());
                to.accept(new InboxFile("a", name, name, () -> Files.newInputStream(file)));
            });
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private Path inbox() {
        return folder.resolve("inbox");
    }

    private StreamPlane plane(Source source) throws InterruptedException {
        StreamPlane plane =
                StreamPlane.of(CONFIG, folder.resolve("plane"), List.of(source), InstantSource.system(), new Random(1));
        Path spool = folder.resolve("spool");
        plane.collect(
                List.of(new OnePage()),
                new PoliteHttp(
                        new PoliteHttp.Manners("t", true, 1, Duration.ofSeconds(1), Map.of(), spool),
                        InstantSource.system()));
        plane.start(to -> list(inbox(), to));
        plane.awaitStarted();
        assertThat(plane.failure()).isEmpty();
        return plane;
    }

    /// Fetches a page once; it overlaps with the files.
    private static final class OnePage implements Collector {
        @Override
        public String name() {
            return "page";
        }

        @Override
        public String stream() {
            return "a";
        }

        @Override
        public String lease() {
            return "host";
        }

        @Override
        public String configured() {
            return "page";
        }

        @Override
        public Polled poll(Polling polling) {
            byte[] bytes = LinesSource.lines("x", 900, 1200).getBytes(StandardCharsets.UTF_8);
            Body page = new Body(
                    "page-1", "page", Map.of("etag", "1"), polling.now(), new java.io.ByteArrayInputStream(bytes));
            return Polled.of(List.of(page), Map.of(), null);
        }
    }

    private static void awaitDone(StreamPlane plane, long records) {
        Await.until(records + " are in both stores", () -> {
            StreamStatus status = plane.status().getFirst();
            return status.waiting() == 0
                    && status.lag() == 0
                    && status.hot() == records
                    && status.cold() == records
                    && plane.replayed("a").phase() != ReplayStatus.Phase.RUNNING;
        });
    }

    private static Map<String, StreamQuery.Hit> hot(StreamPlane plane) {
        Map<String, StreamQuery.Hit> hits = new TreeMap<>();
        StreamQuery query = StreamQuery.of("", 1000);
        for (StreamAnswer answer = plane.search("a", query); ; answer = plane.search("a", query)) {
            answer.hits().forEach(hit -> assertThat(hits.put(hit.id(), hit)).isNull());
            if (answer.next() == null) {
                return hits;
            }
            query = query.after(answer.next());
        }
    }

    private Map<String, Arrival> cold() throws IOException {
        Map<String, Arrival> rows = new TreeMap<>();
        ColdTable table = ColdTable.open(folder.resolve("plane/cold/a").toString(), LinesSource.named("a"));
        table.scan(ColdScan.ALL, row -> {
            Arrival arrival = row.arrival();
            assertThat(rows.put(arrival.id(), arrival))
                    .as("a second " + arrival.id())
                    .isNull();
            return true;
        });
        return rows;
    }

    private static String text(Arrival row) {
        return String.valueOf(row.record().get("text"));
    }

    private void collect(int lines) throws Exception {
        Files.createDirectories(inbox());
        for (int i = 0; i < 4; i++) {
            Files.writeString(
                    inbox().resolve("file-" + i), LinesSource.lines("x", i * lines - 10 * i, (i + 1) * lines));
        }
    }

    @Test
    void after_a_replay_each_id_is_there_once_as_the_new_parser_has_it_and_arrived_when_it_did() throws Exception {
        collect(250);
        try (StreamPlane plane = plane(LinesSource.named("a"))) {
            awaitDone(plane, 1200);
        }
        Map<String, Arrival> before = cold();
        try (StreamPlane plane = plane(ShoutedLines.named("a"))) {
            plane.replay("a", Instant.EPOCH, null);
            awaitDone(plane, 1200);
            ReplayStatus replayed = plane.replayed("a");
            assertThat(replayed.phase()).as(replayed.detail()).isEqualTo(ReplayStatus.Phase.DONE);
            assertThat(replayed.bodies()).as("the page and the files").isEqualTo(5);
            assertThat(replayed.done()).isEqualTo(5);
            Await.until(
                    "all of it is in the cold store",
                    () -> cold().values().stream().allMatch(row -> text(row).startsWith("LINE NUMBER")));
            assertThat(hot(plane).values())
                    .hasSize(1200)
                    .allSatisfy(hit -> assertThat(hit.json().utf8()).contains("LINE NUMBER"));
            // What lies in no body that is kept any more is left as it is, and a repeat is still known.
            plane.replay("a", InstantSource.system().instant().plusSeconds(60), null);
            awaitDone(plane, 1200);
            assertThat(plane.replayed("a").bodies()).isZero();
            assertThatThrownBy(() -> plane.replay("a", Instant.EPOCH.plusSeconds(1), Instant.EPOCH))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("is after to");
            assertThat(plane.status().getFirst().collected()).isEqualTo(1360);
        }
        Map<String, Arrival> after = cold();
        assertThat(after.keySet()).isEqualTo(before.keySet());
        after.forEach((id, row) -> {
            Arrival old = Objects.requireNonNull(before.get(id));
            long day = id.endsWith("0") ? Duration.ofDays(1).toNanos() / 1000 : 0;
            assertThat(row.time()).isEqualTo(old.time() + day);
            assertThat(Arrival.instant(row.arrived()))
                    .isBetween(Arrival.instant(old.arrived()).minusSeconds(60), Arrival.instant(old.arrived()));
        });
    }

    @Test
    void a_replay_that_was_killed_is_begun_again_and_each_id_is_there_once() throws Exception {
        collect(3_000);
        try (StreamPlane plane = plane(LinesSource.named("a"))) {
            awaitDone(plane, 12_000);
        }
        long seed = Long.getLong("kill.seed", 4712);
        SplittableRandom random = new SplittableRandom(seed);
        Path log = folder.resolve("log");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ReplayChild.class.getName(),
                        folder.resolve("plane").toString(),
                        inbox().toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            Await.until("the child replays", () -> Files.readString(log).contains("replaying"));
            assertThat(child.waitFor(500 + random.nextInt(3000), TimeUnit.MILLISECONDS))
                    .isFalse();
        } finally {
            child.destroyForcibly().waitFor();
        }
        try (StreamPlane plane = plane(ShoutedLines.named("a"))) {
            plane.replay("a", null, null);
            awaitDone(plane, 12_000);
            Await.until(
                    "all of it is in the cold store",
                    () -> cold().values().stream().allMatch(row -> text(row).startsWith("LINE NUMBER")));
            assertThat(cold()).as("seed " + seed).hasSize(12_000);
            assertThat(plane.status().getFirst().hot()).isEqualTo(12_000);
        }
    }
}
