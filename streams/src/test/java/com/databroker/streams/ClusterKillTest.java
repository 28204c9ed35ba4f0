package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The jobs run on a Flink cluster, beside a Kafka that others run; each process is killed in the middle of the work.
///
/// `-Dkill.cluster.rounds=7 -Dkill.records=500000 -Dkill.seed=7` makes it long: three kills a round.
final class ClusterKillTest {
    private static final int FILES = 10;
    private static final LinesSource REPEATED = new LinesSource("lines", 4, true);
    private static final LinesSource UNIQUE = new LinesSource("unique", 3, false);
    private static final List<LinesSource> SOURCES = List.of(REPEATED, UNIQUE);

    @TempDir
    Path folder;

    private final List<String> said = new CopyOnWriteArrayList<>();

    @Test
    void whatever_is_killed_of_kafka_and_flink_each_record_is_once_in_the_hot_and_once_in_the_cold_store()
            throws Exception {
        int rounds = Integer.getInteger("kill.cluster.rounds", 1);
        int lines = Integer.getInteger("kill.records", 30_000) / FILES;
        long seed = Long.getLong("kill.seed", 4711);
        SplittableRandom random = new SplittableRandom(seed);
        try (ForeignEngines engines = new ForeignEngines(folder.resolve("engines"))) {
            Process kafka = engines.kafka();
            Process jobManager = engines.jobManager();
            Process taskManager = engines.taskManager();
            StreamsConfig.Kafka config =
                    new StreamsConfig.Kafka(0, List.of(engines.bootstrap()), engines.clientProperties(), 1, 0);
            ForeignKafka foreign = ForeignKafka.of(config);
            assertThat(foreign.toString()).doesNotContain("f00d");
            StreamCluster cluster = cluster(engines, foreign.address());
            try (Admin admin = Admin.create(foreign.address().client());
                    FlinkCluster flink = FlinkCluster.at(engines.url())) {
                Await.until("Kafka is up; " + engines.log("kafka"), () -> ensured(admin, foreign));
                Cursors cursors = new Cursors(foreign.address());
                Map<String, Ingest> ingests = new HashMap<>();
                for (LinesSource source : SOURCES) {
                    Ingest ingest = new Ingest(
                            source,
                            foreign.address(),
                            cursors,
                            InstantSource.system(),
                            new RawArchive(folder.resolve("raw"), Duration.ofDays(1), 1 << 30, InstantSource.system()),
                            new Room(folder, 0));
                    ingest.fence();
                    ingests.put(source.name(), ingest);
                }
                cursors.read();
                Map<String, Inbox> inboxes = new HashMap<>();
                BlockingQueue<HotVisible> told = new LinkedBlockingQueue<>();
                try (JobArrivals arrivals =
                        new JobArrivals(admin, foreign.address(), List.copyOf(SOURCES), told::add)) {
                    arrivals.start();
                    submit(cluster);
                    for (LinesSource source : SOURCES) {
                        Inbox inbox = new Inbox(source, ingests.get(source.name()), InstantSource.system());
                        inboxes.put(source.name(), inbox);
                        offer(source, inbox, lines);
                        inbox.start();
                    }
                    for (int round = 0; round < rounds; round++) {
                        pause(random);
                        ForeignEngines.kill(taskManager);
                        taskManager = engines.taskManager();
                        pause(random);
                        ForeignEngines.kill(kafka);
                        kafka = engines.kafka();
                        pause(random);
                        ForeignEngines.kill(jobManager);
                        jobManager = engines.jobManager();
                        // Nobody keeps the jobs of a cluster without high availability; the command brings them back.
                        submit(cluster);
                    }
                    long total = (long) FILES * lines;
                    for (LinesSource source : SOURCES) {
                        Await.until(
                                source.name() + " is in both stores; " + engines.log("taskmanager"),
                                () -> inboxes.get(source.name()).waiting() == 0
                                        && cold(source)[0] >= total
                                        && hot(source).size() >= total);
                    }
                    said.clear();
                    submit(cluster);
                    assertThat(said).as("an upgrade").anyMatch(line -> line.contains("stopped/savepoint-"));
                    for (LinesSource source : SOURCES) {
                        try (StreamLag lag = new StreamLag(admin, foreign.address())) {
                            Await.until("all is safe", () -> lag.of(source) == 0);
                        }
                        Await.until(
                                "it runs again",
                                () -> flink.state(source.name()).phase() == StreamStatus.Phase.RUNNING);
                        assertThat(cold(source))
                                .as("rows and ids, seed " + seed)
                                .containsExactly(total, total);
                        assertThat(hot(source)).as("ids in the hot store").hasSize((int) total);
                        assertThat(told.stream()
                                        .filter(each -> each.stream().equals(source.name()))
                                        .mapToLong(HotVisible::count)
                                        .sum())
                                .as("records told of " + source.name())
                                .isGreaterThanOrEqualTo(total);
                    }
                    assertThat(partitions(admin, "lines_raw")).isEqualTo(4);
                } finally {
                    inboxes.values().forEach(Inbox::close);
                    ingests.values().forEach(Ingest::close);
                }
            }
        }
    }

