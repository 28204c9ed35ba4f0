package com.databroker.systemtests;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZMQ;

/// The programs of others under `src/test/peers`, and how to wait for what they bring about.
final class Peers {
    private static final Path SOURCES = Path.of("src", "test", "peers").toAbsolutePath();
    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

    private static @Nullable String python;
    private static @Nullable Path compiled;

    private Peers() {}

    /// A Python that has pyzmq and gRPC: the first of the path, else the distribution's.
    static synchronized String python() throws IOException, InterruptedException {
        String known = python;
        if (known != null) {
            return known;
        }
        for (String candidate : PYTHONS) {
            if (run(candidate, "-c", "import zmq, grpc").status() == 0) {
                python = candidate;
                return candidate;
            }
        }
        throw new AssertionError("no python3 can import zmq and grpc: install python3-zmq and python3-grpcio");
    }

    /// pyzmq on the socket type and options of `zmq_peer.py`.
    static Peer pyzmq(Map<String, ?> options) throws IOException, InterruptedException {
        Peer peer = Peer.start(python(), SOURCES.resolve("zmq_peer.py").toString(), json(options));
        peer.await("READY");
        return peer;
    }

    /// pyzmq with user and token.
    static Peer pyzmq(TestBroker broker, String type, String user, String token, Map<String, ?> more)
            throws IOException, InterruptedException {
        Map<String, Object> options = new HashMap<>(
                Map.of("type", type, "endpoint", "tcp://127.0.0.1:" + broker.zmqPort(), "plain", List.of(user, token)));
        options.putAll(more);
        return pyzmq(options);
    }

    /// A collector of traces on gRPC, that passes them on.
    static Peer otlp(String to) throws IOException, InterruptedException {
        return Peer.start(python(), SOURCES.resolve("otlp_peer.py").toString(), to);
    }

    /// pyzmq as the administrator.
    static Peer pyzmq(TestBroker broker, String type, Map<String, ?> more) throws IOException, InterruptedException {
        return pyzmq(broker, type, "admin", broker.token(), more);
    }

    /// libzmq from C, as the administrator.
    static Peer c(TestBroker broker, String type, String topic) throws IOException, InterruptedException {
        Peer peer = Peer.start(
                cProgram().toString(), type, "tcp://127.0.0.1:" + broker.zmqPort(), "admin", broker.token(), topic);
        peer.await("READY");
        return peer;
    }

    private static synchronized Path cProgram() throws IOException, InterruptedException {
        Path known = compiled;
        if (known != null) {
            return known;
        }
        // Tests of other processes run beside this one, and compile it as well.
        Path program = Files.createDirectories(Path.of("target", "peers"))
                .resolve("zmq_peer-" + ProcessHandle.current().pid());
        Result result = run(
                "gcc",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-O2",
                "-o",
                program.toString(),
                SOURCES.resolve("zmq_peer.c").toString(),
                "-lzmq");
        if (result.status() != 0) {
            throw new AssertionError("gcc with libzmq3-dev is needed: " + result.output());
        }
        compiled = program.toAbsolutePath();
        return program.toAbsolutePath();
    }

    /// Node's ws, told what to do by the commands of `ws_peer.js`.
    static Peer ws(String url, Map<String, ?> options) throws IOException {
        // Debian's node looks there by itself, others do not.
        return Peer.start(
                "env",
                "NODE_PATH=/usr/share/nodejs",
                "node",
                SOURCES.resolve("ws_peer.js").toString(),
                url,
                json(options));
    }

    static Peer ws(TestBroker broker, String path, Map<String, ?> options) throws IOException {
        return ws("ws://127.0.0.1:" + broker.httpPort() + path, options);
    }

    /// curl as the administrator, silent but for errors, without a buffer.
    static Peer curl(TestBroker broker, String path, String... more) throws IOException {
        return curlAs(broker, broker.token(), path, more);
    }

