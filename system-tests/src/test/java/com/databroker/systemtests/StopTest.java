package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ends, gentle and not: no half file, no temporary, nobody kept waiting.
class StopTest {
    private static final int FILE_BYTES = 200_000;

    @Test
    void closeReturnsInThreeSecondsWithHundredBusyConnections(@TempDir Path data) throws Exception {
        TestBroker broker = TestBroker.start(data);
        List<AutoCloseable> busy = new ArrayList<>();
        try {
            for (int i = 0; i < 25; i++) {
                AttackSocket upload = AttackSocket.connect(broker.httpPort());
                upload.send(put(broker.token(), "half" + i, FILE_BYTES) + "x".repeat(FILE_BYTES / 2));
                busy.add(upload);
                AttackSocket sse = AttackSocket.connect(broker.httpPort());
                sse.send("GET /events?topic=** HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + broker.token()
                        + "\r\n\r\n");
                sse.read(20);
                busy.add(sse);
                AttackWebSocket socket = AttackWebSocket.open(broker, broker.token());
                socket.say("{\"op\":\"subscribe\",\"id\":1,\"topic\":\"**\"}").await("ack");
                busy.add(socket);
                AttackZmtp subscriber = AttackZmtp.open(broker, "SUB");
                subscriber.subscribe("");
                busy.add(subscriber);
            }
            long start = System.nanoTime();
            broker.close();
            assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(3000);
            try (Stream<Path> files = Files.list(data.resolve("files"))) {
                assertThat(files.map(path -> path.getFileName().toString()))
                        .containsExactlyInAnyOrder(".dbk", "broker_users.xml");
            }
        } finally {
            for (AutoCloseable connection : busy) {
                connection.close();
            }
        }
    }

    @Test
    void uploadThatEndsInTimeIsKept(@TempDir Path data) throws Exception {
        TestBroker broker = TestBroker.start(data);
        try (AttackSocket upload = AttackSocket.connect(broker.httpPort());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            upload.send(put(broker.token(), "late", FILE_BYTES) + "x".repeat(FILE_BYTES / 2));
            AttackSocket.await("the upload has begun", () -> hasTemporary(data));
            var closing = threads.submit(broker::close);
            AttackSocket.await("no new request is taken", () -> isRefused(broker.httpPort()));
            upload.send("x".repeat(FILE_BYTES / 2));
            assertThat(upload.answer().status()).isEqualTo(201);
            closing.get(3, TimeUnit.SECONDS);
            assertThat(data.resolve("files/late")).hasSize(FILE_BYTES);
        }
    }

    private static boolean hasTemporary(Path data) {
        String[] names = data.resolve("files/.dbk").toFile().list();
        return names != null && names.length > 0;
    }

    private static boolean isRefused(int port) {
        try (AttackSocket probe = AttackSocket.connect(port)) {
            probe.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
            return probe.answer().status() == 503;
        } catch (IOException refused) {
            return true;
        }
    }

    private static String put(String token, String name, int length) {
        return "PUT /files/" + name + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\nContent-Length: "
                + length + "\r\n\r\n";
    }

    @Test
    void askedToEndWhileItStartsItEndsInOrder(@TempDir Path data) throws Exception {
        Process process = serve(data);
        AttackSocket.await("it starts", () -> Files.exists(data.resolve("lock")) || !process.isAlive());
        process.destroy();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(data.resolve("out.txt"));
        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said).doesNotContain("error:", "xception");
    }

    /// Two brokers ten times each: while one starts, the other is killed.
    @Test
    void killedTwentyTimesEveryAcknowledgedFileIsWhole(@TempDir Path one, @TempDir Path other) throws Exception {
        try (ExecutorService both = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<?> each : both.invokeAll(List.<Callable<Boolean>>of(() -> killed(one), () -> killed(other)))) {
                each.get();
            }
        }
    }

    private static boolean killed(Path data) throws Exception {
        Map<String, Character> acknowledged = new ConcurrentHashMap<>();
        for (int round = 0; round < 10; round++) {
            Process process = serve(data);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                int port = awaitPort(data, process);
                String token = Files.readString(data.resolve("admin.token")).strip();
                int acknowledgedBefore = acknowledged.size();
                for (int uploader = 0; uploader < 4; uploader++) {
                    String prefix = round + "-" + uploader + "-";
                    threads.submit(() -> upload(port, token, prefix, acknowledged));
                }
                int enough = acknowledgedBefore + 3 + round;
                AttackSocket.await("uploads are under way", () -> acknowledged.size() >= enough);
                process.destroyForcibly().waitFor();
            }
        }
        try (TestBroker broker = TestBroker.start(data)) {
            assertThat(broker.request("GET", "/health/live", "").statusCode()).isEqualTo(200);
            for (Map.Entry<String, Character> file : acknowledged.entrySet()) {
                assertThat(Files.readString(data.resolve("files").resolve(file.getKey())))
                        .isEqualTo(String.valueOf(file.getValue()).repeat(FILE_BYTES));
            }
            assertThat(hasTemporary(data)).isFalse();
            try (Stream<Path> files = Files.list(data.resolve("files"))) {
                assertThat(files.filter(Files::isRegularFile).filter(file -> !file.endsWith("broker_users.xml")))
                        .allSatisfy(file -> assertThat(file).hasSize(FILE_BYTES));
            }
        }
        return true;
    }

    private static void upload(int port, String token, String prefix, Map<String, Character> acknowledged) {
        try (AttackSocket socket = AttackSocket.connect(port)) {
            for (int i = 0; ; i++) {
                char content = (char) ('a' + i % 26);
                String name = prefix + i;
                socket.send(put(token, name, FILE_BYTES));
                socket.send(String.valueOf(content).repeat(FILE_BYTES).getBytes(StandardCharsets.US_ASCII));
                if (socket.answer().status() != 201) {
                    return;
                }
                acknowledged.put(name, content);
            }
        } catch (IOException killed) {
            // What was not acknowledged may be there or not.
        }
    }

    private static Process serve(Path data) throws IOException {
        Files.deleteIfExists(data.resolve("context.json"));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.databroker.cli.Main",
                        "serve",
                        "--data",
                        data.toString(),
                        "--http.port",
                        "0",
                        "--zmq.port",
                        "0",
                        "--ssh.port",
                        "0")
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(data.resolve("out.txt").toFile()))
                .start();
    }

    private static int awaitPort(Path data, Process process) throws IOException {
        Path context = data.resolve("context.json");
        AttackSocket.await("the broker is up", () -> Files.exists(context) || !process.isAlive());
        if (!Files.exists(context)) {
            throw new AssertionError(Files.readString(data.resolve("out.txt")));
        }
        String url = String.valueOf(
                com.databroker.core.Json.parseObject(com.databroker.core.Bytes.utf8(Files.readString(context)))
                        .get("url"));
        return java.net.URI.create(url).getPort();
    }
}
