package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Clients that keep a connection by saying next to nothing, or by not listening.
class AttackSlowTest {
    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path data) {
        AttackMemory.quiet();
        broker = TestBroker.start(data, Map.of("http.header-timeout", "1s", "http.idle-timeout", "3s"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static String head(String line, String... headers) {
        return line + "\r\nHost: x\r\nAuthorization: Bearer " + broker.token() + "\r\n"
                + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n";
    }

    @Test
    void drippingHeaderIsCutOff() throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
            assertThat(socket.drip("GET / HTTP/1.1\r\nHost: x\r\n" + "X-Slow: 1\r\n".repeat(1000), 50))
                    .isBetween(500L, 2900L);
        }
    }

    @Test
    void drippingHeaderOfTheSecondRequestIsCutOff() throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
            assertThat(socket.send(head("GET /health/live HTTP/1.1")).answer().status())
                    .isEqualTo(200);
            assertThat(socket.drip("GET / HTTP/1.1\r\nHost: x\r\n" + "X-Slow: 1\r\n".repeat(1000), 50))
                    .isBetween(500L, 2900L);
        }
    }

    @Test
    void drippingBodiesAreCutOffByTheirRate() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> upload =
                    threads.submit(() -> dripBody(head("PUT /files/slow.bin HTTP/1.1", "Content-Length: 100000")));
            Future<String> event =
                    threads.submit(() -> dripBody(head("POST /events/slow HTTP/1.1", "Content-Length: 100000")));
            Future<String> users =
                    threads.submit(() -> dripBody(head("POST /access/users HTTP/1.1", "Content-Length: 50000")));
            assertThat(upload.get()).contains(" 408 ", "http.body-rate-min");
            assertThat(event.get()).contains(" 408 ", "http.body-rate-min");
            assertThat(users.get()).contains(" 408 ", "http.body-rate-min");
        }
        try (Stream<Path> files = Files.walk(broker.broker().data().resolve("files"))) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("u-") || name.startsWith("slow"));
        }
    }

    private static String dripBody(String head) throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
            socket.send(head);
            return socket.dripUntilAnswered("x", 250);
        }
    }

    @Test
    void idleConnectionIsClosed() throws IOException {
        try (AttackSocket fresh = AttackSocket.connect(broker.httpPort());
                AttackSocket used = AttackSocket.connect(broker.httpPort())) {
            used.send(head("GET /health/live HTTP/1.1")).answer();
            assertThat(fresh.readToEnd()).isEmpty();
            assertThat(used.readToEnd()).isEmpty();
        }
    }

    @Test
    void pingedConnectionsStay() throws Exception {
        try (AttackSocket sse = AttackSocket.connect(broker.httpPort());
                AttackWebSocket answering = AttackWebSocket.open(broker, broker.token());
                AttackWebSocket silent = AttackWebSocket.open(broker, broker.token())) {
            sse.send(head("GET /events?topic=still/** HTTP/1.1")).read(20);
            long end = System.nanoTime() + 7_000_000_000L;
            while (System.nanoTime() < end) {
                if (answering.read().head() == AttackWebSocket.PING) {
                    answering.socket.send(AttackWebSocket.frame(0x8A, new byte[0]));
                }
            }
            broker.request("POST", "/events/still/here", "x");
            StringBuilder said = new StringBuilder();
            while (said.indexOf("still/here") < 0) {
                said.append((char) sse.read());
            }
            answering.say("{\"op\":\"ping\",\"id\":5}").await("pong");
            // One that does not answer its pings is gone.
            assertThat(silent.closeCode()).isZero();
        }
    }

    @Test
    void downloadThatNobodyTakesIsCutOff() throws IOException, InterruptedException {
        broker.request("PUT", "/files/large.bin", "x".repeat(20 << 20));
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort(), "127.0.0.1", 4096);
                AttackSocket patient = AttackSocket.connect(broker.httpPort(), "127.0.0.1", 4096)) {
            socket.send(head("GET /files/large.bin HTTP/1.1")).read(100);
            patient.send(head("GET /files/large.bin HTTP/1.1"));
            // A slow one that does take something stays, for longer than a silent one may.
            long end = System.nanoTime() + 5_000_000_000L;
            while (System.nanoTime() < end) {
                patient.read(64 << 10);
                java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
            }
            assertThat(patient.read(1 << 20)).hasSize(1 << 20);
            assertThat(socket.readToEnd().length()).isLessThan(20 << 20);
        }
    }

    @Test
    void pipelinedRequestsWithoutReadingDoNotPileUp() throws IOException {
        long before = AttackMemory.used();
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort(), "127.0.0.1", 4096)) {
            String many = head("GET /metrics HTTP/1.1").repeat(100);
            socket.sendUntilStuck(many.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 64 << 20);
            AttackMemory.assertNear(before, 48L << 20);
        }
    }

    @Test
    void webSocketRequestsWithoutReadingDoNotPileUp() throws IOException {
        long before = AttackMemory.used();
        for (byte[] frame : new byte[][] {
            AttackWebSocket.frame(
                    AttackWebSocket.TEXT, "{\"op\":\"nonsense\"}".getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
            AttackWebSocket.frame(AttackWebSocket.PING, new byte[120])
        }) {
            AttackSocket raw = AttackSocket.connect(broker.httpPort(), "127.0.0.1", 4096);
            try (AttackWebSocket socket = AttackWebSocket.open(raw, broker.token(), "databroker.v1.json")) {
                byte[] many = new byte[frame.length * 1000];
                for (int i = 0; i < 1000; i++) {
                    System.arraycopy(frame, 0, many, i * frame.length, frame.length);
                }
                socket.socket.sendUntilStuck(many, 128 << 20);
                AttackMemory.assertNear(before, 48L << 20);
            }
        }
    }

    @Test
    void zmqRequestsWithoutReadingDoNotPileUp() throws IOException {
        long before = AttackMemory.used();
        for (String type : new String[] {"DEALER", "SUB"}) {
            AttackSocket raw = AttackSocket.connect(broker.zmqPort(), "127.0.0.1", 4096);
            try (AttackZmtp socket = AttackZmtp.connect(raw, "PLAIN").admit("admin", broker.token(), type)) {
                byte[] one = type.equals("SUB")
                        ? AttackZmtp.command("PING", "\0\0" + "x".repeat(16))
                        : AttackZmtp.frame(0, AttackZmtp.latin1("no request"));
                byte[] many = new byte[one.length * 5000];
                for (int i = 0; i < 5000; i++) {
                    System.arraycopy(one, 0, many, i * one.length, one.length);
                }
                socket.socket.sendUntilStuck(many, 64 << 20);
                AttackMemory.assertNear(before, 48L << 20);
            }
        }
    }
}
