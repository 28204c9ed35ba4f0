package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
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

    private final int rounds = Integer.getInteger("kill.cluster.rounds", 1);
    private final int lines = Integer.getInteger("kill.records", 30_000) / FILES;
    private final long total = (long) FILES * lines;
    private final long seed = Long.getLong("kill.seed", 4711);
    private final SplittableRandom random = new SplittableRandom(seed);
    private final List<String> moments = new ArrayList<>();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final BlockingQueue<HotVisible> told = new LinkedBlockingQueue<>();

    @Test
    void whatever_is_killed_of_kafka_and_flink_each_record_is_once_in_the_hot_and_once_in_the_cold_store()
            throws Exception {
        try (ForeignEngines engines = new ForeignEngines(folder.resolve("engines"))) {
            Process kafka = engines.kafka();
            Process jobManager = engines.jobManager();
            Process taskManager = engines.taskManager();
            ForeignKafka foreign = ForeignKafka.of(
                    new StreamsConfig.Kafka(0, List.of(engines.bootstrap()), engines.clientProperties(), 1, 0));
            StreamCluster cluster = cluster(engines, foreign.address());
            try (Admin admin = Admin.create(foreign.address().client())) {
                Await.until("Kafka is up; " + engines.log("kafka"), () -> ensured(admin, foreign));
                assertThat(partitions(admin, "lines_raw")).isEqualTo(4);
                try (JobArrivals arrivals = new JobArrivals(admin, foreign.address(), List.copyOf(SOURCES), told::add);
                        Files intake = new Files(foreign.address(), folder)) {
                    arrivals.start();
                    runJar(engines, foreign.address());
                    intake.offer(lines);
                    for (int round = 0; round < rounds; round++) {
                        pause();
                        kill(taskManager);
                        taskManager = engines.taskManager();
                        pause();
                        kill(kafka);
                        kafka = engines.kafka();
                        pause();
                        kill(jobManager);
                        jobManager = engines.jobManager();
                        // Nobody keeps the jobs of a cluster without high availability; the command brings them back.
                        submit(cluster);
                    }
                    Await.until(
                            "all is in both stores; " + engines.log("taskmanager"),
                            Await.LONG,
                            () -> intake.isTaken() && isThere());
                    Await.until("each task of both jobs runs", () -> engines.runs(SOURCES.size()));
                    said.clear();
                    cluster.submit(List.of(UNIQUE.name()), null, said::add);
                    assertThat(said).as("an upgrade").anyMatch(line -> line.contains("stopped/savepoint-"));
                    assertRight(engines, admin, foreign.address());
                    System.out.println(moments.size() + " kills, " + total + " records, seed " + seed + ": each once in"
                            + " both stores; in the cold tables at each kill: " + moments);
                }
            }
        }
    }

    private void kill(Process process) throws Exception {
        ForeignEngines.kill(process);
        moments.add(cold(REPEATED)[0] + "+" + cold(UNIQUE)[0]);
    }

    private boolean isThere() throws Exception {
        for (LinesSource source : SOURCES) {
            if (cold(source)[0] < total || hot(source).size() < total) {
                return false;
            }
        }
        return true;
    }

    private void assertRight(ForeignEngines engines, Admin admin, KafkaAddress kafka) throws Exception {
        try (FlinkCluster flink = FlinkCluster.at(engines.url());
                StreamLag lag = new StreamLag(admin, kafka)) {
            for (LinesSource source : SOURCES) {
                Await.until("all is safe", () -> lag.of(source).offsets() == 0);
                Await.until("it runs again", () -> flink.state(source.name()).phase() == StreamStatus.Phase.RUNNING);
                assertThat(cold(source)).as("rows and ids").containsExactly(total, total);
                assertThat(hot(source)).as("ids in the hot store").hasSize((int) total);
                Await.until(
                        "all was told of " + source.name(),
                        () -> told.stream()
                                        .filter(each -> each.stream().equals(source.name()))
                                        .mapToLong(HotVisible::count)
                                        .sum()
                                >= total);
            }
        }
    }

    /// Files on their way to Kafka, as in a broker.
    private static final class Files implements AutoCloseable {
        private final List<Ingest> ingests = new ArrayList<>();
        private final List<Inbox> inboxes = new ArrayList<>();

        Files(KafkaAddress kafka, Path folder) throws IOException {
            Cursors cursors = new Cursors(kafka);
            InstantSource clock = InstantSource.system();
            RawArchive archive = new RawArchive(folder.resolve("raw"), Duration.ofDays(1), 1 << 30, clock);
            for (LinesSource source : SOURCES) {
                Ingest ingest = new Ingest(source, kafka, cursors, clock, archive, new Room(folder, 0));
                ingests.add(ingest);
                ingest.fence();
                inboxes.add(new Inbox(source, ingest, clock));
            }
            cursors.read();
        }

        void offer(int lines) {
            for (int i = 0; i < SOURCES.size(); i++) {
                LinesSource source = SOURCES.get(i);
                for (int file = 0; file < FILES; file++) {
                    int from = source.repeats() ? Math.max(0, file * lines - lines / 10) : file * lines;
                    byte[] bytes =
                            LinesSource.lines("x", from, (file + 1) * lines).getBytes(StandardCharsets.UTF_8);
                    inboxes.get(i)
                            .offer(new InboxFile(
                                    source.name(),
                                    "inbox/" + file,
                                    "file-" + file,
                                    () -> new ByteArrayInputStream(bytes)));
                }
                inboxes.get(i).start();
            }
        }

        boolean isTaken() {
            return inboxes.stream().allMatch(inbox -> inbox.waiting() == 0);
        }

        @Override
        public void close() {
            inboxes.forEach(Inbox::close);
            ingests.forEach(Ingest::close);
        }
    }

    private JobBundle bundle(KafkaAddress kafka) {
        FileHotStore.Opening hot =
                new FileHotStore.Opening(folder.resolve("hot").toString());
        List<StreamJob> jobs = SOURCES.stream()
                .map(source -> StreamJob.of(source, kafka, coldFolder(source), hot))
                .toList();
        return new JobBundle(jobs, new JobSettings(checkpoints(), Duration.ofMillis(500), 1));
    }

    private String checkpoints() {
        return folder.resolve("checkpoints").toUri().toString();
    }

    private StreamCluster cluster(ForeignEngines engines, KafkaAddress kafka) {
        return new StreamCluster(
                new StreamsConfig.Flink(Duration.ofMillis(500), 1, engines.url(), checkpoints()),
                bundle(kafka),
                ForeignEngines.jobLibraries());
    }

    /// As somebody does who has a jar and the command of a Flink distribution.
    private void runJar(ForeignEngines engines, KafkaAddress kafka) throws Exception {
        Await.until("the cluster has a machine; " + engines.log("jobmanager"), engines::hasTaskManager);
        Path jar = folder.resolve("jobs.jar");
        JobJar.write(bundle(kafka), ForeignEngines.jobLibraries(), jar);
        engines.flinkRun(jar);
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

    private void pause() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        assertThat(never.await(2_000 + random.nextInt(4_000), TimeUnit.MILLISECONDS))
                .isFalse();
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
        return Objects.requireNonNull(
                        Topics.get(admin.describeTopics(List.of(topic)).allTopicNames())
                                .get(topic))
                .partitions()
                .size();
    }
}