    static Peer curlAs(TestBroker broker, String token, String path, String... more) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                "curl",
                "--silent",
                "--show-error",
                "--no-buffer",
                "--globoff",
                "--header",
                "Authorization: Bearer " + token));
        command.addAll(List.of(more));
        command.add(broker.http(path).toString());
        return Peer.start(command.toArray(new String[0]));
    }

    static DatabrokerClient client(TestBroker broker) {
        return DatabrokerClient.builder(broker.http("")).token(broker.token()).build();
    }

    static String json(Map<String, ?> tree) {
        return Json.bytes(json -> Json.writeTree(json, tree)).utf8();
    }

    record Result(int status, String output) {}

    /// Runs a program to its end.
    static Result run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return new Result(127, String.valueOf(missing.getMessage()));
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    /// Ends without complaint.
    interface Knocking extends AutoCloseable {
        @Override
        void close();
    }

    /// Publishes an empty event to `topic` again and again until closed: whoever sees it is subscribed.
    static Knocking knocking(TestBroker broker, String topic) {
        DatabrokerClient client = client(broker);
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        Publication knock = Publication.of(Topic.of(topic), Bytes.EMPTY);
        clock.scheduleWithFixedDelay(() -> client.publishAsync(knock), 0, 20, TimeUnit.MILLISECONDS);
        return () -> {
            clock.shutdownNow();
            client.close();
        };
    }

    /// Waits until `peer` says that it got an event of `topic` over ZeroMQ.
    static void awaitSubscribed(TestBroker broker, Peer peer, String topic) throws Exception {
        try (Knocking _ = knocking(broker, topic)) {
            awaitMessage(peer, topic);
        }
    }

    /// Waits until what `peer` publishes to its probe topic arrives.
    static void awaitPublishing(TestBroker broker, String topic) throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        try (DatabrokerClient client = client(broker)) {
            client.subscribe(Pattern.of(topic), event -> arrived.countDown());
            if (!arrived.await(Peer.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("nothing was published to " + topic);
            }
        }
    }

    /// The payload of the next message of `topic` that a pyzmq peer says; messages before it are skipped.
    static byte[] awaitMessage(Peer peer, String topic) throws InterruptedException {
        String head = "MSG " + Wire.base64(topic.getBytes(StandardCharsets.UTF_8)) + " ";
        return Wire.unbase64(peer.await(line -> line.startsWith(head)).substring(head.length()));
    }

    /// Base64 as the peers say it.
    static final class Wire {
        private Wire() {}

        static String base64(byte[] bytes) {
            return bytes.length == 0 ? "-" : java.util.Base64.getEncoder().encodeToString(bytes);
        }

        static byte[] unbase64(String text) {
            return text.equals("-")
                    ? new byte[0]
                    : java.util.Base64.getDecoder().decode(text);
        }
    }

    /// A command that sends one message.
    static String send(String topic, String payload) {
        return send(topic.getBytes(StandardCharsets.UTF_8), payload.getBytes(StandardCharsets.UTF_8));
    }

    static String send(byte[]... frames) {
        return json(Map.of(
                "send",
                List.of(frames).stream()
                        .map(java.util.Base64.getEncoder()::encodeToString)
                        .toList()));
    }

    /// Waits for a condition that nobody announces.
    static void until(String what, Callable<Boolean> condition) throws Exception {
        until(what, Peer.PATIENCE, condition);
    }

    static void until(String what, Duration patience, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        CountDownLatch never = new CountDownLatch(1);
        while (!condition.call()) {
            if (System.nanoTime() > deadline || never.await(20, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("not within " + patience + ": " + what);
            }
        }
    }

    /// A value of `/metrics`, 0 where it is not there yet.
    ///
    /// @param name with its labels, as `databroker_connections{door="zmq"}`
    static double metric(TestBroker broker, String name) throws IOException, InterruptedException {
        String page = broker.request("GET", "/metrics", "").body();
        return page.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    /// Settings with which wrong credentials, of which the tests show many, do not lock this address out.
    static Map<String, String> patient(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of("access.failures-max", "10000", "access.failure-refill", "1ms"));
        all.putAll(more);
        return all;
    }

    /// Uploads the users file with a change.
    static void editUsers(TestBroker broker, UnaryOperator<String> change) throws IOException, InterruptedException {
        String before = broker.request("GET", "/files/broker_users.xml", "").body();
        String after = change.apply(before);
        if (after.equals(before)) {
            throw new AssertionError("nothing to change in " + before);
        }
        HttpResponse<String> answer = broker.request("PUT", "/files/broker_users.xml", after);
        if (answer.statusCode() >= 300) {
            throw new AssertionError(answer.body());
        }
    }

    /// Adds elements at the end of the users file.
    static void addUsers(TestBroker broker, String xml) throws IOException, InterruptedException {
        editUsers(broker, file -> file.replace("</broker-users>", xml + "</broker-users>"));
    }

    /// Adds elements to a user.
    static void addToUser(TestBroker broker, String user, String xml) throws IOException, InterruptedException {
        editUsers(
                broker,
                file -> file.replaceFirst("(<user name=\"" + user + "\"[^>]*>)", "$1" + Matcher.quoteReplacement(xml)));
    }

    static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// A CURVE key pair in Z85.
    record CurvePair(String publicKey, String secretKey) {
        /// The public key as it stands in an XML text.
        String xml() {
            return publicKey.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        }
    }

    static CurvePair curvePair() {
        ZMQ.Curve.KeyPair pair = ZMQ.Curve.generateKeyPair();
        return new CurvePair(pair.publicKey, pair.secretKey);
    }

    /// The broker's public CURVE key, as the command line finds it.
    static String serverKey(TestBroker broker) throws IOException {
        Path context = broker.broker().data().resolve("context.json");
        return String.valueOf(
                Json.parseObject(Bytes.wrap(Files.readAllBytes(context))).get("curve"));
    }
}