    private StreamCluster cluster(ForeignEngines engines, KafkaAddress kafka) {
        FileHotStore.Opening hot =
                new FileHotStore.Opening(folder.resolve("hot").toString());
        List<StreamJob> jobs = SOURCES.stream()
                .map(source -> StreamJob.of(source, kafka, coldFolder(source), hot))
                .toList();
        String checkpoints = folder.resolve("checkpoints").toUri().toString();
        // What a test has beside the program would only make the jar large.
        List<Path> libraries = JobJar.libraries().stream()
                .filter(path -> !path.getFileName().toString().matches("(duckdb|archunit|byte-buddy|assertj|junit).*"))
                .toList();
        return new StreamCluster(
                new StreamsConfig.Flink(Duration.ofMillis(500), 1, engines.url(), checkpoints),
                new JobBundle(jobs, new JobSettings(checkpoints, Duration.ofMillis(500), 1)),
                libraries);
    }

    /// As somebody at the command line would, who tries again until the cluster is up.
    private void submit(StreamCluster cluster) {
        Await.until("all is submitted", () -> {
            try {
                cluster.submit(List.of(), null, said::add);
                return true;
            } catch (ProblemException notYet) {
                return false;
            }
        });
    }

    private static void pause(SplittableRandom random) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        assertThat(never.await(2_000 + random.nextInt(4_000), TimeUnit.MILLISECONDS))
                .isFalse();
    }

    private static void offer(LinesSource source, Inbox inbox, int lines) {
        for (int i = 0; i < FILES; i++) {
            int from = source.repeats() ? Math.max(0, i * lines - lines / 10) : i * lines;
            byte[] bytes = LinesSource.lines("x", from, (i + 1) * lines).getBytes(StandardCharsets.UTF_8);
            inbox.offer(new InboxFile(source.name(), "inbox/" + i, "file-" + i, () -> new ByteArrayInputStream(bytes)));
        }
    }

    private String coldFolder(LinesSource source) {
        return folder.resolve("cold").resolve(source.name()).toString();
    }

    /// Rows, and different ids among them.
    private long[] cold(LinesSource source) throws Exception {
        Set<String> ids = new HashSet<>();
        long[] rows = new long[2];
        ColdTable.open(coldFolder(source), source).scan(ColdScan.ALL.ids(), row -> {
            ids.add(row.id());
            rows[0]++;
            return true;
        });
        rows[1] = ids.size();
        return rows;
    }

    private Set<String> hot(LinesSource source) throws Exception {
        return FileHotStore.ids(folder.resolve("hot"), source.name());
    }

    private static boolean ensured(Admin admin, ForeignKafka kafka) {
        try {
            Topics.ensure(admin, List.copyOf(SOURCES), kafka.layout());
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int partitions(Admin admin, String topic) throws Exception {
        return Topics.get(admin.describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions()
                .size();
    }
}
