package com.databroker.streams;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engines of the plane while they run, each stream's job, and the way from files to them.
final class StreamEngines implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamEngines.class);
    private static final long EXPIRY_SECONDS = 60;
    private static final Duration POLL = Duration.ofMillis(500);

    private final List<Source> sources;
    private final EmbeddedKafka kafka;
    private final EmbeddedFlink flink;
    private final LuceneHotStore hot;
    private final StreamSearch search;
    private final Admin admin;
    private final Map<String, ColdTable> tables = new LinkedHashMap<>();
    private final Map<String, Inbox> inboxes = new LinkedHashMap<>();
    private final Map<String, JobID> jobs = new LinkedHashMap<>();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /// Starts all of it; when this returns every job runs.
    static StreamEngines start(
            StreamsConfig config,
            Path folder,
            List<Source> sources,
            InstantSource clock,
            RandomGenerator random,
            Consumer<HotVisible> visible)
            throws IOException {
        return new StreamEngines(config, folder, sources, clock, random, visible);
    }

    private StreamEngines(
            StreamsConfig config,
            Path folder,
            List<Source> sources,
            InstantSource clock,
            RandomGenerator random,
            Consumer<HotVisible> visible)
            throws IOException {
        this.sources = sources;
        try {
            // The two that take longest come up beside one another.
            CompletableFuture<EmbeddedFlink> flinkStarts = CompletableFuture.supplyAsync(() -> EmbeddedFlink.start(
                    folder.resolve("flink"), config.checkpointInterval(), sources.size(), config.parallelism()));
            kafka = open(EmbeddedKafka.start(folder.resolve("kafka"), config.kafkaPort(), random));
            admin = open(Admin.create(kafka.address().client()));
            Topics.ensure(admin, sources, true);
            Cursors cursors = Cursors.read(kafka.address());
            Path hotFolder = folder.resolve("hot");
            hot = open(new LuceneHotStore(hotConfig(config, hotFolder), clock));
            hot.visible(visible);
            HotStores.publish(hotFolder, hot);
            opened.push(() -> HotStores.withdraw(hotFolder));
            search = new StreamSearch(hot, config.hotAge(), clock);
            Path cold = config.coldFolder() == null ? folder.resolve("cold") : config.coldFolder();
            flink = open(flinkStarts.join());
            for (Source source : sources) {
                String location = cold.resolve(source.name()).toAbsolutePath().toString();
                tables.put(source.name(), ColdTable.open(location, source));
                jobs.put(source.name(), flink.submit(job(source, location, hotFolder)));
            }
            opened.push(() -> flink.stop(jobs));
            for (Source source : sources) {
                Ingest ingest = open(new Ingest(source, kafka.address(), cursors, clock));
                Inbox inbox = open(new Inbox(source, ingest, clock));
                inboxes.put(source.name(), inbox);
                inbox.start();
            }
            expireEveryMinute();
        } catch (IOException | RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    private <T extends AutoCloseable> T open(T component) {
        opened.push(component);
        return component;
    }

    private static HotConfig hotConfig(StreamsConfig config, Path folder) {
        HotConfig defaults = HotConfig.in(folder);
        return new HotConfig(
                folder, config.hotAge(), config.hotSizeMax().bytes(), defaults.refresh(), defaults.timeout());
    }

    private StreamJob job(Source source, String cold, Path hotFolder) {
        return new StreamJob(
                source,
                kafka.address(),
                new HotSink(source, HotStores.published(hotFolder)),
                new ColdSink(cold, source),
                new ColdIds(cold, source),
                ArrivalType.of(source));
    }

    private void expireEveryMinute() {
        ScheduledExecutorService sweeper = open(Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("streams-sweeper").daemon().factory()));
        sweeper.scheduleWithFixedDelay(this::expire, EXPIRY_SECONDS, EXPIRY_SECONDS, TimeUnit.SECONDS);
    }

    private void expire() {
        try {
            hot.expire();
        } catch (IOException | RuntimeException failed) {
            LOG.atError().setCause(failed).log("old records of the hot store were not removed; it is tried again");
        }
    }

    KafkaAddress kafka() {
        return kafka.address();
    }

    void offer(InboxFile file) {
        Inbox inbox = inboxes.get(file.source());
        if (inbox != null) {
            inbox.offer(file);
        }
    }

    StreamAnswer search(Source source, StreamQuery query) throws IOException {
        return search.search(source, table(source), query);
    }

    private ColdTable table(Source source) {
        return java.util.Objects.requireNonNull(tables.get(source.name()));
    }

    List<StreamStatus> status() throws IOException {
        Map<String, HotStatus> hots = new HashMap<>();
        hot.status().forEach(each -> hots.put(each.stream(), each));
        List<StreamStatus> all = new ArrayList<>();
        for (Source source : sources) {
            all.add(status(source, hots.get(source.name())));
        }
        return all;
    }

    private StreamStatus status(Source source, @org.jspecify.annotations.Nullable HotStatus hots) throws IOException {
        Map<TopicPartition, Long> ends = ends(source.topic().name());
        Map<TopicPartition, Long> begins = offsets(source.topic().name(), OffsetSpec.earliest());
        long lag = 0;
        long collected = 0;
        var done = Topics.get(
                admin.listConsumerGroupOffsets(StreamJob.group(source)).partitionsToOffsetAndMetadata());
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            var safe = done.get(end.getKey());
            long begin = begins.getOrDefault(end.getKey(), 0L);
            lag += end.getValue() - (safe == null ? begin : safe.offset());
            collected += end.getValue();
        }
        long dead = ends(source.topic().dead()).values().stream().mapToLong(Long::longValue).sum();
        ColdTable.Statistics cold = table(source).statistics();
        Inbox inbox = java.util.Objects.requireNonNull(inboxes.get(source.name()));
        return new StreamStatus(
                source.name(),
                phase(source),
                "",
                collected,
                lag,
                dead,
                inbox.waiting(),
                hots == null ? 0 : hots.documents(),
                hots == null ? 0 : hots.bytes(),
                cold.rows(),
                cold.bytes(),
                hots == null ? List.of() : hots.damage());
    }

    private StreamStatus.Phase phase(Source source) {
        JobID job = java.util.Objects.requireNonNull(jobs.get(source.name()));
        return switch (flink.status(job)) {
            case INITIALIZING, CREATED -> StreamStatus.Phase.STARTING;
            case RUNNING -> StreamStatus.Phase.RUNNING;
            case RESTARTING, FAILING, RECONCILING -> StreamStatus.Phase.RESTARTING;
            case FAILED -> StreamStatus.Phase.FAILED;
            case CANCELLING, CANCELED, FINISHED, SUSPENDED -> StreamStatus.Phase.STOPPED;
        };
    }

    private Map<TopicPartition, Long> ends(String topic) throws IOException {
        return offsets(topic, OffsetSpec.latest());
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec which) throws IOException {
        var description = Topics.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        if (description != null) {
            description.partitions().forEach(each -> asked.put(new TopicPartition(topic, each.partition()), which));
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        Topics.get(admin.listOffsets(asked).all()).forEach((place, found) -> offsets.put(place, found.offset()));
        return offsets;
    }

    List<DeadLetter> dead(Source source, long after, int limit) throws IOException {
        Map<String, Object> settings = kafka.address().client();
        settings.put("isolation.level", "read_committed");
        TopicPartition topic = new TopicPartition(source.topic().dead(), 0);
        List<DeadLetter> letters = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(topic));
            long begin = consumer.beginningOffsets(List.of(topic)).getOrDefault(topic, 0L);
            long end = consumer.endOffsets(List.of(topic)).getOrDefault(topic, 0L);
            consumer.seek(topic, Math.max(begin, after + 1));
            while (consumer.position(topic) < end && letters.size() < limit) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (letters.size() < limit) {
                        letters.add(letter(record));
                    }
                }
            }
        }
        return letters;
    }

    private static DeadLetter letter(ConsumerRecord<String, byte[]> record) {
        Header reason = record.headers().lastHeader(DeadLetter.REASON);
        return new DeadLetter(
                record.key() == null ? "" : record.key(),
                reason == null ? "" : new String(reason.value(), StandardCharsets.UTF_8),
                Instant.ofEpochMilli(record.timestamp()),
                record.value() == null ? Bytes.EMPTY : Bytes.wrap(record.value()),
                record.offset());
    }

    /// In the reverse order of the start: nothing is taken in any more, the jobs stop at a checkpoint, then the engines.
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception failed) {
                // Whatever it is, the others are closed, too.
                LOG.atWarn().setCause(failed).log("a part of the streams plane did not close cleanly");
            }
        }
    }
}
