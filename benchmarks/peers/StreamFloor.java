package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.sources.GithubSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/// What the streams plane would do at best: files, Kafka, a plain consumer, Lucene and Delta in one process, without a
/// job, and so without checkpoints, restarts or a look whether a record was there before.
public final class StreamFloor {
    private static final Duration COMMIT_EVERY = Duration.ofSeconds(10);
    private static final int ROWS_MAX = 5000;

    private final InstantSource clock = InstantSource.system();
    private final Source source = new GithubSource();
    private final RecordParser parser = source.parser();
    private final List<Arrival> rows = new ArrayList<>();
    private final List<ColdFile> staged = new ArrayList<>();
    private final HotStore hot;
    private final ColdTable cold;
    private long commits;

    private StreamFloor(Path folder) throws Exception {
        hot = new LuceneHotStore(HotConfig.in(folder.resolve("hot")), clock);
        cold = ColdTable.open(folder.resolve("cold").toString(), source);
    }

    /// @param args a folder; then, twice, a folder of `*.json.gz` and how many records are in it: the second is timed
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        StreamFloor floor = new StreamFloor(folder);
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, new Random(1));
                Admin admin = Admin.create(kafka.address().client())) {
            Topics.ensure(admin, List.of(floor.source), Topics.Layout.EMBEDDED);
            floor.run(kafka.address(), folder, args);
        }
        Runtime.getRuntime().halt(0);
    }

    private void run(KafkaAddress kafka, Path folder, String[] args) throws Exception {
        Cursors cursors = new Cursors(kafka);
        RawArchive archive = new RawArchive(folder.resolve("raw"), Duration.ofDays(1), 1 << 20, clock);
        try (Ingest ingest = new Ingest(source, kafka, cursors, clock, archive, new Room(folder, 0));
                KafkaConsumer<String, byte[]> consumer =
                        new KafkaConsumer<>(consumer(kafka), new StringDeserializer(), new ByteArrayDeserializer())) {
            ingest.fence();
            cursors.read();
            consumer.subscribe(List.of(source.topic().name()));
            try (Inbox inbox = new Inbox(source, ingest, clock)) {
                inbox.start();
                pass(inbox, consumer, Path.of(args[1]), Long.parseLong(args[2]));
                long begin = System.nanoTime();
                long records = Long.parseLong(args[4]);
                pass(inbox, consumer, Path.of(args[3]), records);
                double seconds = (System.nanoTime() - begin) / 1e9;
                System.out.printf("{\"records\": %d, \"records_per_s\": %.0f}%n", records, records / seconds);
            }
        }
    }

    private static java.util.Map<String, Object> consumer(KafkaAddress kafka) {
        java.util.Map<String, Object> settings = new java.util.HashMap<>(kafka.client());
        settings.put("group.id", "floor");
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        return settings;
    }

    private void pass(Inbox inbox, KafkaConsumer<String, byte[]> consumer, Path files, long records) throws Exception {
        try (Stream<Path> all = Files.list(files)) {
            all.sorted().forEach(file -> inbox.offer(
                    new InboxFile(source.name(), file.toString(), file.toString(), () -> Files.newInputStream(file))));
        }
        long seen = 0;
        Instant commit = clock.instant().plus(COMMIT_EVERY);
        while (seen < records) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                put(record);
                seen++;
            }
            if (clock.instant().isAfter(commit)) {
                commit();
                commit = clock.instant().plus(COMMIT_EVERY);
            }
        }
        commit();
    }

    private void put(ConsumerRecord<String, byte[]> record) throws Exception {
        DataRecord parsed = parser.parse(
                new Collected(record.key(), Bytes.wrap(record.value())), Instant.ofEpochMilli(record.timestamp()));
        long arrived = record.timestamp() * 1000;
        Long time = (Long) parsed.get(source.timeField());
        Arrival arrival =
                new Arrival(parsed, time == null ? arrived : time, arrived, record.partition(), record.offset());
        hot.put(source, arrival);
        rows.add(arrival);
        if (rows.size() == ROWS_MAX) {
            stage();
        }
    }

    private void stage() throws Exception {
        staged.addAll(cold.stage(rows));
        rows.clear();
    }

    private void commit() throws Exception {
        stage();
        cold.commit("floor", ++commits, List.copyOf(staged));
        staged.clear();
        hot.flush(source);
    }
}
