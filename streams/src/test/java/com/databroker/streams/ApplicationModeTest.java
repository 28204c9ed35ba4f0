package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Flink cluster that is there for one program: nobody submits anything, and whoever watches over it starts it again
/// with the same command.
final class ApplicationModeTest {
    private static final int HALF = 5_000;

    /// Its ids are new by construction, so nothing but the checkpoint keeps a record from being there twice.
    private static final LinesSource SOURCE = new LinesSource("unique", 2, false);

    @TempDir
    Path folder;

    @Test
    void a_cluster_in_application_mode_that_is_killed_and_started_again_goes_on_from_its_newest_checkpoint()
            throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, new Random(1));
                Admin admin = Admin.create(kafka.address().client());
                ForeignEngines engines = new ForeignEngines(folder.resolve("engines"))) {
            Topics.ensure(admin, List.of(SOURCE), kafka.layout());
            Path jar = folder.resolve("jobs.jar");
            JobJar.write(bundle(kafka.address()), ForeignEngines.jobLibraries(), jar);
            assertThat(rows()).as("in the table, which is there from now on").isEmpty();
            Process cluster = engines.application(jar, SOURCE.name());
            engines.taskManager();
            send(kafka.address(), 0);
            Await.until("the first half is there; " + engines.log("application"), () -> rows().size() == HALF);
            ForeignEngines.kill(cluster);
            send(kafka.address(), HALF);
            engines.application(jar, SOURCE.name());
            Await.until("all is there; " + engines.log("application"), () -> rows().size() >= 2 * HALF);
            assertThat(rows()).hasSize(2 * HALF).doesNotHaveDuplicates();
            Set<String> hot = FileHotStore.ids(folder.resolve("hot"), SOURCE.name());
            assertThat(hot).isEqualTo(new HashSet<>(rows()));
        }
    }

    private JobBundle bundle(KafkaAddress kafka) {
        FileHotStore.Opening hot =
                new FileHotStore.Opening(folder.resolve("hot").toString());
        StreamJob job = StreamJob.of(SOURCE, kafka, folder.resolve("cold").toString(), hot);
        String checkpoints = folder.resolve("checkpoints").toUri().toString();
        return new JobBundle(List.of(job), new JobSettings(checkpoints, Duration.ofMillis(500), 1));
    }

    private static void send(KafkaAddress kafka, int from) {
        try (KafkaProducer<String, byte[]> producer = kafka.producer("test")) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = from; i < from + HALF; i++) {
                producer.send(new ProducerRecord<>(
                        SOURCE.topic().name(),
                        "x-" + i,
                        ("{\"at\":" + i + "}").getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            }
            producer.commitTransaction();
        }
    }

    private List<String> rows() throws Exception {
        List<String> ids = new ArrayList<>();
        ColdTable.open(folder.resolve("cold").toString(), SOURCE).scan(ColdScan.ALL.ids(), row -> ids.add(row.id()));
        return ids;
    }
}
