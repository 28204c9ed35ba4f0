package com.databroker.streams;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
    private final Map<String, CompletableFuture<ColdTable>> tables = new HashMap<>();
    private final Supplier<FlinkEngine> flinks;
    private CompletableFuture<FlinkEngine> flink;
    private boolean staying;
    private boolean flinkEnded;

    private Machines(StreamsConfig config, Path folder, List<Source> sources, RandomGenerator random) {
        addNoHooks();
        this.config = config;
        this.folder = folder;
        this.flinks = () -> FlinkEngine.start(config.flink(), folder.resolve("flink"), sources.size());
        this.flink = CompletableFuture.supplyAsync(flinks);
        openTables(sources);
        try {
            this.kafka = KafkaEngine.start(config.kafka(), folder.resolve("kafka"), random);
        } catch (RuntimeException refused) {
            flink.thenAccept(FlinkEngine::close);
            throw refused;
        }
    }

    /// Both come up beside one another, and cold tables are opened meanwhile; Kafka is there when this returns.
    ///
    /// @param sources of the jobs for which Flink has room
    static Machines start(StreamsConfig config, Path folder, List<Source> sources, RandomGenerator random) {
        return new Machines(config, folder, sources, random);
    }

    private void openTables(List<Source> sources) {
        ExecutorService one = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("streams-tables").factory());
        for (Source source : sources) {
            tables.put(source.name(), CompletableFuture.supplyAsync(() -> openTable(source), one));
        }
        one.shutdown();
    }

    private ColdTable openTable(Source source) {
        try {
            return ColdTable.open(location(source.name()), source);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /// Of a stream's cold table.
    String location(String stream) {
        return config.cold().table(stream, folder.resolve("cold"));
    }

    /// The cold table of a stream, opened.
    ColdTable table(Source source) throws IOException {
        CompletableFuture<ColdTable> opened = tables.remove(source.name());
        try {
            return opened == null ? openTable(source) : opened.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof UncheckedIOException unusable) {
                throw unusable.getCause();
            }
            throw failed.getCause() instanceof RuntimeException wrong ? wrong : failed;
        } catch (UncheckedIOException unusable) {
            throw unusable.getCause();
        }
    }

    StreamsConfig config() {
        return config;
    }

    /// Where the plane keeps what it has.
    Path folder() {
        return folder;
    }

    /// What Kafka logs with adds a hook to the end of the VM, and complains where that has begun when it starts.
    /// Here whoever opened the plane ends it.
    private static void addNoHooks() {
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
