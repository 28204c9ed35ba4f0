package com.databroker.streams;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// How a Kafka is reached: its addresses and, where it wants that, how to sign in.
///
/// @param bootstrap `host:port` of some of its brokers, separated by commas
/// @param jaas the sign-in of mechanism PLAIN; empty where none is wanted
record KafkaAddress(String bootstrap, String jaas) implements Serializable {
    /// What every client of it is told.
    Map<String, Object> client() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        if (!jaas.isEmpty()) {
            settings.put("security.protocol", "SASL_PLAINTEXT");
            settings.put("sasl.mechanism", "PLAIN");
            settings.put("sasl.jaas.config", jaas);
        }
        return settings;
    }

    /// As [#client], for who wants properties.
    Properties properties() {
        Properties properties = new Properties();
        properties.putAll(client());
        return properties;
    }

    /// A producer whose transactions nobody else has: an earlier one of the same id can write no more.
    KafkaProducer<String, byte[]> producer(String transactionalId) {
        Map<String, Object> settings = client();
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, "5");
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, String.valueOf(256 << 10));
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, String.valueOf(16 << 20));
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, String.valueOf(Collected.JSON_BYTES_MAX + (1 << 19)));
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    /// Without the secret.
    @Override
    public String toString() {
        return "KafkaAddress[" + bootstrap + "]";
    }
}
