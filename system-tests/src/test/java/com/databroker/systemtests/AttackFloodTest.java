package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Pattern;
import com.databroker.core.Topic;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Too much of everything: connections, topics, patterns, headers.
@Timeout(60)
class AttackFloodTest {
    private static final String[] LOOPBACKS = {"127.0.0.2", "127.0.0.3", "127.0.0.4"};

    @BeforeAll
    static void quiet() {
        AttackMemory.quiet();
    }

    private static TestBroker small(Path data) {
        return TestBroker.start(
                data,
                Map.of(
                        "http.max-connections", "20",
                        "http.max-connections-per-address", "8",
                        "zmq.max-connections", "20",
                        "zmq.max-connections-per-address", "8"));
    }

    @Test
    void connectionsOfAnAddressAndInAllAreBounded(@TempDir Path data) throws IOException {
        try (TestBroker broker = small(data);
                AttackWebSocket working = AttackWebSocket.open(broker, broker.token());
                AttackZmtp peer = AttackZmtp.open(broker, "DEALER")) {
            for (int port : new int[] {broker.httpPort(), broker.zmqPort()}) {
                List<AttackSocket> flood = new ArrayList<>();
                try {
                    assertThat(open(flood, port, "127.0.0.1", 30)).isEqualTo(7);
                    assertThat(open(flood, port, LOOPBACKS[0], 30)).isEqualTo(8);
                    assertThat(open(flood, port, LOOPBACKS[1], 30)).isEqualTo(4);
                    assertThat(open(flood, port, LOOPBACKS[2], 30)).isZero();
                    working.say("{\"op\":\"ping\",\"id\":3}").await("pong");
                    assertThat(peer.send(AttackZmtp.MORE, "t")
                                    .send(0, "x")
                                    .read()
                                    .text())
                            .isEqualTo("ack");
                    peer.read();
                } finally {
                    flood.forEach(AttackSocket::close);
                }
                AttackSocket.await("there is room again", () -> isServed(port));
            }
        }
    }

