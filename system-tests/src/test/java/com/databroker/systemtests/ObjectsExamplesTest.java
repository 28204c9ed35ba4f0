package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.ObjectSession;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The programs of `examples/objects`, run as their page says, over the demo store.
@Timeout(120)
final class ObjectsExamplesTest {
    private static final Path EXAMPLES = House.ROOT.resolve("examples/objects");

    @TempDir
    private Path data;

    private TestBroker broker(int port) {
        return TestBroker.start(
                data, Map.of("objects.demo", "true", "objects.beat", "300ms", "http.port", Integer.toString(port)));
    }

    @Test
    void the_program_in_java_does_what_it_shows() throws Exception {
        try (TestBroker broker = broker(0)) {
            Peers.Result run = Peers.run(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    EXAMPLES.resolve("Shop.java").toString(),
                    broker.http("").toString(),
                    broker.token());
            assertThat(run.status()).as(run.output()).isZero();
            assertThat(run.output().lines().filter(line -> line.matches("[a-z ]+: .*")))
                    .containsExactly(
                            "read: Charles of Analytical Engines, whose boss is Ada",
                            "again: the same object",
                            "requests: 0",
                            "found: Charles with 2 tasks",
                            "found: Mary with 0 tasks",
                            "in hand: Ada",
                            "now: Ada Lovelace",
                            "tasks: [write the first program, write the second program]",
                            "record: Card[name=Ada Lovelace, salary=1200.50,"
                                    + " company=Employer[name=Analytical Engines]]",
                            "conflict: Person/3.name: Joseph Marie or J. M. Jacquard",
                            "merged: J. M. Jacquard earns 960.00",
                            "raised: 990.00",
                            "earns: 990.00",
                            "open: 5 tasks",
                            "watched: Person/4 true");
        }
    }

    /// Node where it has a WebSocket, else what Debian has beside it.
    private static Peer javascript(TestBroker broker) throws Exception {
        return Peer.start(
                "env",
                "NODE_PATH=/usr/share/nodejs",
                "node",
                "--require",
                Path.of("src", "test", "peers", "websocket.js").toAbsolutePath().toString(),
                EXAMPLES.resolve("js/objects.mjs").toString(),
                broker.http("").toString(),
                broker.token());
    }

    @Test
    void a_client_in_javascript_reads_follows_commits_and_goes_on_after_a_restart() throws Exception {
        TestBroker broker = broker(0);
        int port = broker.httpPort();
        try (Peer node = javascript(broker)) {
            node.await("types: Company,Person,Root,Task");
            node.await("read: Ada of Analytical Engines, born 1815-12-10");
            node.await("again: true");
            node.await("found: Mary,Charles,Ada (3), along came Company/1");
            node.await("committed: Ada Lovelace, speak JavaScript by Person/1");
            node.await("conflict: Ada, Ada Byron or Ada Lovelace");
            node.await("gone: true");
            node.await("raised: 1210.00");
            node.await("open: 4");
            node.await("refused: 7004");
            node.await("watching: Person/3");
            rename(broker, "Jacquard");
            node.await("heard: Jacquard 0 0");
            broker.close();
            broker = broker(port);
            rename(broker, "J. M. Jacquard");
            node.await("heard: J. M. Jacquard 1 0");
            delete(broker);
            node.await("heard: it is gone");
        } finally {
            broker.close();
        }
    }

    private static void rename(TestBroker broker, String name) {
        try (DatabrokerClient client = Peers.client(broker);
                ObjectSession session = client.objects().session()) {
            session.edit(client.objects().get("Person", 3)).set("name", name);
            session.commit();
        }
    }

    private static void delete(TestBroker broker) {
        try (DatabrokerClient client = Peers.client(broker);
                ObjectSession session = client.objects().session()) {
            client.objects().find("Task").eq("owner", client.objects().get("Person", 3)).list().stream()
                    .map(Entity.class::cast)
                    .forEach(session::delete);
            session.delete(client.objects().get("Person", 3));
            session.commit();
        }
    }
}
