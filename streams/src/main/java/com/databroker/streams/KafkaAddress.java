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
/// @param settings what else every client is told, secrets among it
record KafkaAddress(String bootstrap, Map<String, String> settings) implements Serializable {
    KafkaAddress {
        settings = Map.copyOf(settings);
    }

    /// One that wants a name and a password, over a connection that nobody else can listen to.
    static KafkaAddress plain(String bootstrap, String jaas) {
        return new KafkaAddress(
                bootstrap,
                Map.of(
                        "security.protocol", "SASL_PLAINTEXT",
                        "sasl.mechanism", "PLAIN",
                        "sasl.jaas.config", jaas));
    }

    /// What every client of it is told.
    Map<String, Object> client() {
        Map<String, Object> client = new HashMap<>(settings);
        client.put("bootstrap.servers", bootstrap);
        return client;
    }

    /// As [#client], for who wants properties.
    Properties properties() {
        Properties properties = new Properties();
        properties.putAll(client());
        return properties;
    }

    /// A producer whose transactions nobody else has: an earlier one of the same id can write no more.
    KafkaProducer<String, byte[]> producer(String transactionalId) {
        Map<String, Object> told = client();
        told.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        told.put(ProducerConfig.ACKS_CONFIG, "all");
        told.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        // The first request of a transaction may be put off until the one before has ended. What came behind it in
        // other requests would be refused then, and sent again.
        told.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
        // Nobody waits for it: the end of a transaction sends what is left. Each request is forced to the disk.
        told.put(ProducerConfig.LINGER_MS_CONFIG, "50");
        told.put(ProducerConfig.BATCH_SIZE_CONFIG, String.valueOf(256 << 10));
        told.put(ProducerConfig.BUFFER_MEMORY_CONFIG, String.valueOf(16 << 20));
        told.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, String.valueOf(Collected.JSON_BYTES_MAX + (1 << 19)));
        return new KafkaProducer<>(told, new StringSerializer(), new ByteArraySerializer());
    }

    /// Without the secrets.
    @Override
    public String toString() {
        return "KafkaAddress[" + bootstrap + "]";
    }
}
