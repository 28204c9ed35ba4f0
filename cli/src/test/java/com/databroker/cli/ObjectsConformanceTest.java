package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The conformance suite of *dbo/1*, typed as somebody does who writes a client or a server of their own.
final class ObjectsConformanceTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void the_broker_does_what_the_cases_say_on_every_transport_and_in_every_codec() throws Exception {
        try (RunningBroker broker =
                new RunningBroker(folder, Map.of("streams.enabled", "false", "objects.demo", "true"))) {
            Typed typed = broker.run("objects", "conformance");
            assertThat(typed.exit()).as(typed.out()).isEqualTo(Exit.OK);
            for (ConformanceLink.Transport each : ConformanceLink.Transport.values()) {
                if (each.kind().equals("amqp")) {
                    // Where a RabbitMQ is: ObjectsOverRabbitTest.
                    assertThat(typed.out()).doesNotContain(each.toString());
                    continue;
                }
                assertThat(typed.out()).containsPattern("(?m)^" + each + " +a commit with a conflict .*as it should$");
            }
            // Whoever judges has to be able to say no.
            Files.writeString(folder.resolve("wrong.json"), """
                    {"cases": [{"name": "an odd wish", "on": ["ws"], "steps": [
                      {"send": {"t": "get", "i": 1, "keys": ["Company/1"]}},
                      {"expect": {"t": "ok", "i": 1, "asked": 2}}]}]}
                    """);
            Typed wrong = broker.run("objects", "conformance", "--cases", "wrong.json", "--transport", "ws-bson");
            assertThat(wrong.exit()).isEqualTo(Exit.FAILED);
            assertThat(wrong.out()).contains("step 2: /asked is 1, not 2").contains("0 of 1 as they should");
            assertThat(broker.run("objects", "conformance", "--transport", "carrier-pigeon")
                            .exit())
                    .isEqualTo(Exit.USAGE);
        }
    }

    /// Node where it has a WebSocket, else what Debian has beside it.
    @Test
    void the_client_in_javascript_does_what_the_cases_say_and_another_is_told_what_it_does_not() {
        Typed passed = new Typed(folder)
                .run(
                        "objects",
                        "conformance",
                        "--client",
                        "NODE_PATH=/usr/share/nodejs exec node --require "
                                + path("system-tests/src/test/peers/websocket.js") + " "
                                + path("examples/objects/js/conformance.mjs"));
        assertThat(passed.exit()).as(passed.out() + passed.err()).isEqualTo(Exit.OK);
        assertThat(passed.out()).contains("whoever misses a change connects anew and says from where");
        Typed failed =
                new Typed(folder).run("objects", "conformance", "--client", "true", "--case", "begins with hello");
        assertThat(failed.exit()).isEqualTo(Exit.FAILED);
        assertThat(failed.out()).contains("step 1: nothing came");
    }

    private static Path path(String ofRepository) {
        return Path.of("..").resolve(ofRepository).toAbsolutePath().normalize();
    }
}
