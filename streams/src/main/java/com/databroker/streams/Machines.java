package com.databroker.streams;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// Kafka and Flink, which take seconds to start: they can stay while all that stands on them ends and begins again.
///
/// Used by one thread at a time, but for what they were made for.
final class Machines {
    private static final String LOG4J = "log4j.provider";

    private final StreamsConfig config;
    private final Path folder;
    private final KafkaEngine kafka;
    private final Supplier<FlinkEngine> flinks;
    private CompletableFuture<FlinkEngine> flink;
    private boolean staying;
    private boolean flinkEnded;

    private Machines(StreamsConfig config, Path folder, int jobs, RandomGenerator random) {
        addNoHooks();
        this.config = config;
        this.folder = folder;
        this.flinks = () -> FlinkEngine.start(config.flink(), folder.resolve("flink"), jobs);
        this.flink = CompletableFuture.supplyAsync(flinks);
        try {
            this.kafka = KafkaEngine.start(config.kafka(), folder.resolve("kafka"), random);
        } catch (RuntimeException refused) {
            flink.thenAccept(FlinkEngine::close);
            throw refused;
        }
    }

    /// Both come up beside one another; Kafka is there when this returns.
    ///
    /// @param jobs for how many Flink has room
    static Machines start(StreamsConfig config, Path folder, int jobs, RandomGenerator random) {
        return new Machines(config, folder, jobs, random);
    }

    StreamsConfig config() {
        return config;
    }

    /// Where the plane keeps what it has.
    Path folder() {
        return folder;
    }

    /// What they are made of adds hooks to the end of the VM, and complains where that has begun: the actors of Flink
    /// when they end, and what Kafka logs with when it starts. Here whoever opened the plane ends it.
    private static void addNoHooks() {
        System.setProperty("pekko.jvm-shutdown-hooks", "off");
        System.setProperty("log4j.shutdownHookEnabled", "false");
        // All that uses Log4j here is a corner of Kafka that sets its levels. Where nobody is named, it calls that an
        // error.
        if (System.getProperty(LOG4J) == null) {
            System.setProperty(LOG4J, "org.apache.logging.log4j.simple.internal.SimpleProvider");
        }
    }

    KafkaEngine kafka() {
        return kafka;
    }

    /// Waits until it is up.
    FlinkEngine flink() {
        return flink.join();
    }

    /// Whether they only rest when they are to end.
    void stay(boolean stay) {
        staying = stay;
    }

    /// Ends what runs there, jobs at a checkpoint of their own, and Flink itself, where it is not to stay or cannot.
    void endFlink() {
        FlinkEngine here;
        try {
            here = flink.join();
        } catch (CompletionException notStarted) {
            return;
        }
        if (!staying && !flinkEnded) {
            flinkEnded = true;
            here.close();
        } else if (staying && !here.rest()) {
            here.close();
            flink = CompletableFuture.supplyAsync(flinks);
        }
    }

    /// When this returns Kafka has ended, or nothing that was begun there is still to be ended.
    void endKafka() {
        if (staying) {
            kafka.rest();
        } else {
            kafka.close();
        }
    }
}
