package com.databroker.streams;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/// Where each collector and each body has got to.
///
/// A cursor is written in the transaction of the records that it stands for, so that either both are there or
/// neither. Here is a copy in memory of those that were committed.
final class Cursors {
    private static final Duration POLL = Duration.ofMillis(500);

    private static final int POLLS_MAX = 240;

    private final ConcurrentMap<String, Bytes> committed = new ConcurrentHashMap<>();
    private final KafkaAddress kafka;

    /// None yet, see [#read].
    Cursors(KafkaAddress kafka) {
        this.kafka = kafka;
    }

    /// Reads all there are. A transaction that is under way, or was left by a process that was killed, is waited
    /// for: its cursors count where it is committed, and those behind it can only be seen when it has ended.
    void read() throws IOException {
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", "read_committed");
        TopicPartition all = new TopicPartition(Topics.CURSORS, 0);
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(all));
            consumer.seekToBeginning(List.of(all));
            long end = end(all);
            for (int polls = 0; consumer.position(all) < end; polls++) {
                if (polls == POLLS_MAX) {
                    throw new IOException("a transaction of " + Topics.CURSORS + " does not end");
                }
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    committed(record.key(), record.value() == null ? null : Bytes.wrap(record.value()));
                }
            }
        } catch (KafkaException failed) {
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        }
    }

    /// Behind everything that was written, committed or not.
    private long end(TopicPartition all) {
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", "read_uncommitted");
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            return consumer.endOffsets(List.of(all)).getOrDefault(all, 0L);
        }
    }

    Optional<Bytes> get(String key) {
        return Optional.ofNullable(committed.get(key));
    }

    /// Those whose key begins so.
    Stream<Bytes> of(String prefix) {
        return committed.entrySet().stream()
                .filter(cursor -> cursor.getKey().startsWith(prefix))
                .map(Map.Entry::getValue);
    }

    /// As [#of], with their keys.
    Map<String, Bytes> entries(String prefix) {
        Map<String, Bytes> entries = new HashMap<>();
        committed.forEach((key, cursor) -> {
            if (key.startsWith(prefix)) {
                entries.put(key, cursor);
            }
        });
        return entries;
    }

    /// Sends a cursor in the transaction that the producer has begun. [#committed] follows when that is committed.
    ///
    /// @param cursor null where it is needed no more
    static void send(KafkaProducer<String, byte[]> producer, String key, @Nullable Bytes cursor) {
        producer.send(new ProducerRecord<>(Topics.CURSORS, 0, key, cursor == null ? null : cursor.toArray()));
    }

    /// Takes note of what was committed.
    void committed(String key, @Nullable Bytes cursor) {
        if (cursor == null) {
            committed.remove(key);
        } else {
            committed.put(key, cursor);
        }
    }
}
