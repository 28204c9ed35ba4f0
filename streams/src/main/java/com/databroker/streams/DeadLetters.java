package com.databroker.streams;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/// What was set aside of one stream: the topic of its dead, read.
///
/// After a failure the job sets some aside again, under the same key; they count once.
final class DeadLetters implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);

    private final TopicPartition topic;
    private final KafkaConsumer<String, byte[]> consumer;
    private final ReentrantLock one = new ReentrantLock();
    private final IdSet places = new IdSet();
    private long counted;

    DeadLetters(Source source, KafkaAddress kafka) {
        this.topic = new TopicPartition(source.topic().dead(), 0);
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        this.consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(topic));
    }

    /// How many there were since the start of the broker, and are from before.
    long count() throws IOException {
        one.lock();
        try {
            long end = end();
            if (counted < end) {
                consumer.seek(topic, Math.max(counted, begin()));
                while (consumer.position(topic) < end) {
                    consumer.poll(POLL).forEach(record -> places.add(key(record)));
                }
                counted = consumer.position(topic);
            }
            return places.size();
        } catch (KafkaException failed) {
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } finally {
            one.unlock();
        }
    }

    /// Those behind an offset, the oldest first.
    List<DeadLetter> list(long after, int limit) throws IOException {
        one.lock();
        try {
            long end = end();
            List<DeadLetter> letters = new ArrayList<>();
            consumer.seek(topic, Math.max(begin(), after + 1));
            while (consumer.position(topic) < end && letters.size() < limit) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (letters.size() < limit) {
                        letters.add(letter(record));
                    }
                }
            }
            return letters;
        } catch (KafkaException failed) {
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } finally {
            one.unlock();
        }
    }

    private long begin() {
        return consumer.beginningOffsets(List.of(topic)).getOrDefault(topic, 0L);
    }

    private long end() {
        return consumer.endOffsets(List.of(topic)).getOrDefault(topic, 0L);
    }

    private static String key(ConsumerRecord<String, byte[]> record) {
        return record.key() == null ? String.valueOf(record.offset()) : record.key();
    }

    private static DeadLetter letter(ConsumerRecord<String, byte[]> record) {
        Header reason = record.headers().lastHeader(DeadLetter.REASON);
        return new DeadLetter(
                key(record),
                reason == null ? "" : new String(reason.value(), StandardCharsets.UTF_8),
                Instant.ofEpochMilli(record.timestamp()),
                record.value() == null ? Bytes.EMPTY : Bytes.wrap(record.value()),
                record.offset());
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
