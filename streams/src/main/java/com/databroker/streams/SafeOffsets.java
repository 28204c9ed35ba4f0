package com.databroker.streams;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells Kafka how far the job is with the raw topic, as soon as a checkpoint is complete.
///
/// The connector could do that. It does it between two of its polls, which take up to ten seconds where nothing more
/// comes, so that the last records of a stream would seem not to be safe for so long. Nothing depends on it but what
/// is told of the lag: a job goes on from its checkpoint.
final class SafeOffsets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SafeOffsets.class);

    private final String topic;
    private final String group;
    private final Admin admin;
    private final Map<Integer, Long> passed = new HashMap<>();
    private final TreeMap<Long, Map<Integer, Long>> checkpoints = new TreeMap<>();

    /// Not told yet, or not for sure.
    private final Map<Integer, Long> untold = new ConcurrentHashMap<>();

    private final AtomicBoolean telling = new AtomicBoolean();

    SafeOffsets(Source source, KafkaAddress kafka) {
        this.topic = source.topic().name();
        this.group = StreamJob.group(source);
        this.admin = Admin.create(kafka.client());
    }

    /// A record has passed.
    void passed(int partition, long offset) {
        passed.put(partition, offset + 1);
    }

    /// What the checkpoint has to keep of it, so that it is told in any case.
    List<Tuple2<Integer, Long>> checkpoint(long checkpoint) {
        Map<Integer, Long> now = Map.copyOf(passed);
        checkpoints.put(checkpoint, now);
        Map<Integer, Long> all = new HashMap<>(untold);
        all.putAll(now);
        return all.entrySet().stream()
                .map(each -> Tuple2.of(each.getKey(), each.getValue()))
                .toList();
    }

    void complete(long checkpoint) {
        Map.Entry<Long, Map<Integer, Long>> safe = checkpoints.floorEntry(checkpoint);
        if (safe != null) {
            untold.putAll(safe.getValue());
            safe.getValue().forEach(passed::remove);
            checkpoints.headMap(checkpoint, true).clear();
        }
        tell();
    }

    /// From the checkpoint at which the job began.
    void restored(Iterable<Tuple2<Integer, Long>> kept) {
        kept.forEach(each -> untold.merge(each.f0, each.f1, Math::max));
        tell();
    }

    /// One after the other, so that an old one never comes last.
    private void tell() {
        if (untold.isEmpty() || !telling.compareAndSet(false, true)) {
            return;
        }
        Map<Integer, Long> told = Map.copyOf(untold);
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        told.forEach(
                (partition, next) -> offsets.put(new TopicPartition(topic, partition), new OffsetAndMetadata(next)));
        admin.alterConsumerGroupOffsets(group, offsets).all().whenComplete((done, failed) -> {
            telling.set(false);
            if (failed == null) {
                told.forEach(untold::remove);
                tell();
            } else {
                LOG.atDebug().addKeyValue("group", group).setCause(failed).log("told again at the next checkpoint");
            }
        });
    }

    @Override
    public void close() {
        // What is not told yet is in the checkpoint.
        admin.close(Duration.ZERO);
    }
}