    /// @return how many of `count` stay open
    private static int open(List<AttackSocket> flood, int port, String from, int count) throws IOException {
        List<AttackSocket> opened = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            opened.add(AttackSocket.connect(port, from, 4096));
        }
        flood.addAll(opened);
        AttackSocket.await(
                "the first are served and the rest are refused",
                () -> opened.stream().filter(socket -> !isOpen(socket)).count() >= count - 8);
        return (int) opened.stream().filter(AttackFloodTest::isOpen).count();
    }

    private static boolean isOpen(AttackSocket socket) {
        return !socket.isClosedByPeer();
    }

    private static boolean isServed(int port) {
        try (AttackSocket probe = AttackSocket.connect(port)) {
            java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
            return isOpen(probe);
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void connectionsThatComeAndGoLeaveNothing(@TempDir Path data) throws IOException {
        try (TestBroker broker = TestBroker.start(data)) {
            churn(broker, 200);
            long before = AttackMemory.used();
            churn(broker, 3000);
            AttackMemory.assertNear(before, 24L << 20);
        }
    }

    private static void churn(TestBroker broker, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            try (AttackSocket http = AttackSocket.connect(broker.httpPort());
                    AttackSocket zmq = AttackSocket.connect(broker.zmqPort())) {
                http.trySend("GET / HTTP/1.1\r\nHost: x\r\nX");
                zmq.trySend(AttackZmtp.greeting("PLAIN"));
            }
        }
    }

    @Test
    void headersAreBounded(@TempDir Path data) throws IOException, InterruptedException {
        try (TestBroker broker = TestBroker.start(data)) {
            String head = "GET /health/live HTTP/1.1\r\nHost: x\r\n";
            for (String flood : List.of(
                    "X-Long: " + "x".repeat(70_000) + "\r\n",
                    "X-Many: 1\r\n".repeat(1000),
                    "x".repeat(70_000) + ": 1\r\n",
                    "X: y\r\n".repeat(20_000))) {
                try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
                    socket.trySend(head + flood + "\r\n");
                    assertThat(socket.readToEnd()).matches("(?s)(HTTP/1.1 (431|400) .*)?");
                }
            }
            for (String target : List.of("/" + "a".repeat(70_000), "/files?" + "a=1&".repeat(250_000))) {
                try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
                    socket.trySend("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
                    assertThat(socket.readToEnd()).matches("(?s)(HTTP/1.[01] (414|431|400) .*)?");
                }
            }
            assertThat(broker.request("GET", "/files/" + "a/".repeat(4_200), "").body())
                    .contains("1014", "8192 bytes");
            assertThat(broker.request("GET", "/files/", "", "X-Long", "x".repeat(17_000))
                            .body())
                    .contains("1005", "http.headers-max");
            assertThat(broker.request("GET", "/files/", "", "X-Long", "x".repeat(15_000))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void hundredThousandTopicsLeaveNothing(@TempDir Path data) throws IOException {
        try (TestBroker broker =
                        TestBroker.start(data, Map.of("events.window", "1MiB", "events.payload-max", "64KiB"));
                AttackZmtp everything = AttackZmtp.open(broker, "SUB");
                AttackZmtp publisher = AttackZmtp.open(broker, "PUB")) {
            everything.subscribe("round").settle();
            publisher.read();
            publishMany(publisher, everything, "warm", 5000);
            long before = AttackMemory.used();
            publishMany(publisher, everything, "flood", 100_000);
            // The routes of 65,536 topics are kept, and no more.
            AttackMemory.assertNear(before, 40L << 20);
        }
    }

    private static void publishMany(AttackZmtp publisher, AttackZmtp reader, String name, int topics)
            throws IOException {
        StringBuilder batch = new StringBuilder();
        for (int i = 0; i < topics; i++) {
            String topic = name + "/" + i + "/" + "t".repeat(40);
            batch.append((char) 1).append((char) topic.length()).append(topic).append("\0\1x");
        }
        publisher.socket.send(batch.toString());
        String end = "round/" + name;
        publisher.send(AttackZmtp.MORE, end).send(0, "x");
        assertThat(reader.read().text()).isEqualTo(end);
        reader.read();
    }

    @Test
    void patternBombsCostWhatTheyAreLong() {
        Topic topic = Topic.of("a/".repeat(511) + "b");
        Pattern bomb = Pattern.of("**/a/".repeat(31) + "**/c");
        long start = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
            assertThat(bomb.matches(topic)).isFalse();
            assertThat(bomb.overlaps(Pattern.of("**/*/".repeat(31) + "d"))).isFalse();
        }
        // 64 times 512 steps a match; a matcher that tries out would not end before the sun does.
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void subscribedPatternBombsDelayNobody(@TempDir Path data) throws IOException {
        try (TestBroker broker = TestBroker.start(data, Map.of("events.subscriptions-max", "500"));
                AttackWebSocket bomber = AttackWebSocket.open(broker, broker.token());
                AttackZmtp reader = AttackZmtp.open(broker, "SUB");
                AttackZmtp publisher = AttackZmtp.open(broker, "PUB")) {
            for (int i = 0; i < 500; i++) {
                StringBuilder pattern = new StringBuilder();
                for (int bit = 0; bit < 9; bit++) {
                    pattern.append((i >> bit & 1) == 0 ? "**/a/" : "**/*/");
                }
                bomber.say(
                        "{\"op\":\"subscribe\",\"id\":" + i + ",\"topic\":\"" + pattern + "**/a/".repeat(22) + "c\"}");
            }
            bomber.await("\"id\":499");
            reader.subscribe("done").settle();
            publisher.read();
            long start = System.nanoTime();
            for (int i = 0; i < 5; i++) {
                publisher.send(AttackZmtp.MORE, "a/".repeat(509) + i).send(0, "x");
            }
            publisher.send(AttackZmtp.MORE, "done").send(0, "x");
            assertThat(reader.read().text()).isEqualTo("done");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        }
    }
}
