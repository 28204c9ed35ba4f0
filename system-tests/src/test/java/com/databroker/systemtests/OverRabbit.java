package com.databroker.systemtests;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real RabbitMQ for the tests of a class, and what each of them leaves open.
abstract class OverRabbit {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    static RabbitPeer rabbit;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        rabbit = RabbitPeer.start(Files.createDirectory(folder.resolve("rabbit")));
    }

    @AfterAll
    static void stop() {
        rabbit.close();
    }

    @AfterEach
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void end() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    <T extends AutoCloseable> T later(T one) {
        open.add(one);
        return one;
    }

    /// A broker with the demonstration, whose queues have that name.
    TestBroker demo(String name) throws Exception {
        TestBroker broker = later(TestBroker.start(
                folder.resolve(name),
                Peers.patient(
                        Map.of("objects.demo", "true", "amqp.uri", rabbit.uri().toString(), "amqp.name", name))));
        opens(broker);
        return broker;
    }

    static void opens(TestBroker broker) throws Exception {
        Peers.until(
                "the door is open",
                () -> broker.request("GET", "/metrics", "").body().contains("\ndatabroker_object_amqp_up 1"));
    }
}
