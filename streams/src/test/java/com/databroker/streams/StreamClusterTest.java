package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamClusterTest {
    private static final StreamsConfig.Flink FLINK =
            new StreamsConfig.Flink(Duration.ofSeconds(10), 1, "http://127.0.0.1:1", "file:///nowhere");
    private static final StreamsConfig.Kafka KAFKA = new StreamsConfig.Kafka(0, List.of("127.0.0.1:1"), null, -1, 0);

    @TempDir
    Path folder;

    private static StreamsConfig config(StreamsConfig.Kafka kafka, StreamsConfig.Flink flink, StreamsConfig.Cold cold) {
        StreamsConfig defaults = StreamsConfig.defaults();
        return new StreamsConfig(
                true,
                defaults.roomMin(),
                kafka,
                flink,
                defaults.hot(),
                cold,
                defaults.raw(),
                defaults.collectors(),
                null,
                null,
                StreamsConfig.ViewsConfig.defaults());
    }

    @Test
    void what_a_job_on_a_cluster_could_not_reach_is_refused_by_name() {
        StreamsConfig.Kafka embedded = StreamsConfig.Kafka.defaults();
        StreamsConfig.Cold elsewhere =
                new StreamsConfig.Cold("/srv/cold", null, null, StreamsConfig.Databricks.defaults());
        assertRefused(config(KAFKA, StreamsConfig.Flink.defaults(), elsewhere), "streams.flink.url");
        assertRefused(config(embedded, FLINK, elsewhere), "streams.kafka.bootstrap-servers");
        assertRefused(config(KAFKA, FLINK, StreamsConfig.Cold.defaults()), "streams.cold.location");
        assertRefused(config(KAFKA, FLINK, elsewhere), "streams.hot");
    }

    private static void assertRefused(StreamsConfig config, String key) {
        assertThatThrownBy(() -> StreamCluster.of(config, List.of()))
                .isInstanceOfSatisfying(ProblemException.class, refused -> {
                    assertThat(refused.problem()).isEqualTo(Problem.CONFIGURATION_INVALID);
                    assertThat(refused.detail()).startsWith(key + ":");
                });
    }

    @Test
    void a_plane_that_could_not_work_does_not_start() {
        StreamsConfig config = config(StreamsConfig.Kafka.defaults(), FLINK, StreamsConfig.Cold.defaults());
        assertThatThrownBy(() -> StreamPlane.of(config, folder, List.of(), InstantSource.system(), new Random(1)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("bootstrap-servers");
    }

    @Test
    void an_address_without_a_place_for_checkpoints_is_refused() {
        assertThatThrownBy(() -> new StreamsConfig.Flink(Duration.ofSeconds(1), 1, "http://flink:8081", null))
                .hasMessageContaining("checkpoints: ");
        assertThatThrownBy(() -> new StreamsConfig.Flink(Duration.ofSeconds(1), 1, "flink:8081", "file:///x"))
                .hasMessageContaining("url: ");
    }

    @Test
    void a_file_of_properties_is_read_and_what_the_guarantees_rest_on_is_refused() throws IOException {
        Path file = folder.resolve("client.properties");
        StreamsConfig.Kafka kafka = new StreamsConfig.Kafka(0, List.of("a:1", "b:2"), file, -1, 0);
        Files.writeString(file, "security.protocol=SASL_SSL\nsasl.jaas.config=password=\"f00d\"; \n");
        ForeignKafka foreign = ForeignKafka.of(kafka);
        assertThat(foreign.address().client())
                .containsEntry("bootstrap.servers", "a:1,b:2")
                .containsEntry("sasl.jaas.config", "password=\"f00d\";");
        assertThat(foreign.toString()).doesNotContain("f00d");
        Files.writeString(file, "isolation.level=read_uncommitted\nsasl.jaas.config=f00d\n");
        assertThatThrownBy(() -> ForeignKafka.of(kafka))
                .hasMessageContaining("isolation.level")
                .hasMessageNotContaining("f00d");
        Files.delete(file);
        assertThatThrownBy(() -> ForeignKafka.of(kafka)).hasMessageContaining("cannot be read");
    }

    @Test
    void the_jar_has_what_a_job_needs_and_nothing_that_a_cluster_brings_and_only_its_owner_reads_it() throws Exception {
        LinesSource source = LinesSource.named("a");
        StreamJob job = StreamJob.of(
                source, KafkaAddress.plain("k:1", "f00d"), "/srv/cold/a", new FileHotStore.Opening("/srv/hot"));
        JobBundle bundle = new JobBundle(List.of(job), new JobSettings("file:///c", Duration.ofSeconds(1), 1));
        Path jar = folder.resolve("jobs.jar");
        List<Path> small = JobJar.libraries().stream()
                .filter(path ->
                        !path.getFileName().toString().matches("(hadoop-client-runtime|duckdb|archunit|byte-buddy).*"))
                .toList();
        JobJar.write(bundle, small, jar);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(jar)))
                .isEqualTo("rw-------");
        try (JarFile read = new JarFile(jar.toFile())) {
            assertThat(read.getManifest().getMainAttributes().getValue("Main-Class"))
                    .isEqualTo(StreamJobMain.class.getName());
            List<String> names = read.stream().map(JarEntry::getName).toList();
            assertThat(names)
                    .anyMatch(name -> name.startsWith("lib/kafka-clients"))
                    .anyMatch(name -> name.startsWith("lib/flink-connector-kafka"))
                    .anyMatch(name -> name.startsWith("lib/delta-kernel-api"))
                    .noneMatch(name -> name.matches(
                            "lib/(flink-(core|runtime|clients)|lucene-query|kafka_|netty|logback|slf4j).*"));
            JobBundle back = JobBundle.read(
                    read.getInputStream(read.getEntry(JobBundle.ENTRY)), StreamClusterTest.class.getClassLoader());
            assertThat(back.settings()).isEqualTo(bundle.settings());
            assertThat(back.jobs().getFirst().source()).isEqualTo(source);
            assertThat(back.jobs().getFirst().kafka().settings())
                    .isEqualTo(job.kafka().settings());
        }
        assertThatThrownBy(() -> JobBundle.read(
                        new ByteArrayInputStream(new byte[] {1, 2, 3, 4}), StreamClusterTest.class.getClassLoader()))
                .isInstanceOf(IOException.class);
        assertThat(Map.of("a", job).toString()).as("what is logged").doesNotContain("f00d");
    }
}
