package com.databroker.streams;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A real Elasticsearch on loopback, one for all tests: the build unpacks it into the target folder.
///
/// It is the distribution that its makers test plugins with: the server as it is, without ILM and without the module
/// that signs people in.
final class ElasticServer {
    private static final Path UNPACKED = Path.of("target", "elasticsearch");
    private static final String HEAP = "-Xms512m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";
    private static final String OTHER_USER = "nobody";
    private static final long COMMAND_SECONDS = 240;
    private static @Nullable ElasticServer shared;

    private final Path folder;
    private final Path home;
    private final int port;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private @Nullable ProcessHandle process;

    private ElasticServer(Path folder, Path home, int port) {
        this.folder = folder;
        this.home = home;
        this.port = port;
    }

    static synchronized ElasticServer shared() throws Exception {
        if (shared == null) {
            ElasticServer server = prepared();
            Runtime.getRuntime().addShutdownHook(new Thread(server::end));
            server.start();
            shared = server;
        }
        return shared;
    }

    /// It refuses to be root, so that then it has to lie where somebody else may read it.
    private static ElasticServer prepared() throws Exception {
        Path home;
        try (Stream<Path> found = Files.exists(UNPACKED) ? Files.list(UNPACKED) : Stream.of()) {
            home = found.filter(Files::isDirectory)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no Elasticsearch in " + UNPACKED.toAbsolutePath()
                            + ": mvn process-test-resources puts it there"))
                    .toAbsolutePath();
        }
        Path folder = Files.createTempDirectory("elasticsearch");
        run("cp", "-r", home.resolve("config").toString(), folder.toString());
        for (String name : List.of("data", "logs", "tmp")) {
            Files.createDirectory(folder.resolve(name));
        }
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path config = folder.resolve("config");
        Path options = config.resolve("jvm.options");
        Files.write(
                options,
                Files.readAllLines(options).stream()
                        .filter(line -> !line.contains("UseG1GC") && !line.contains("Xlog"))
                        .toList());
        Files.writeString(config.resolve("elasticsearch.yml"), """
                cluster.name: tests
                discovery.type: single-node
                network.host: 127.0.0.1
                http.port: %d
                transport.port: 0
                xpack.security.enabled: false
                xpack.ml.enabled: false
                cluster.routing.allocation.disk.threshold_enabled: false
                path.data: %s
                path.logs: %s
                """.formatted(
                        port, folder.resolve("data"), folder.resolve("logs")));
        if (isRoot()) {
            run("cp", "-r", home.toString(), folder.resolve("home").toString());
            home = folder.resolve("home");
            run("chown", "-R", OTHER_USER, folder.toString());
        }
        return new ElasticServer(folder, home, port);
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError(String.join(" ", command) + ": " + said);
        }
    }

    /// Starts it, again after a kill; returns when it answers.
    void start() throws Exception {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=" + OTHER_USER, "--clear-groups"));
        }
        Path pid = folder.resolve("tmp").resolve("pid");
        command.addAll(List.of(home.resolve("bin").resolve("elasticsearch").toString(), "-d", "-p", pid.toString()));
        Path output = folder.resolve("output.txt");
        ProcessBuilder launcher =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        launcher.environment().put("ES_PATH_CONF", folder.resolve("config").toString());
        launcher.environment().put("ES_JAVA_HOME", System.getProperty("java.home"));
        launcher.environment().put("ES_JAVA_OPTS", HEAP);
        launcher.environment().put("ES_TMPDIR", folder.resolve("tmp").toString());
        Process launched = launcher.start();
        // The launcher ends when the server listens.
        if (!launched.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS) || launched.exitValue() != 0) {
            throw new AssertionError("Elasticsearch did not start: " + Files.readString(output));
        }
        process =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        Await.until("Elasticsearch answers", () -> {
            try {
                return ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
                        .contains("\"timed_out\":false");
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    /// As `kill -9`.
    void kill() throws Exception {
        ProcessHandle running = java.util.Objects.requireNonNull(process);
        running.destroyForcibly();
        running.onExit().get(COMMAND_SECONDS, TimeUnit.SECONDS);
    }

    private void end() {
        if (process != null) {
            process.destroyForcibly();
            process.onExit().orTimeout(COMMAND_SECONDS, TimeUnit.SECONDS).join();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException left) {
            throw new java.io.UncheckedIOException(left);
        }
    }

    int port() {
        return port;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /// What it answers, whatever the status.
    String ask(String method, String path) throws IOException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(address() + path))
                    .timeout(Duration.ofSeconds(30))
                    .method(method, HttpRequest.BodyPublishers.noBody())
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }

    /// How a store of its own in this server is opened.
    ElasticConfig config(String prefix) {
        return config(prefix, address());
    }

    static ElasticConfig config(String prefix, URI address) {
        return new ElasticConfig(
                new ArrayList<>(List.of(address)),
                "",
                "",
                "",
                "",
                prefix,
                1,
                0,
                "",
                HotConfig.RETENTION,
                HotConfig.BYTES_MAX,
                Duration.ofMillis(20),
                Duration.ofSeconds(30));
    }
}
