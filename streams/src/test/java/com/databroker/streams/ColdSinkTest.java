package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.SecurityOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ColdSinkTest {
    private static final int ROWS = 20_000;

    /// The source waits for a checkpoint after so many: there are several, however slow the machine is.
    private static final int ROWS_PER_CHECKPOINT = 4_000;

    @TempDir
    Path folder;

    /// Fails once, some rows after a checkpoint was complete, so that these come again.
    private static final class FailsOnce extends RichMapFunction<Arrival, Arrival> implements CheckpointListener {
        private static final long serialVersionUID = 1;

        static final AtomicLong SEEN = new AtomicLong();

        private final String mark;
        private int complete;
        private int since;

        FailsOnce(String mark) {
            this.mark = mark;
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) {
            complete++;
            since = 0;
        }

        @Override
        public Arrival map(Arrival row) throws IOException {
            SEEN.incrementAndGet();
            if (complete >= 2 && ++since >= 100 && !Files.exists(Path.of(mark))) {
                Files.createFile(Path.of(mark));
                throw new IOException("as the test wants it");
            }
            return row;
        }
    }

    /// Row by number, the same each time.
    private record Numbered() implements GeneratorFunction<Long, Arrival> {
        private static final long serialVersionUID = 1;

        @Override
        public Arrival map(Long number) {
            return ColdFixture.row("r" + number, ColdFixture.NOON.plusSeconds(number * 10), number);
        }
    }

    @Test
    void every_row_is_there_once_though_the_job_failed_on_its_way() throws Exception {
        new Run(folder, folder.resolve("table").toString()).check();
    }

    /// A job that fails once.
    ///
    /// @param folder for its checkpoints
    /// @param location of the table
    record Run(Path folder, String location) {
        void check() throws Exception {
            ColdFixture source = ColdFixture.small();
            ColdTable table = ColdTable.open(location, source);
            Path mark = folder.resolve("failed");
            FailsOnce.SEEN.set(0);
            assertThat(run(source, mark)).isEqualTo(JobStatus.FINISHED);

            assertThat(mark).exists();
            List<String> ids = new ArrayList<>();
            table.scan(ColdScan.ALL.ids(), row -> ids.add(row.id()));
            assertThat(ids).hasSize(ROWS);
            assertThat(new TreeSet<>(ids)).hasSize(ROWS);
            // One transaction for each of several checkpoints.
            assertThat(table.statistics().version()).isBetween(3L, 30L);
            assertThat(FailsOnce.SEEN).as("some rows went that way twice").hasValueGreaterThan(ROWS);
        }

        private JobStatus run(ColdFixture source, Path mark) throws Exception {
            Configuration configuration = new Configuration();
            configuration.set(RestOptions.PORT, 0);
            configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
            configuration.set(RestOptions.ADDRESS, "127.0.0.1");
            configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.parse("8m"));
            configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.parse("16m"));
            configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.parse("16m"));
            configuration.set(SecurityOptions.DELEGATION_TOKENS_ENABLED, false);
            MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                    .setConfiguration(configuration)
                    .setNumTaskManagers(1)
                    .setNumSlotsPerTaskManager(2)
                    .setCommonBindAddress("127.0.0.1")
                    .build());
            try {
                cluster.start();
                var graph = job(source, mark).getJobGraph(ColdSinkTest.class.getClassLoader(), null);
                var id = cluster.submitJob(graph).get(60, TimeUnit.SECONDS).getJobID();
                return cluster.requestJobResult(id)
                        .get(120, TimeUnit.SECONDS)
                        .getJobStatus()
                        .orElseThrow();
            } finally {
                cluster.closeAsync().get(60, TimeUnit.SECONDS);
            }
        }

        private org.apache.flink.streaming.api.graph.StreamGraph job(ColdFixture source, Path mark) {
            Configuration configuration = new Configuration();
            configuration.set(PipelineOptions.GENERIC_TYPES, false);
            configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(300));
            configuration.set(
                    CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                    folder.resolve("checkpoints").toUri().toString());
            configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
            configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 3);
            configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(100));
            StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
            environment.setParallelism(2);
            ArrivalType arrivals = new ArrivalType(source.schema());
            environment
                    .fromSource(
                            new DataGeneratorSource<>(
                                    new Numbered(),
                                    ROWS,
                                    RateLimiterStrategy.perCheckpoint(ROWS_PER_CHECKPOINT),
                                    arrivals),
                            WatermarkStrategy.noWatermarks(),
                            "rows")
                    .returns(arrivals)
                    .uid("rows")
                    .map(new FailsOnce(mark.toString()))
                    .returns(arrivals)
                    .uid("fails")
                    // Between threads, so that the rows go through their form.
                    .rebalance()
                    .sinkTo(new ColdSink(location, source, "cold", 1_000, 1 << 20))
                    .uid("cold");
            return environment.getStreamGraph();
        }
    }
}
