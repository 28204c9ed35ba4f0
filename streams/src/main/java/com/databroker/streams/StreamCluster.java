package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.client.program.PackagedProgram;
import org.apache.flink.client.program.PackagedProgramUtils;
import org.apache.flink.client.program.ProgramInvocationException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.jspecify.annotations.Nullable;

/// Brings the jobs of streams to a Flink cluster. No broker has to run for it.
public final class StreamCluster {
    private final StreamsConfig.Flink flink;
    private final JobBundle bundle;
    private final List<Path> libraries;

    StreamCluster(StreamsConfig.Flink flink, JobBundle bundle, List<Path> libraries) {
        this.flink = flink;
        this.bundle = bundle;
        this.libraries = libraries;
    }

    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where jobs on a cluster could not reach what they need
    public static StreamCluster of(StreamsConfig config, List<Source> sources) {
        HotStores.Opening hot = hot(config);
        KafkaAddress kafka = ForeignKafka.of(config.kafka()).address();
        List<StreamJob> jobs = sources.stream()
                .map(source -> StreamJob.of(source, kafka, config.cold().table(source.name(), Path.of("/")), hot))
                .toList();
        JobSettings settings = new JobSettings(
                String.valueOf(config.flink().checkpoints()),
                config.flink().checkpointInterval(),
                config.flink().parallelism());
        return new StreamCluster(config.flink(), new JobBundle(jobs, settings), JobJar.libraries());
    }

    /// Refuses what cannot work: a job on another machine reaches neither engines nor folders of this process.
    ///
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID]
    public static void require(StreamsConfig config) {
        hot(config);
    }

    /// @return how a job there reaches the hot store
    static HotStores.Opening hot(StreamsConfig config) {
        if (config.flink().embedded()) {
            throw refused("streams.flink.url: no Flink cluster is named");
        }
        if (config.kafka().embedded()) {
            throw refused("streams.kafka.bootstrap-servers: a Flink cluster does not reach the embedded Kafka; name a"
                    + " Kafka cluster (KAFKA_BOOTSTRAP_SERVERS)");
        }
        if (config.cold().location() == null) {
            throw refused(
                    "streams.cold.location: a Flink cluster does not reach the data folder; name a place that all of"
                            + " its machines reach");
        }
        try {
            return HotStores.elsewhere(config.hot());
        } catch (IllegalArgumentException | IOException unusable) {
            throw refused("streams.hot: " + unusable.getMessage());
        }
    }

    private static ProblemException refused(String detail) {
        return new ProblemException(Problem.CONFIGURATION_INVALID, detail);
    }

    /// Writes the jar for `flink run`.
    public void jar(Path file) throws IOException {
        JobJar.write(bundle, libraries, file);
    }

    /// Has the jobs of streams run with this version of the program: one that runs is stopped at a savepoint and
    /// goes on from there, one that does not, or can make none, goes on from its newest checkpoint.
    ///
    /// @param streams all where none is named
    /// @param from the address of a savepoint or checkpoint in place of the newest, null for the newest
    /// @param said told of each step
    /// @throws ProblemException [Problem#NOT_FOUND], [Problem#UNAVAILABLE] where the cluster refuses
    public void submit(List<String> streams, @Nullable String from, Consumer<String> said) throws IOException {
        List<String> held =
                bundle.jobs().stream().map(job -> job.source().name()).toList();
        for (String stream : streams) {
            if (!held.contains(stream)) {
                throw new ProblemException(
                        Problem.NOT_FOUND, "there is no stream \"" + Text.excerpt(stream) + "\", but " + held);
            }
        }
        Path jar = Files.createTempFile("databroker-", ".jar");
        try (FlinkCluster cluster = FlinkCluster.at(String.valueOf(flink.url()))) {
            jar(jar);
            for (String stream : streams.isEmpty() ? held : streams) {
                submit(cluster, jar, stream, from, said);
            }
        } finally {
            Files.deleteIfExists(jar);
        }
    }

    private void submit(FlinkCluster cluster, Path jar, String stream, @Nullable String from, Consumer<String> said)
            throws IOException {
        String folder = bundle.settings().checkpoints(stream);
        Optional<String> start = Optional.empty();
        Optional<JobStatusMessage> before = cluster.job(stream);
        if (before.isPresent() && !before.get().getJobState().isGloballyTerminalState()) {
            start = cluster.stop(
                    before.get().getJobId(), folder + "/stopped", line -> said.accept(stream + ": " + line));
        }
        List<String> newest = retained(folder, from != null || start.isPresent());
        if (from != null) {
            start = Optional.of(from);
        } else if (start.isEmpty()) {
            start = newest.stream().findFirst();
        }
        JobID job = start(cluster, jar, stream, start);
        said.accept(stream + ": " + job + " goes on from " + start.orElse("the beginning"));
    }

    /// Those that can be gone on from, the newest first; of others than the first two nothing stays.
    ///
    /// @param known whether it is decided already where to go on
    private static List<String> retained(String folder, boolean known) throws IOException {
        try {
            RetainedCheckpoints retained = new RetainedCheckpoints(folder);
            List<String> newest = retained.newestFirst();
            retained.clean(newest.stream().limit(2).toList());
            return newest;
        } catch (UnsupportedFileSystemSchemeException foreign) {
            if (known) {
                return List.of();
            }
            throw refused("streams.flink.checkpoints: this program cannot look into " + folder
                    + "; name the checkpoint to go on from (--from), or start the job with `flink run` the first time");
        }
    }

    /// As `flink run` makes it.
    private JobID start(FlinkCluster cluster, Path jar, String stream, Optional<String> start) {
        SavepointRestoreSettings restore = start.map(
                        place -> SavepointRestoreSettings.forPath(place, false, RecoveryClaimMode.CLAIM))
                .orElse(SavepointRestoreSettings.none());
        // All libraries of the jar are those of this program, which has Flink's connectors, too.
        Configuration here = new Configuration();
        here.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
        try (PackagedProgram program = PackagedProgram.newBuilder()
                .setJarFile(jar.toFile())
                .setConfiguration(here)
                .setArguments(stream)
                .setSavepointRestoreSettings(restore)
                .build()) {
            JobGraph graph = PackagedProgramUtils.createJobGraph(
                    program, here, bundle.settings().parallelism(), true);
            graph.setSavepointRestoreSettings(restore);
            // The program's libraries are there until it is closed.
            return cluster.submit(graph);
        } catch (ProgramInvocationException failed) {
            throw new IllegalStateException("the job of " + stream + " could not be made", failed);
        }
    }
}
