package com.databroker.streams;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/// What of a topic is committed. A commit is acknowledged a moment before partitions know of it:
/// so it is read up to what is written, and not to what counts at first sight.
final class Committed {
    private Committed() {}

    static List<String> keys(KafkaAddress kafka, String topic, int partitions) {
        List<TopicPartition> all = IntStream.range(0, partitions)
                .mapToObj(number -> new TopicPartition(topic, number))
                .toList();
        Map<TopicPartition, Long> ends;
        try (KafkaConsumer<String, byte[]> consumer = consumer(kafka, "read_uncommitted")) {
            ends = consumer.endOffsets(all);
        }
        List<String> keys = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer = consumer(kafka, "read_committed")) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            while (all.stream().anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    keys.add(record.key());
                }
            }
        }
        return keys;
    }

    private static KafkaConsumer<String, byte[]> consumer(KafkaAddress kafka, String isolation) {
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", isolation);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }
}
