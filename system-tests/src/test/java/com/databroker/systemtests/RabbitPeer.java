package com.databroker.systemtests;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Debian's RabbitMQ, in a folder of its own, with a node name, ports and a port mapper (epmd) of its own on loopback.
/// Beside `guest`, who may everything, it has the users `broker` and `program` with the rights that
/// docs/reference/objects.md says they need, and a port with TLS, for which an authority of its own vouches.
///
/// Its own scripts are called and not Debian's wrappers, which change the user and look for the machine's node.
final class RabbitPeer implements AutoCloseable {
    private static final Path PLACE = Path.of("/usr/lib/rabbitmq/lib");
    private static final String PASSWORD = "a-password";
    private static final String MISSING = "RabbitMQ is missing: install rabbitmq-server";

    private final Path folder;
    private final int port;
    private final int tlsPort;
    private final int distribution;
    private final int mapping;
    private final Process mapper;
    private @Nullable Process process;

    private RabbitPeer(Path folder) throws IOException {
        this.folder = folder;
        this.port = freePort();
        this.tlsPort = freePort();
        this.distribution = freePort();
        this.mapping = freePort();
        // Started here, since RabbitMQ would start one that outlives it.
        this.mapper = started(new ProcessBuilder("epmd", "-port", "" + mapping, "-address", "127.0.0.1"));
    }

    /// @param folder empty; removed by who made it
    static RabbitPeer start(Path folder) throws Exception {
        RabbitPeer peer = new RabbitPeer(folder);
        try {
            peer.configure();
            peer.start();
        } catch (Exception | AssertionError failed) {
            peer.close();
            throw failed;
        }
        return peer;
    }

    private static Process started(ProcessBuilder command) throws IOException {
        try {
            return command.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException missing) {
            throw new AssertionError(MISSING, missing);
        }
    }

    private void configure() throws Exception {
        Files.writeString(folder.resolve("enabled_plugins"), "[].");
        for (String authority : List.of("authority", "stranger")) {
            certificate(authority, List.of("-subj", "/CN=" + authority));
        }
        certificate(
                "rabbit",
                List.of(
                        "-subj",
                        "/CN=rabbit",
                        "-addext",
                        "subjectAltName=IP:127.0.0.1",
                        "-addext",
                        "basicConstraints=critical,CA:FALSE",
                        "-CA",
                        authority().toString(),
                        "-CAkey",
                        folder.resolve("authority.key").toString()));
        Files.writeString(
                folder.resolve("rabbitmq.conf"),
                String.join(
                        "\n",
                        "load_definitions = " + folder.resolve("users.json"),
                        "listeners.ssl.default = 127.0.0.1:" + tlsPort,
                        "ssl_options.cacertfile = " + authority(),
                        "ssl_options.certfile = " + folder.resolve("rabbit.pem"),
                        "ssl_options.keyfile = " + folder.resolve("rabbit.key"),
                        "ssl_options.verify = verify_none",
                        ""));
        Files.writeString(
                folder.resolve("users.json"),
                Peers.json(Map.of(
                        "vhosts",
                        List.of(Map.of("name", "/")),
                        "users",
                        List.of(user("guest", "guest"), user("broker", PASSWORD), user("program", PASSWORD)),
                        "permissions",
                        List.of(
                                rights("guest", List.of(".*", ".*", ".*")),
                                documented("broker"),
                                documented("program")))));
    }

    private void certificate(String name, List<String> more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"));
        command.addAll(List.of(
                "-days",
                "2",
                "-keyout",
                folder.resolve(name + ".key").toString(),
                "-out",
                folder.resolve(name + ".pem").toString()));
        command.addAll(more);
        Peers.Result made = Peers.run(command.toArray(String[]::new));
        if (made.status() != 0) {
            throw new AssertionError(made.output());
        }
    }

    /// As RabbitMQ keeps it: salt, and SHA-256 of salt and password.
    private static Map<String, Object> user(String name, String password) throws NoSuchAlgorithmException {
        byte[] salt = {1, 2, 3, 4};
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(salt);
        byte[] hash = digest.digest(password.getBytes(StandardCharsets.UTF_8));
        byte[] both = Arrays.copyOf(salt, salt.length + hash.length);
        System.arraycopy(hash, 0, both, salt.length, hash.length);
        return Map.of(
                "name",
                name,
                "password_hash",
                Base64.getEncoder().encodeToString(both),
                "hashing_algorithm",
                "rabbit_password_hashing_sha256",
                "tags",
                name.equals("guest") ? "administrator" : "");
    }

