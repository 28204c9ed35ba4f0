package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicExistsException;

/// Makes the topics that the plane needs; those that exist it leaves as they are.
final class Topics {
    /// Where collectors and bodies have got to: one partition, the newest value of each key is kept.
    static final String CURSORS = "databroker_cursors";

    private static final long WAIT_SECONDS = 30;

    private Topics() {}

    /// How topics are made.
    ///
    /// @param embedded fewer partitions, since all of them are on one laptop
    /// @param partitions of each raw topic, whatever its stream says; 0 leaves it to the stream
    /// @param replication copies of each partition; -1 leaves it to the cluster
    record Layout(boolean embedded, int partitions, short replication) {
        static final Layout EMBEDDED = new Layout(true, 0, (short) 1);

        static Layout of(StreamsConfig.Kafka config) {
            return new Layout(false, config.partitions(), (short) config.replication());
        }

        private int partitions(RawTopic topic) {
            if (partitions > 0) {
                return partitions;
            }
            return embedded ? topic.partitionsEmbedded() : topic.partitions();
        }
    }

    static void ensure(Admin admin, List<Source> sources, Layout layout) throws IOException {
        Set<String> existing = get(admin.listTopics().names());
        short replication = layout.replication();
        List<NewTopic> missing = new ArrayList<>();
        if (!existing.contains(CURSORS)) {
            missing.add(new NewTopic(CURSORS, 1, replication)
                    .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)));
        }
        for (Source source : sources) {
            RawTopic topic = source.topic();
            Map<String, String> configs = Map.of(
                    TopicConfig.RETENTION_MS_CONFIG,
                            String.valueOf(topic.retention().toMillis()),
                    // Clocks jump, and a record is not to be refused for it.
                    TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, String.valueOf(Long.MAX_VALUE),
                    TopicConfig.COMPRESSION_TYPE_CONFIG, "producer",
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(Collected.JSON_BYTES_MAX + (1 << 19)));
            if (!existing.contains(topic.name())) {
                missing.add(new NewTopic(topic.name(), layout.partitions(topic), replication).configs(configs));
            }
            if (!existing.contains(topic.dead())) {
                missing.add(new NewTopic(topic.dead(), 1, replication).configs(configs));
            }
        }
        for (KafkaFuture<Void> made : admin.createTopics(missing).values().values()) {
            try {
                get(made);
            } catch (IOException refused) {
                // Another broker of ours made it at the same time.
                if (!(refused.getCause() instanceof TopicExistsException)) {
                    throw refused;
                }
            }
        }
    }

    /// The ids that Kafka gave the raw topics, by name.
    static Map<String, String> ids(Admin admin, List<Source> sources) throws IOException {
        Map<String, String> ids = new HashMap<>();
        List<String> names =
                sources.stream().map(source -> source.topic().name()).toList();
        get(admin.describeTopics(names).allTopicNames())
                .forEach((name, topic) -> ids.put(name, topic.topicId().toString()));
        return ids;
    }

    /// Forgets how far the consumers of a group are.
    static void forget(Admin admin, String group) throws IOException {
        try {
            get(admin.deleteConsumerGroups(List.of(group)).all());
        } catch (IOException refused) {
            if (!(refused.getCause() instanceof GroupIdNotFoundException)) {
                throw refused;
            }
        }
    }

    /// The value of a future of the admin client.
    static <T> T get(KafkaFuture<T> future) throws IOException {
        try {
            return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException refused) {
            throw new IOException("Kafka: " + refused.getCause(), refused.getCause());
        } catch (TimeoutException late) {
            throw new IOException("Kafka did not answer within " + WAIT_SECONDS + " s", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
    }
}
