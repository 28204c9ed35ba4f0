package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.flink.client.cli.CliFrontend;
import org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint;
import org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint;
import org.apache.flink.runtime.taskexecutor.TaskManagerRunner;
import org.apache.kafka.common.utils.Time;

/// A Kafka and a Flink cluster as others run them: processes of their own, from their own artifacts, on loopback.
/// A test kills them and starts them again.
///
/// Kafka lets in over TLS who has the password. Flink's processes have nothing of ours on their class path.
final class ForeignEngines implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final String PASSWORD = "f00d";

    /// What a Flink distribution has in its `lib`.
    private static final List<String> FLINK = List.of(
            "flink-",
            "kryo",
            "minlog",
            "objenesis",
            "reflectasm",
            "snakeyaml",
            "slf4j",
            "logback",
            "commons-",
            "jsr305",
            "javax.annotation",
            "lz4",
            "snappy");

    private final Path folder;
    private final int kafkaPort = freePort();
    private final int controllerPort = freePort();
    private final int rpcPort = freePort();
    private final int restPort = freePort();
    private final List<Process> all = new ArrayList<>();

    ForeignEngines(Path folder) throws IOException, InterruptedException {
        this.folder = Files.createDirectories(folder);
        keys();
        kafkaConfiguration();
        flinkConfiguration();
    }

    private static int freePort() {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return probe.getLocalPort();
        } catch (IOException none) {
            throw new AssertionError("no port is free", none);
        }
    }

    String bootstrap() {
        return LOOPBACK + ":" + kafkaPort;
    }

    String url() {
        return "http://" + LOOPBACK + ":" + restPort;
    }

    /// For clients, as an administrator of that Kafka would hand it out.
    Path clientProperties() {
        return folder.resolve("client.properties");
    }

    private void keys() throws IOException, InterruptedException {
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        String store = folder.resolve("kafka.p12").toString();
        List<String> common = List.of("-keystore", store, "-storepass", "secret", "-alias", "kafka");
        run(
                List.of(keytool, "-genkeypair", "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1"),
                common);
        Path certificate = folder.resolve("kafka.pem");
        run(List.of(keytool, "-exportcert", "-rfc", "-file", certificate.toString()), common);
        String pem = Files.readString(certificate).strip().lines().collect(Collectors.joining(" \\\n"));
        Files.writeString(clientProperties(), """
                security.protocol=SASL_SSL
                sasl.mechanism=PLAIN
                sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
                required username="me" password="%s";
                ssl.truststore.type=PEM
                ssl.truststore.certificates=%s
                """.formatted(PASSWORD, pem));
    }

    private void run(List<String> command, List<String> more) throws IOException, InterruptedException {
        List<String> whole = Stream.concat(command.stream(), more.stream()).toList();
        Process process = new ProcessBuilder(whole)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new AssertionError("keytool: " + Files.readString(folder.resolve("keytool.log")));
        }
    }

    private void kafkaConfiguration() throws IOException {
        Path logs = Files.createDirectories(folder.resolve("kafka"));
        Files.writeString(folder.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@%1$s:%3$d
                listeners=CLIENT://%1$s:%2$d,CONTROLLER://%1$s:%3$d
                advertised.listeners=CLIENT://%1$s:%2$d
                controller.listener.names=CONTROLLER
                inter.broker.listener.name=CLIENT
                listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT
                sasl.enabled.mechanisms=PLAIN
                sasl.mechanism.inter.broker.protocol=PLAIN
                listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
                required username="me" password="%5$s" user_me="%5$s";
                ssl.keystore.location=%6$s
                ssl.keystore.password=secret
                ssl.keystore.type=PKCS12
                ssl.truststore.location=%6$s
                ssl.truststore.password=secret
                ssl.truststore.type=PKCS12
                log.dirs=%4$s
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=1
                group.initial.rebalance.delay.ms=0
                auto.create.topics.enable=false
                log.cleaner.dedupe.buffer.size=2097152
                """.formatted(
                        LOOPBACK, kafkaPort, controllerPort, logs, PASSWORD, folder.resolve("kafka.p12")));
        EmbeddedKafka.format(logs);
    }

    private void flinkConfiguration() throws IOException {
        Path temporary = Files.createDirectories(folder.resolve("flink-tmp"));
        Files.writeString(Files.createDirectories(folder.resolve("conf")).resolve("config.yaml"), """
                jobmanager.rpc.address: %1$s
                jobmanager.rpc.port: %2$d
                jobmanager.bind-host: %1$s
                rest.address: %1$s
                rest.port: %3$d
                rest.bind-address: %1$s
                rest.bind-port: "%3$d"
                taskmanager.bind-host: %1$s
                taskmanager.host: %1$s
                taskmanager.numberOfTaskSlots: 2
                taskmanager.cpu.cores: 2
                taskmanager.memory.framework.heap.size: 64m
                taskmanager.memory.framework.off-heap.size: 64m
                taskmanager.memory.jvm-metaspace.size: 192m
                taskmanager.memory.jvm-overhead.min: 64m
                taskmanager.memory.jvm-overhead.max: 64m
                taskmanager.memory.task.heap.size: 256m
                taskmanager.memory.task.off-heap.size: 0m
                taskmanager.memory.managed.size: 8m
                taskmanager.memory.network.min: 16m
                taskmanager.memory.network.max: 16m
                execution.checkpointing.num-retained: 2
                heartbeat.interval: 1000
                heartbeat.timeout: 6000
                io.tmp.dirs: %4$s
                """.formatted(
                        LOOPBACK, rpcPort, restPort, temporary));
    }

    Process kafka() throws IOException {
        return start(
                "kafka",
                400,
                System.getProperty("java.class.path"),
                List.of(
                        KafkaMain.class.getName(),
                        folder.resolve("server.properties").toString()));
    }

    Process jobManager() throws IOException {
        return flink("jobmanager", StandaloneSessionClusterEntrypoint.class);
    }

    /// A JobManager that runs one program and nothing else, as `standalone-job.sh start-foreground` of a distribution.
    Process application(Path jar, String stream) throws IOException {
        return start(
                "application",
                400,
                libraries(),
                List.of(
                        StandaloneApplicationClusterEntryPoint.class.getName(),
                        "--configDir",
                        folder.resolve("conf").toString(),
                        "--jars",
                        // As a file:// it would be copied, and the copy be taken the next time, too.
                        "local://" + jar,
                        "--job-classname",
                        StreamJobMain.class.getName(),
                        stream));
    }

    Process taskManager() throws IOException {
        return flink("taskmanager", TaskManagerRunner.class);
    }

    boolean hasTaskManager() {
        try (InputStream overview = URI.create(url() + "/overview").toURL().openStream()) {
            return new String(overview.readAllBytes(), StandardCharsets.UTF_8).contains("\"taskmanagers\":1");
        } catch (IOException notYet) {
            return false;
        }
    }

    /// Whether each task of each of these jobs runs: only then a job can make a savepoint.
    boolean runs(int jobs) throws IOException {
        try (InputStream overview = URI.create(url() + "/jobs/overview").toURL().openStream()) {
            return Json.parseObject(Bytes.wrap(overview.readAllBytes())).get("jobs") instanceof List<?> listed
                    && listed.stream().filter(ForeignEngines::runs).count() == jobs;
        }
    }

    private static boolean runs(Object job) {
        return job instanceof Map<?, ?> named
                && "RUNNING".equals(named.get("state"))
                && named.get("tasks") instanceof Map<?, ?> tasks
                && Objects.equals(tasks.get("running"), tasks.get("total"));
    }

    /// Submits the jobs of a jar by the command of a Flink distribution: `flink run -d jobs.jar`.
    void flinkRun(Path jar) throws IOException, InterruptedException {
        Process run =
                start("flink-run", 300, libraries(), List.of(CliFrontend.class.getName(), "run", "-d", jar.toString()));
        if (!run.waitFor(2, TimeUnit.MINUTES) || run.exitValue() != 0) {
            throw new AssertionError("flink run: " + log("flink-run"));
        }
    }

    private Process flink(String name, Class<?> main) throws IOException {
        return start(
                name,
                400,
                libraries(),
                List.of(main.getName(), "--configDir", folder.resolve("conf").toString()));
    }

    /// What a job needs of this program. What a test has beside it would only make the jar large.
    static List<Path> jobLibraries() {
        return JobJar.libraries().stream()
                .filter(path -> !path.getFileName().toString().matches("(duckdb|archunit|byte-buddy|assertj|junit).*"))
                .toList();
    }

    private static String libraries() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path ->
                        FLINK.stream().anyMatch(Path.of(path).getFileName().toString()::startsWith))
                .filter(path -> !path.contains("flink-connector") || path.contains("datagen"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private Process start(String name, int megabytes, String classPath, List<String> program) throws IOException {
        Path quiet = folder.resolve("logback.xml");
        Files.writeString(quiet, """
                <configuration>
                  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d %-5level %logger{0}: %msg%n</pattern></encoder>
                  </appender>
                  <root level="WARN"><appender-ref ref="out"/></root>
                </configuration>
                """);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + megabytes + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=" + quiet,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                // As the configuration of a Flink distribution says.
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "-cp",
                classPath));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve(name + ".log").toFile()));
        builder.environment().put("FLINK_CONF_DIR", folder.resolve("conf").toString());
        Process process = builder.start();
        all.add(process);
        return process;
    }

    /// The end of what a process said.
    String log(String name) throws IOException {
        Path file = folder.resolve(name + ".log");
        String text = Files.exists(file) ? Files.readString(file) : "";
        return text.substring(Math.max(0, text.length() - 3000));
    }

    static void kill(Process process) {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        all.reversed().forEach(ForeignEngines::kill);
    }

    /// Kafka as its own program starts it, but for the command line.
    static final class KafkaMain {
        private KafkaMain() {}

        public static void main(String[] args) throws IOException {
            Properties properties = new Properties();
            try (var in = Files.newInputStream(Path.of(args[0]))) {
                properties.load(in);
            }
            Map<String, Object> settings = properties.stringPropertyNames().stream()
                    .collect(Collectors.toMap(key -> key, properties::getProperty));
            KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
            server.startup();
            server.awaitShutdown();
        }
    }
}
