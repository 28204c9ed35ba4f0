package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IngestTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-28T12:00:00Z"));

    private EmbeddedKafka kafka;
    private RawArchive archive;

    @BeforeAll
    void start(@TempDir Path folder) {
        kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, new Random(1));
        archive = new RawArchive(folder.resolve("raw"), Duration.ofDays(1), 1 << 30, CLOCK);
    }

    @AfterAll
    void stop() {
        kafka.close();
    }

    private Source source(String name) throws IOException {
        Source source = LinesSource.named(name);
        try (Admin admin = Admin.create(kafka.address().client())) {
            Topics.ensure(admin, List.of(source), Topics.Layout.EMBEDDED);
        }
        return source;
    }

    private Cursors cursors() throws IOException {
        Cursors cursors = new Cursors(kafka.address());
        cursors.read();
        return cursors;
    }

    private Ingest ingest(Source source) throws IOException {
        return new Ingest(source, kafka.address(), cursors(), CLOCK, archive, new Room(Path.of("."), 0));
    }

    /// A disk that goes away.
    private static final class Broken extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("the disk went away");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return read();
        }
    }

    private static Body body(String id, InputStream bytes) {
        return new Body(id, "test", Map.of(), CLOCK.instant(), bytes);
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Keys of all committed records of a topic, in the order of their partitions.
    private List<String> keys(String topic, int partitions) {
        return Committed.keys(kafka.address(), topic, partitions);
    }

    @Test
    void the_same_body_again_changes_nothing_also_after_a_restart() throws Exception {
        Source source = source("again");
        try (Ingest ingest = ingest(source)) {
            assertThat(ingest.take(body("b1", stream(LinesSource.lines("a", 0, 100)))))
                    .isEqualTo(new Ingest.Progress(100, 0, true));
            ingest.take(body("b1", stream(LinesSource.lines("a", 0, 100))));
        }
        try (Ingest ingest = ingest(source)) {
            ingest.take(body("b1", stream(LinesSource.lines("a", 0, 100))));
        }
        assertThat(keys("again_raw", 2)).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void what_cannot_be_read_is_set_aside_and_the_rest_goes_on() throws Exception {
        Source source = source("broken");
        try (Ingest ingest = ingest(source)) {
            assertThat(ingest.take(body("b1", stream("a 1 x\nnothing\nb 2 y\n"))))
                    .isEqualTo(new Ingest.Progress(2, 1, true));
        }
        assertThat(keys("broken_raw", 2)).containsExactlyInAnyOrder("a", "b");
        assertThat(keys("broken_raw_dead", 1)).containsExactly("test (b1), line 2");
    }

    @Test
    void a_record_that_is_too_large_costs_itself_and_no_other() throws Exception {
        Source source = source("giant");
        String giant = "a 1 x\nb 2 " + "y".repeat(Collected.JSON_BYTES_MAX) + "\n" + "c".repeat(600) + " 3 z\nd 4 z\n";
        try (Ingest ingest = ingest(source)) {
            assertThat(ingest.take(body("b1", stream(giant)))).isEqualTo(new Ingest.Progress(2, 2, true));
            assertThat(ingest.records()).isEqualTo(2);
        }
        assertThat(keys("giant_raw", 2)).containsExactlyInAnyOrder("a", "d");
        assertThat(keys("giant_raw_dead", 1)).containsExactly("test (b1), record 2", "test (b1), record 3");
    }

    @Test
    void a_body_that_breaks_off_leaves_nothing_and_is_taken_whole_later() throws Exception {
        Source source = source("cut");
        InputStream cut = new SequenceInputStream(stream(LinesSource.lines("a", 0, 10)), new Broken());
        try (Ingest ingest = ingest(source)) {
            assertThatThrownBy(() -> ingest.take(body("b1", cut))).hasMessage("the disk went away");
            assertThat(keys("cut_raw", 2)).isEmpty();
            ingest.take(body("b1", stream(LinesSource.lines("a", 0, 10))));
        }
        assertThat(keys("cut_raw", 2)).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void a_large_body_that_breaks_off_goes_on_where_it_was() throws Exception {
        Source source = source("large");
        String all = LinesSource.lines("a", 0, 50_000);
        int half = all.indexOf("a-45000");
        InputStream cut = new SequenceInputStream(stream(all.substring(0, half)), new Broken());
        try (Ingest ingest = ingest(source)) {
            assertThatThrownBy(() -> ingest.take(body("b1", cut))).hasMessage("the disk went away");
            assertThat(ingest.progress("b1")).isEqualTo(new Ingest.Progress(40_000, 0, false));
        }
        try (Ingest ingest = ingest(source)) {
            ingest.take(body("b1", stream(all)));
        }
        assertThat(keys("large_raw", 2)).hasSize(50_000).doesNotHaveDuplicates();
    }

    @Test
    void an_id_set_knows_what_was_added_and_nothing_else() {
        IdSet ids = new IdSet();
        for (int i = 0; i < 100_000; i++) {
            assertThat(ids.add("id-" + i)).isTrue();
        }
        for (int i = 0; i < 100_000; i++) {
            assertThat(ids.add("id-" + i)).isFalse();
        }
        assertThat(ids.size()).isEqualTo(100_000);
        assertThat(ids.bytes()).isLessThan(40 * 100_000L);
    }

    /// What a collector keeps, where the plane keeps it.
    private static final class Kept implements Collection.Kept {
        private final Ingest ingest;
        private final Cursors cursors;

        Kept(Ingest ingest, Cursors cursors) {
            this.ingest = ingest;
            this.cursors = cursors;
        }

        @Override
        public Optional<Bytes> cursor(String key) {
            return cursors.get(key);
        }

        @Override
        public Ingest.Progress take(String stream, List<Body> bodies, String key, Bytes cursor) throws IOException {
            return ingest.take(bodies, key, cursor);
        }
    }

    /// Two pages a step; dies in the second page of its third step, the first time.
    private record Pages(Source source, AtomicBoolean dies) implements Collector {
        @Override
        public String name() {
            return "pages";
        }

        @Override
        public String stream() {
            return source.name();
        }

        @Override
        public String lease() {
            return "host";
        }

        @Override
        public String configured() {
            return "pages";
        }

        @Override
        public Polled poll(Polling polling) {
            int step = (int) polling.number("step");
            List<Body> bodies = new ArrayList<>();
            for (int page = 2 * step; page < 2 * step + 2; page++) {
                InputStream bytes = IngestTest.stream(LinesSource.lines("p", 10 * page, 10 * page + 10));
                boolean breaks = page == 5 && dies.compareAndSet(true, false);
                bodies.add(body("page" + page, breaks ? new SequenceInputStream(bytes, new Broken()) : bytes));
            }
            return Polled.of(bodies, Map.of("step", step + 1L), step == 4 ? null : polling.now());
        }
    }

    @Test
    void records_of_a_collector_and_its_place_are_kept_together_over_failures_and_restarts(@TempDir Path spool)
            throws Exception {
        Source source = source("collected");
        PoliteHttp.Manners manners = new PoliteHttp.Manners("t", true, 1, Duration.ofSeconds(1), Map.of(), spool);
        Instant[] now = {CLOCK.instant()};
        InstantSource clock = () -> now[0];
        AtomicBoolean dies = new AtomicBoolean(true);
        try (PoliteHttp http = new PoliteHttp(manners, clock)) {
            for (int i = 0; i < 6; i++) {
                Cursors cursors = cursors();
                try (Ingest ingest =
                        new Ingest(source, kafka.address(), cursors, CLOCK, archive, new Room(Path.of("."), 0))) {
                    List<Collector> pages = List.of(new Pages(source, dies));
                    new Collection(pages, http, new Kept(ingest, cursors), clock, new Random(1)).stepDue();
                }
                now[0] = now[0].plusSeconds(120);
            }
        }
        assertThat(dies.get()).as("it died once").isFalse();
        assertThat(archive.list("collected"))
                .as("each page is kept once, though one was fetched twice")
                .hasSize(10);
        assertThat(keys("collected_raw", 2)).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void a_body_of_a_collector_that_needs_several_transactions_is_not_taken_twice_and_leaves_no_trace()
            throws Exception {
        Source source = source("hours");
        String hour = LinesSource.lines("h", 0, 45_000);
        Cursors cursors = cursors();
        try (Ingest ingest = new Ingest(source, kafka.address(), cursors, CLOCK, archive, new Room(Path.of("."), 0))) {
            InputStream broken = new SequenceInputStream(stream(LinesSource.lines("h", 0, 30_000)), new Broken());
            assertThatThrownBy(() -> ingest.take(List.of(body("h0", broken)), "hours/collector/h", Bytes.utf8("{}")))
                    .hasMessageContaining("went away");
            assertThat(archive.list("hours")).isEmpty();
            // As a kill between two transactions leaves it.
            InputStream killed = new SequenceInputStream(stream(LinesSource.lines("h", 0, 30_000)), new Broken());
            assertThatThrownBy(() -> ingest.take(body("h1", killed))).hasMessageContaining("went away");
        }
        assertThat(keys("hours_raw", 2)).hasSize(20_000);
        assertThat(cursors().get("hours/collector/h")).isEmpty();
        try (Ingest ingest = ingest(source)) {
            assertThat(ingest.records()).isEqualTo(20_000);
            ingest.take(List.of(body("h1", stream(hour))), "hours/collector/h", Bytes.utf8("{}"));
            assertThat(ingest.records()).isEqualTo(45_000);
        }
        assertThat(keys("hours_raw", 2)).hasSize(45_000).doesNotHaveDuplicates();
        Cursors after = cursors();
        assertThat(after.get("hours/collector/h")).isPresent();
        assertThat(after.get("hours/body/h1")).isEmpty();
    }
}
