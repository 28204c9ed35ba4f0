package com.databroker.streams;

import java.nio.file.Path;
import java.util.random.RandomGenerator;

/// The Kafka of the plane: one of its own in this process, or one that others run.
sealed interface KafkaEngine extends AutoCloseable permits EmbeddedKafka, ForeignKafka {
    /// The one that is configured. Where it is our own it runs when this returns.
    static KafkaEngine start(StreamsConfig.Kafka config, Path folder, RandomGenerator random) {
        return config.embedded() ? EmbeddedKafka.start(folder, config.port(), random) : ForeignKafka.of(config);
    }

    /// How clients reach it.
    KafkaAddress address();

    /// How topics are made there.
    Topics.Layout layout();

    /// Waits until every transaction has ended where clients have ended theirs: what is on the disk then is whole.
    void rest();

    @Override
    void close();
}
