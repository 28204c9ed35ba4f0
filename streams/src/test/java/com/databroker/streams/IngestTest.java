package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IngestTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-28T12:00:00Z"));

    private EmbeddedKafka kafka;

    @BeforeAll
    void start(@TempDir Path folder) {
        kafka = EmbeddedKafka.start(folder, 0, new Random(1));
    }

    @AfterAll
    void stop() {
        kafka.close();
    }

    private Source source(String name) throws IOException {
        Source source = LinesSource.named(name);
        try (Admin admin = Admin.create(kafka.address().client())) {
            Topics.ensure(admin, List.of(source), true);
        }
        return source;
    }

    private Ingest ingest(Source source) {
        return new Ingest(source, kafka.address(), Cursors.read(kafka.address()), CLOCK);
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
        Map<String, Object> settings = kafka.address().client();
        settings.put("isolation.level", "read_committed");
        List<String> keys = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = new ArrayList<>();
            for (int i = 0; i < partitions; i++) {
                all.add(new TopicPartition(topic, i));
            }
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    keys.add(record.key());
                }
            }
        }
        return keys;
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
}
