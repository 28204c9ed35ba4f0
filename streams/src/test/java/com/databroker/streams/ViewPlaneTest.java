package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Views of a whole plane, while records keep coming in.
final class ViewPlaneTest {
    private static final long FIRST = 1_700_000_000L;

    @TempDir
    Path folder;

    private volatile Duration ahead = Duration.ZERO;

    private final Map<String, Long> brute = new TreeMap<>();
    private long offered;

    private StreamPlane plane(String at) throws InterruptedException {
        InstantSource clock = () -> InstantSource.system().instant().plus(ahead);
        StreamsConfig defaults = StreamsConfig.defaults().withCheckpointInterval(Duration.ofMillis(500));
        StreamsConfig config = new StreamsConfig(
                true,
                defaults.roomMin(),
                defaults.kafka(),
                defaults.flink(),
                defaults.hot(),
                defaults.cold(),
                defaults.raw(),
                defaults.collectors(),
                null,
                null,
                new StreamsConfig.ViewsConfig(at));
        StreamPlane plane = StreamPlane.of(config, folder, List.of(LinesSource.named("a")), clock, new Random(1));
        plane.start(to -> {});
        plane.awaitStarted();
        assertThat(plane.failure()).isEmpty();
        return plane;
    }

    /// A file with records of some days, not in their order; some stood in a file before.
    private InboxFile file(int number) {
        Random random = new Random(number);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            Random again = new Random(number * 270L + i);
            long time = FIRST + again.nextInt(10 * 86_400);
            String word = "w" + again.nextInt(8);
            String id = "r" + (number * 270 + i);
            lines.append(id + " " + time + " " + word + " and the rest\n");
            // The last thirty come in the next file again.
            if (number == 0 || i >= 30) {
                LocalDate day =
                        Instant.ofEpochSecond(time).atOffset(ZoneOffset.UTC).toLocalDate();
                brute.merge(day + " " + word, 1L, Long::sum);
                offered++;
            }
        }
        byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
        return new InboxFile("a", "inbox/a/" + number, "v" + random.nextLong(), () -> new ByteArrayInputStream(bytes));
    }

    private static ViewAnswer answer(StreamPlane plane) {
        return plane.views()
                .answer(
                        "a-words",
                        new ViewQuery(LocalDate.parse("2023-11-01"), LocalDate.parse("2023-12-01"), 20, null));
    }

    private static long records(ViewAnswer answer) {
        return answer.days().stream().mapToLong(ViewAnswer.Day::records).sum();
    }

    private static Map<String, Long> counts(ViewAnswer answer) {
        Map<String, Long> counts = new TreeMap<>();
        answer.days().forEach(day -> day.rows().forEach(row -> counts.put(day.day() + " " + row.key(), row.count())));
        return counts;
    }

    private static ViewStatus status(StreamPlane plane, String view) {
        return plane.views().status().stream()
                .filter(each -> each.view().name().equals(view))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void answers_are_whole_while_records_come_and_runs_happen_and_the_clock_asks_for_runs_too() throws Exception {
        String at = DateTimeFormatter.ofPattern("HH:mm")
                .format(InstantSource.system()
                        .instant()
                        .atOffset(ZoneOffset.UTC)
                        .plusHours(12));
        try (StreamPlane plane = plane(at)) {
            List<Long> seen = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                plane.offer(file(i));
                long run = i % 2 == 0 ? plane.views().run("a-words") : 0;
                StreamStatus before = plane.status().getFirst();
                long stored = Math.min(before.hot(), before.cold());
                ViewAnswer answer = answer(plane);
                // What is stored and can be found is counted, and nothing twice.
                seen.add(records(answer));
                assertThat(seen.getLast()).isBetween(i == 0 ? 0 : stored, offered);
                if (i == 0) {
                    Await.until(
                            "the first run has ended",
                            () -> status(plane, "a-words").done() >= run);
                }
            }
            Await.until("all is counted", () -> counts(answer(plane)).equals(brute));
            Await.until("nobody runs", () -> !status(plane, "a-words").isRunning());
            assertThat(counts(answer(plane))).isEqualTo(brute);
            assertThat(status(plane, "a-words").failure()).isEmpty();
            assertThat(status(plane, "a-terms").horizon()).isNull();
            ahead = Duration.ofHours(13);
            Await.until(
                    "the clock asked for a run", () -> status(plane, "a-terms").done() == 1);
            assertThat(status(plane, "a-terms")).satisfies(terms -> {
                assertThat(terms.failure()).isEmpty();
                assertThat(terms.rows()).isPositive();
                assertThat(terms.next()).isNotNull();
            });
            assertThat(answer(plane).partial()).isNull();
        }
        try (StreamPlane plane = plane("off")) {
            assertThat(counts(answer(plane))).isEqualTo(brute);
            assertThat(status(plane, "a-words").ended()).isNotNull();
            assertThat(status(plane, "a-words").next()).isNull();
        }
    }
}
