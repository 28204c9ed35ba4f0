package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// A Kafka that others run. How to sign in there stands in a file of properties, as for Kafka's own tools.
///
/// @param address with what the file says, secrets among it
record ForeignKafka(KafkaAddress address, Topics.Layout layout) implements KafkaEngine {
    /// What the plane's guarantees rest on is not a matter of the file.
    private static final List<String> OURS = List.of(
            "bootstrap.servers",
            "group.id",
            "transactional.id",
            "isolation.level",
            "acks",
            "enable.idempotence",
            "enable.auto.commit",
            "auto.offset.reset");

    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where the file cannot be used
    static ForeignKafka of(StreamsConfig.Kafka config) {
        return new ForeignKafka(
                new KafkaAddress(String.join(",", config.bootstrapServers()), properties(config.properties())),
                Topics.Layout.of(config));
    }

    private static Map<String, String> properties(@Nullable Path file) {
        Map<String, String> settings = new HashMap<>();
        if (file == null) {
            return settings;
        }
        Properties read = new Properties();
        try (Reader text = Files.newBufferedReader(file)) {
            read.load(text);
        } catch (IOException | IllegalArgumentException unreadable) {
            // What it says may hold a piece of the file, so it is not repeated.
            throw invalid(file, "cannot be read (" + unreadable.getClass().getSimpleName() + ")");
        }
        for (String key : read.stringPropertyNames()) {
            if (OURS.contains(key) || key.endsWith(".serializer") || key.endsWith(".deserializer")) {
                throw invalid(file, "says " + key + ", which is not to be chosen: the plane's guarantees rest on it");
            }
            settings.put(key, read.getProperty(key).strip());
        }
        return settings;
    }

    private static ProblemException invalid(Path file, String what) {
        return new ProblemException(Problem.CONFIGURATION_INVALID, "streams.kafka.properties: " + file + " " + what);
    }

    @Override
    public void rest() {
        // It is theirs.
    }

    @Override
    public void close() {
        // It is theirs.
    }
}
