package com.databroker.streams;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells what came into the hot store where a job on a cluster puts it there, and no store of this process sees it.
///
/// What a job has made safe can be found. How far that is, it tells Kafka at each checkpoint ([SafeOffsets]), so the
/// records of the raw topic up to there are those that came; repeats, which the job drops, are among them. What came
/// while nobody looked is not told later.
final class JobArrivals implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobArrivals.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int POLLS_MAX = 240;

    private final List<Source> sources;
    private final Admin admin;
    private final Consumer<HotVisible> to;
    private final KafkaConsumer<String, Boolean> consumer;
    private final Map<String, Map<TopicPartition, Long>> told = new HashMap<>();
    private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("job-arrivals").daemon().factory());

    JobArrivals(Admin admin, KafkaAddress kafka, List<Source> sources, Consumer<HotVisible> to) {
        this.admin = admin;
        this.sources = sources;
        this.to = to;
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        // Their keys are wanted only.
        Deserializer<Boolean> nothing = (topic, value) -> true;
        consumer = new KafkaConsumer<>(settings, new StringDeserializer(), nothing);
    }

    void start() {
        watcher.scheduleWithFixedDelay(this::look, 0, 1, TimeUnit.SECONDS);
    }

    private void look() {
        for (Source source : sources) {
            try {
                look(source);
            } catch (IOException | RuntimeException failed) {
                LOG.atDebug()
                        .addKeyValue("stream", source.name())
                        .setCause(failed)
                        .log("what came is told at the next look");
            }
        }
    }

    private void look(Source source) throws IOException {
        Map<TopicPartition, Long> now = new HashMap<>();
        Map<TopicPartition, OffsetAndMetadata> safe = Topics.get(
                admin.listConsumerGroupOffsets(StreamJob.group(source)).partitionsToOffsetAndMetadata());
        safe.forEach((partition, offset) -> {
            if (offset != null && partition.topic().equals(source.topic().name())) {
                now.put(partition, offset.offset());
            }
        });
        Map<TopicPartition, Long> before = told.get(source.name());
        if (before != null) {
            Came came = came(before, now);
            if (came.count > 0) {
                to.accept(new HotVisible(
                        source.name(),
                        came.count,
                        Instant.ofEpochMilli(came.newest),
                        Instant.ofEpochMilli(came.oldest),
                        List.copyOf(came.ids)));
            }
        }
        told.put(source.name(), now);
    }

    private static final class Came {
        private long count;
        private long newest;
        private long oldest = Long.MAX_VALUE;
        private final Deque<String> ids = new ArrayDeque<>();

        private void add(ConsumerRecord<String, Boolean> record) {
            count++;
            newest = Math.max(newest, record.timestamp());
            oldest = Math.min(oldest, record.timestamp());
            ids.addFirst(record.key() == null ? "" : record.key());
            if (ids.size() > HotVisible.IDS_MAX) {
                ids.removeLast();
            }
        }
    }

    private Came came(Map<TopicPartition, Long> before, Map<TopicPartition, Long> now) throws IOException {
        Came came = new Came();
        for (Map.Entry<TopicPartition, Long> each : now.entrySet()) {
            long from = before.getOrDefault(each.getKey(), 0L);
            if (from < each.getValue()) {
                read(each.getKey(), from, each.getValue(), came);
            }
        }
        return came;
    }

    private void read(TopicPartition partition, long from, long end, Came came) throws IOException {
        try {
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
            for (int polls = 0; consumer.position(partition) < end; polls++) {
                if (polls == POLLS_MAX) {
                    throw new IOException(partition + " cannot be read up to " + end);
                }
                for (ConsumerRecord<String, Boolean> record : consumer.poll(POLL)) {
                    if (record.offset() < end) {
                        came.add(record);
                    }
                }
            }
        } catch (KafkaException failed) {
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        watcher.shutdownNow();
        try {
            if (watcher.awaitTermination(30, TimeUnit.SECONDS)) {
                consumer.close();
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
