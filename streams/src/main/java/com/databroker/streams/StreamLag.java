package com.databroker.streams;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/// How far the jobs are behind their raw topics.
///
/// Offsets alone do not tell: each transaction takes one for its end, and those that were aborted take more. So where a
/// job is not at the end by offsets, it is looked whether a record follows at all.
final class StreamLag implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);

    private final Admin admin;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final ReentrantLock one = new ReentrantLock();

    /// Where it was looked and no record found. What is committed stays as it is, so nobody looks there again.
    private final Map<TopicPartition, Bare> bare = new HashMap<>();

    StreamLag(Admin admin, KafkaAddress kafka) {
        this.admin = admin;
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", "1");
        settings.put("max.partition.fetch.bytes", "65536");
        // The consumer asks for what follows before anybody wants it. Kafka would keep that open, and who looks at the
        // next partition would wait behind it.
        settings.put("fetch.max.wait.ms", "0");
        this.consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /// No record lies at `from` or behind and before `end`.
    private record Bare(long from, long end) {
        boolean covers(long begin, long until) {
            return begin >= from && until == end;
        }
    }

    /// What a job has not made safe.
    ///
    /// @param offsets of the raw topic from the first such record on; 0 where there is none
    /// @param oldest when the oldest of them was collected; null where there is none
    record Lag(long offsets, @Nullable Instant oldest) {}

    Lag of(Source source) throws IOException {
        Map<TopicPartition, Long> begins = offsets(source.topic().name(), OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(source.topic().name(), OffsetSpec.latest());
        var safe = Topics.get(
                admin.listConsumerGroupOffsets(StreamJob.group(source)).partitionsToOffsetAndMetadata());
        long lag = 0;
        Instant oldest = null;
        for (Map.Entry<TopicPartition, Long> each : ends.entrySet()) {
            var known = safe.get(each.getKey());
            long from = Math.max(begins.getOrDefault(each.getKey(), 0L), known == null ? 0 : known.offset());
            if (from < each.getValue()) {
                ConsumerRecord<byte[], byte[]> next = nextRecord(each.getKey(), from, each.getValue());
                if (next != null) {
                    lag += each.getValue() - next.offset();
                    Instant collected = Instant.ofEpochMilli(next.timestamp());
                    oldest = oldest == null || collected.isBefore(oldest) ? collected : oldest;
                }
            }
        }
        return new Lag(lag, oldest);
    }

    /// The first record at `from` or behind and before `end`; null where there is none.
    private @Nullable ConsumerRecord<byte[], byte[]> nextRecord(TopicPartition partition, long from, long end)
            throws IOException {
        one.lock();
        try {
            Bare known = bare.get(partition);
            if (known != null && known.covers(from, end)) {
                return null;
            }
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    return record.offset() < end ? record : null;
                }
            }
            bare.put(partition, new Bare(from, end));
            return null;
        } catch (KafkaException failed) {
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } finally {
            one.unlock();
        }
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec which) throws IOException {
        var description =
                Topics.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        if (description != null) {
            description.partitions().forEach(each -> asked.put(new TopicPartition(topic, each.partition()), which));
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        // What is not committed is not there: it would be waited for.
        var committed = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
        Topics.get(admin.listOffsets(asked, committed).all())
                .forEach((place, found) -> offsets.put(place, found.offset()));
        return offsets;
    }

    @Override
    public void close() {
        one.lock();
        try {
            consumer.close();
        } finally {
            one.unlock();
        }
    }
}