    /// What the page says that it needs.
    private static Map<String, Object> documented(String user) throws IOException {
        String row = Files.readAllLines(House.ROOT.resolve("docs/reference/objects.md")).stream()
                .filter(line -> line.startsWith("| a " + user + " | `^"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the page does not say what a " + user + " needs"));
        List<String> words = Pattern.compile("`([^`]+)`")
                .matcher(row)
                .results()
                .map(match -> match.group(1).replace("\\|", "|"))
                .toList();
        return rights(user, words);
    }

    private static Map<String, Object> rights(String user, List<String> rights) {
        return Map.of(
                "user", user, "vhost", "/", "configure", rights.get(0), "write", rights.get(1), "read", rights.get(2));
    }

    /// Starts it, the first time or again with what it had.
    void start() throws Exception {
        ProcessBuilder command = new ProcessBuilder(script("rabbitmq-server").toString());
        command.environment().putAll(environment());
        Process running = started(command);
        process = running;
        Peers.until("RabbitMQ answers", Duration.ofMinutes(2), () -> {
            if (!running.isAlive()) {
                throw new AssertionError("RabbitMQ did not start on port " + port + "; see " + folder);
            }
            return answers();
        });
    }

    private Map<String, String> environment() {
        String place = folder.toString();
        return Map.ofEntries(
                Map.entry("HOME", place),
                Map.entry("RABBITMQ_BASE", place),
                Map.entry("RABBITMQ_MNESIA_BASE", folder.resolve("mnesia").toString()),
                Map.entry("RABBITMQ_LOG_BASE", folder.resolve("log").toString()),
                Map.entry("RABBITMQ_NODENAME", "test" + port + "@localhost"),
                Map.entry("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"),
                Map.entry("RABBITMQ_NODE_PORT", "" + port),
                Map.entry("RABBITMQ_DIST_PORT", "" + distribution),
                Map.entry("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"),
                Map.entry("RABBITMQ_CONFIG_FILE", folder.resolve("rabbitmq").toString()),
                Map.entry(
                        "RABBITMQ_ADVANCED_CONFIG_FILE",
                        folder.resolve("advanced").toString()),
                Map.entry(
                        "RABBITMQ_CONF_ENV_FILE", folder.resolve("environment").toString()),
                Map.entry(
                        "RABBITMQ_ENABLED_PLUGINS_FILE",
                        folder.resolve("enabled_plugins").toString()),
                Map.entry("ERL_EPMD_PORT", "" + mapping),
                Map.entry("ERL_EPMD_ADDRESS", "127.0.0.1"));
    }

    private static Path script(String name) throws IOException {
        if (!Files.isDirectory(PLACE)) {
            throw new AssertionError(MISSING);
        }
        try (Stream<Path> versions = Files.list(PLACE)) {
            return versions.map(version -> version.resolve("sbin").resolve(name))
                    .filter(Files::isExecutable)
                    .max(Comparator.naturalOrder())
                    .orElseThrow(() -> new AssertionError(MISSING));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// With the user that RabbitMQ makes at its first start.
    URI uri() {
        return URI.create("amqp://guest:guest@127.0.0.1:" + port);
    }

    /// Over TLS.
    ///
    /// @param user `broker` or `program`
    URI uriOf(String user) {
        return URI.create("amqps://" + user + ":" + PASSWORD + "@127.0.0.1:" + tlsPort);
    }

    /// Who vouches for it.
    Path authority() {
        return folder.resolve("authority.pem");
    }

    /// Who does not.
    Path stranger() {
        return folder.resolve("stranger.pem");
    }

    /// A plain connection, as somebody makes one who has no client of ours.
    Connection connect() throws IOException, TimeoutException {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(port);
        factory.setAutomaticRecoveryEnabled(false);
        return factory.newConnection();
    }

    private boolean answers() {
        try (Connection connection = connect()) {
            return connection.isOpen();
        } catch (IOException | TimeoutException notYet) {
            return false;
        }
    }

    /// Ends it as a failure of its machine would.
    void kill() {
        Process running = process;
        process = null;
        if (running != null) {
            end(running);
        }
    }

    private static void end(Process running) {
        List<ProcessHandle> all = new ArrayList<>(running.descendants().toList());
        all.add(running.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        running.onExit().join();
        CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
                .completeOnTimeout(null, 10, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() {
        kill();
        end(mapper);
    }
}
