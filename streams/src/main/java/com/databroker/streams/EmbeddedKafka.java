package com.databroker.streams;

import com.databroker.core.Folders;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import kafka.server.StandardFaultHandlerFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.common.Feature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/// A real Kafka broker, with its controller, in this process.
///
/// It listens on loopback only, at ports that are free, and lets in who has the password in its folder: other users
/// of the machine are strangers. What it keeps is there again after a restart, or a kill.
///
/// ```
/// kafka/
/// ├── ports       at which it listened last
/// ├── secret      password of the user `databroker` (0600)
/// └── logs/       Kafka's own
/// ```
final class EmbeddedKafka implements KafkaEngine {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);
    private static final String USER = "databroker";
    private static final String LOOPBACK = "127.0.0.1";
    private static final String LISTENER = "BROKER";
    private static final String CONTROLLER = "CONTROLLER";
    private static final int CLEANER_BYTES = 2 << 20;
    private static final int SECRET_BYTES = 32;
    private static final long PATIENCE_SECONDS = 3;
    private static final int LOOKS_MAX = 300;
    private static final int SESSION_MILLIS = 2_000;
    private static final Duration LEAVE = Duration.ofSeconds(5);

    /// Why Kafka gave up, empty where it did not: of all that this process started, the last one.
    private static volatile String gaveUp = "";

    private final Servers servers;
    private final KafkaAddress address;

    private EmbeddedKafka(Servers servers, KafkaAddress address) {
        this.servers = servers;
        this.address = address;
    }

    /// Starts the broker on what lies in `folder`, or on nothing the first time.
    ///
    /// @param port 0 takes a free one
    static EmbeddedKafka start(Path folder, int port, RandomGenerator random) {
        neverEndTheProcess();
        gaveUp = "";
        Path logs = folder.resolve("logs");
        try {
            Files.createDirectories(folder);
            String secret = secret(folder.resolve("secret"), random);
            Ports ports = Ports.of(folder.resolve("ports"), port);
            int controllerPort = ports.controller;
            int brokerPort = ports.broker;
            KafkaConfig config = new KafkaConfig(settings(logs, brokerPort, controllerPort, secret), false);
            if (!Files.exists(logs.resolve("meta.properties"))) {
                prepare(logs);
            }
            Servers servers = Servers.start(config, new InetSocketAddress(loopback(), controllerPort));
            return new EmbeddedKafka(
                    servers, KafkaAddress.plain(LOOPBACK + ":" + brokerPort, signIn(USER, secret, "")));
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
    }

    /// Why it gave up, as on a disk that is full; empty where it did not.
    static String gaveUp() {
        return gaveUp;
    }

    @Override
    public KafkaAddress address() {
        return address;
    }

    @Override
    public Topics.Layout layout() {
        return Topics.Layout.EMBEDDED;
    }

    /// A transaction counts as ended before every partition has been told so. What is left of that when Kafka ends, it
    /// would take up again only when the next start has been told that its own address is another one.
    private void awaitTransactions() {
        ListTransactionsOptions ending = new ListTransactionsOptions()
                .filterStates(List.of(TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT));
        try (Admin admin = Admin.create(address.client())) {
            boolean busy = true;
            for (int looks = 0; busy && looks < LOOKS_MAX; looks++) {
                busy = !admin.listTransactions(ending)
                        .all()
                        .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .isEmpty();
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | KafkaException unknown) {
            LOG.atDebug().setCause(unknown).log("whether transactions are ending is not known");
        }
    }

    @Override
    public void rest() {
        awaitTransactions();
    }

    @Override
    public void close() {
        if (gaveUp.isEmpty()) {
            awaitTransactions();
        }
        servers.end(gaveUp.isEmpty() ? LEAVE : Duration.ZERO);
    }

    /// The broker and its controller, as `KafkaRaftServer` puts them together, which would always wait for five minutes
    /// until the one lets the other go.
    private record Servers(BrokerServer broker, ControllerServer controller) {
        static Servers start(KafkaConfig config, InetSocketAddress controller) {
            Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> kept = KafkaRaftServer.initializeLogDirs(config, LOG, "");
            SharedServer shared = new SharedServer(
                    config,
                    kept._1(),
                    Time.SYSTEM,
                    Server.initializeMetrics(
                            config, Time.SYSTEM, kept._1().clusterId().orElseThrow()),
                    CompletableFuture.completedFuture(Map.of(1, controller)),
                    List.of(),
                    new StandardFaultHandlerFactory(),
                    ServerSocketFactory.INSTANCE);
            Servers servers = new Servers(
                    new BrokerServer(shared), new ControllerServer(shared, KafkaRaftServer.configSchema(), kept._2()));
            try {
                servers.controller.startup();
                servers.broker.startup();
                return servers;
            } catch (RuntimeException failed) {
                servers.end(Duration.ZERO);
                throw failed;
            }
        }

        /// A broker that left is let in again at once; one that was there a moment ago has to be given up first.
        ///
        /// @param patience how long the controller may take to let it go, which on a full disk it never does
        void end(Duration patience) {
            broker.shutdown(patience);
            controller.shutdown();
            broker.awaitShutdown();
            controller.awaitShutdown();
        }
    }

    /// Kafka ends the process when it cannot go on. In here that would end the other planes, too.
    private static void neverEndTheProcess() {
        Exit.setExitProcedure((status, message) -> stop("exit", status, message));
        Exit.setHaltProcedure((status, message) -> stop("halt", status, message));
    }

    private static void stop(String how, int status, String message) {
        LOG.atError()
                .addKeyValue("how", how)
                .addKeyValue("status", status)
                .addKeyValue("reason", message)
                .log("Kafka gives up; it is started again when it can be");
        gaveUp = message == null ? "status " + status : message;
        throw new IllegalStateException("Kafka gave up: " + message);
    }

    private static String secret(Path file, RandomGenerator random) throws IOException {
        String kept = Files.exists(file)
                ? Files.readString(file, StandardCharsets.US_ASCII).strip()
                : "";
        if (!kept.isEmpty()) {
            return kept;
        }
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = HexFormat.of().formatHex(bytes);
        Path draft = file.resolveSibling("secret.new");
        Files.deleteIfExists(draft);
        Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(draft, secret + "\n");
        Forced.force(draft);
        Forced.move(draft, file);
        return secret;
    }

    /// Kafka must be told its ports before it starts: those of the life before, where they are still free. Until it is
    /// registered anew it sends to itself at the address that it had.
    private record Ports(int broker, int controller) {
        /// @param wanted of the broker; 0 takes a free one
        static Ports of(Path file, int wanted) throws IOException {
            Ports before = Files.exists(file) ? read(Files.readString(file)) : new Ports(0, 0);
            int broker = wanted != 0 ? wanted : isFree(before.broker) ? before.broker : 0;
            Ports now = new Ports(freePort(broker), isFree(before.controller) ? before.controller : freePort(0));
            if (!now.equals(before)) {
                Path draft = file.resolveSibling("ports.new");
                Files.writeString(draft, now.broker + " " + now.controller + "\n");
                Forced.force(draft);
                Forced.move(draft, file);
            }
            return now;
        }

        private static Ports read(String text) {
            int space = text.indexOf(' ');
            try {
                return new Ports(
                        Integer.parseInt(text.substring(0, Math.max(0, space))),
                        Integer.parseInt(text.substring(space + 1).strip()));
            } catch (NumberFormatException damaged) {
                return new Ports(0, 0);
            }
        }

        private static boolean isFree(int port) {
            try (ServerSocket probe = new ServerSocket(port, 1, loopback())) {
                return port != 0 && probe.isBound();
            } catch (IOException | IllegalArgumentException taken) {
                return false;
            }
        }

        /// Somebody may take the port in between; then Kafka says so.
        private static int freePort(int wanted) {
            try (ServerSocket probe = new ServerSocket(wanted, 1, loopback())) {
                return probe.getLocalPort();
            } catch (IOException taken) {
                throw new ProblemException(
                        Problem.PORT_IN_USE,
                        "streams.kafka.port: " + LOOPBACK + ":" + wanted + " is used by another program");
            }
        }
    }

    private static InetAddress loopback() throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    }

    private static Map<String, Object> settings(Path logs, int port, int controllerPort, String secret) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@" + LOOPBACK + ":" + controllerPort);
        settings.put(
                "listeners",
                LISTENER + "://" + LOOPBACK + ":" + port + "," + CONTROLLER + "://" + LOOPBACK + ":" + controllerPort);
        settings.put("advertised.listeners", LISTENER + "://" + LOOPBACK + ":" + port);
        settings.put("controller.listener.names", CONTROLLER);
        settings.put("inter.broker.listener.name", LISTENER);
        settings.put("listener.security.protocol.map", LISTENER + ":SASL_PLAINTEXT," + CONTROLLER + ":SASL_PLAINTEXT");
        settings.put("sasl.enabled.mechanisms", "PLAIN");
        settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        settings.put("sasl.mechanism.controller.protocol", "PLAIN");
        String server = signIn(USER, secret, " user_" + USER + "=\"" + secret + "\"");
        settings.put("listener.name.broker.plain.sasl.jaas.config", server);
        settings.put("listener.name.controller.plain.sasl.jaas.config", server);
        settings.put("log.dirs", logs.toAbsolutePath().toString());
        for (String internal :
                new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(internal + ".replication.factor", "1");
            settings.put(internal + ".num.partitions", "1");
            if (!internal.startsWith("offsets")) {
                settings.put(internal + ".min.isr", "1");
            }
        }
        settings.put("group.initial.rebalance.delay.ms", "0");
        // After a kill the controller takes the broker that it remembers for alive, and refuses the new one for so
        // long.
        settings.put("broker.session.timeout.ms", String.valueOf(SESSION_MILLIS));
        settings.put("broker.heartbeat.interval.ms", String.valueOf(SESSION_MILLIS / 4));
        settings.put("auto.create.topics.enable", "false");
        // There is no other broker that would have a copy. Without this a power cut takes what was acknowledged, and
        // gives the numbers of records that the cold store has to others, which it would then leave out.
        settings.put("log.flush.interval.messages", "1");
        settings.put("message.max.bytes", String.valueOf(Collected.JSON_BYTES_MAX + (1 << 20)));
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("background.threads", "2");
        // Its default is 128 MiB of heap, for the few compacted topics there are.
        settings.put("log.cleaner.dedupe.buffer.size", String.valueOf(CLEANER_BYTES));
        return settings;
    }

    private static String signIn(String user, String secret, String more) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                + secret + "\"" + more + ";";
    }

    /// Kafka does not force what it writes for its first start, and never starts on half of it.
    private static void prepare(Path logs) throws IOException {
        Path draft = logs.resolveSibling(logs.getFileName() + ".new");
        Folders.delete(draft);
        Files.createDirectories(draft);
        format(draft);
        Forced.tree(draft);
        // Empty, from a start that was cut off: Kafka writes nothing before it is prepared.
        Files.deleteIfExists(logs);
        Forced.move(draft, logs);
    }

    static void format(Path logs) {
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                    .setNodeId(1)
                    .setClusterId(Uuid.randomUuid().toString())
                    .addDirectory(logs.toAbsolutePath().toString())
                    .setMetadataLogDirectory(Optional.empty())
                    .setControllerListenerName(CONTROLLER)
                    .setHasDynamicQuorum(false)
                    .setIgnoreFormatted(false)
                    .run();
        } catch (Exception refused) {
            // The formatter declares nothing narrower.
            throw new IllegalStateException("Kafka could not prepare " + logs, refused);
        }
    }
}
