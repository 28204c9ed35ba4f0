package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedKafkaTest {
    @TempDir
    Path folder;

    @Test
    void what_a_transaction_wrote_is_there_after_a_restart_and_what_was_aborted_is_not() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0, new Random(1));
                Admin admin = Admin.create(kafka.address().client())) {
            admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
            try (KafkaProducer<String, byte[]> producer = kafka.address().producer("x")) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("t", "gone", new byte[1]));
                producer.abortTransaction();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("t", "kept", "value".getBytes(StandardCharsets.UTF_8)));
                producer.commitTransaction();
            }
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0, new Random(2))) {
            Map<String, Object> settings = kafka.address().client();
            settings.put("isolation.level", "read_committed");
            settings.put("auto.offset.reset", "earliest");
            try (KafkaConsumer<String, byte[]> consumer =
                    new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
                consumer.assign(List.of(new TopicPartition("t", 0)));
                List<String> keys = new ArrayList<>();
                // A poll may come back with nothing where it only passed what was aborted.
                Await.until("something is there", () -> {
                    consumer.poll(Duration.ofSeconds(1)).forEach(record -> keys.add(record.key()));
                    return !keys.isEmpty();
                });
                assertThat(keys).containsExactly("kept");
            }
        }
    }

    @Test
    void a_stranger_on_the_same_machine_is_refused() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder, 0, new Random(1))) {
            String jaas = String.valueOf(kafka.address().settings().get("sasl.jaas.config"));
            KafkaAddress guessed = KafkaAddress.plain(
                    kafka.address().bootstrap(), jaas.replaceFirst("password=\"[0-9a-f]{8}", "password=\"00000000"));
            try (Admin admin = Admin.create(guessed.client())) {
                assertThatThrownBy(() -> admin.listTopics().names().get(30, TimeUnit.SECONDS))
                        .hasMessageContaining("Authentication failed");
            }
        }
    }
}
