package com.databroker.streams;

import com.databroker.core.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.BatchShuffleMode;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.SecurityOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.runtime.dispatcher.DispatcherGateway;
import org.apache.flink.runtime.dispatcher.DispatcherRestEndpoint;
import org.apache.flink.runtime.dispatcher.SessionDispatcherFactory;
import org.apache.flink.runtime.dispatcher.runner.DefaultDispatcherRunnerFactory;
import org.apache.flink.runtime.entrypoint.component.DefaultDispatcherResourceManagerComponentFactory;
import org.apache.flink.runtime.entrypoint.component.DispatcherResourceManagerComponentFactory;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.runtime.resourcemanager.StandaloneResourceManagerFactory;
import org.apache.flink.runtime.rest.RestEndpointFactory;
import org.apache.flink.runtime.rest.handler.RestHandlerConfiguration;
import org.apache.flink.runtime.rest.handler.RestHandlerSpecification;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandler;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A real Flink in this process, with one job for each stream, so that one that fails does not hold up the others.
///
/// A job goes on from its newest checkpoint, whatever ended it before.
///
/// ```
/// flink/
/// ├── checkpoints/<stream>/<job>/chk-<n>/_metadata
/// └── tmp/         what Flink unpacks, made afresh at each start
/// ```
final class EmbeddedFlink implements FlinkEngine {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedFlink.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final int NETWORK_MIB_LEAST = 16;
    private static final int NETWORK_MIB_EACH = 2;

    /// Of each slot, to sort in: taken while a job in batch mode sorts, and by no other.
    private static final long MANAGED_MIB = 16;

    private static final Duration STOP_MOST = Duration.ofSeconds(5);
    private static final Duration CLOSE_MOST = Duration.ofSeconds(30);
    private static final Duration ANSWER_MOST = Duration.ofSeconds(10);

    private final Path folder;
    private final JobSettings settings;
    private final MiniCluster cluster;
    private final Map<String, JobID> jobs = new ConcurrentHashMap<>();

    private EmbeddedFlink(Path folder, JobSettings settings, MiniCluster cluster) {
        this.folder = folder;
        this.settings = settings;
        this.cluster = cluster;
    }

    /// Starts a cluster with room for `jobs` of that parallelism, and for one in batch mode beside them.
    static EmbeddedFlink start(Path folder, Duration checkpointInterval, int jobs, int parallelism) {
        Path temporary = folder.resolve("tmp");
        delete(temporary);
        try {
            Files.createDirectories(temporary);
            Files.createDirectories(folder.resolve("checkpoints"));
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
        int slots = jobs * parallelism + 1;
        Configuration configuration = new Configuration();
        configuration.set(CoreOptions.TMP_DIRS, temporary.toString());
        configuration.set(RestOptions.PORT, 0);
        configuration.set(RestOptions.BIND_ADDRESS, LOOPBACK);
        configuration.set(RestOptions.ADDRESS, LOOPBACK);
        configuration.set(JobManagerOptions.BIND_HOST, LOOPBACK);
        configuration.set(TaskManagerOptions.BIND_HOST, LOOPBACK);
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(slots * MANAGED_MIB));
        MemorySize network = MemorySize.ofMebiBytes(Math.max(NETWORK_MIB_LEAST, NETWORK_MIB_EACH * slots));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, network);
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, network);
        configuration.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
        configuration.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, JobSettings.CHECKPOINTS_KEPT);
        // The one that is made for batch mode keeps everything that goes between steps on the disk.
        configuration.set(JobManagerOptions.SCHEDULER, JobManagerOptions.SchedulerType.Default);
        // Hadoop is on the class path for Parquet only.
        configuration.set(SecurityOptions.DELEGATION_TOKENS_ENABLED, false);
        MiniCluster cluster = new QuietCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(slots)
                .setRpcServiceSharing(RpcServiceSharing.SHARED)
                .setCommonBindAddress(LOOPBACK)
                .build());
        try {
            cluster.start();
        } catch (Exception refused) {
            // It declares nothing narrower.
            throw new IllegalStateException("Flink did not start", refused);
        }
        String checkpoints = folder.resolve("checkpoints").toUri().toString();
        return new EmbeddedFlink(folder, new JobSettings(checkpoints, checkpointInterval, parallelism), cluster);
    }

    /// Flink's HTTP interface asks nobody who he is, and everybody on this machine reaches it: here it answers nothing,
    /// and none of its pages is loaded. Its parts call one another by [LocalRpc].
    @SuppressWarnings("try") // What it extends closes with interruptions, which javac minds in whoever inherits that.
    private static final class QuietCluster extends MiniCluster {
        QuietCluster(MiniClusterConfiguration configuration) {
            super(configuration, () -> Reference.owned(new LocalRpc()));
        }

        @Override
        protected DispatcherResourceManagerComponentFactory createDispatcherResourceManagerComponentFactory() {
            RestEndpointFactory<DispatcherGateway> silent =
                    (configuration, dispatcher, resources, blobs, executor, metrics, election, fatal) -> {
                        RestHandlerConfiguration handlers = RestHandlerConfiguration.fromConfiguration(configuration);
                        return new DispatcherRestEndpoint(
                                dispatcher,
                                configuration,
                                handlers,
                                resources,
                                blobs,
                                executor,
                                metrics,
                                election,
                                RestEndpointFactory.createExecutionGraphCache(handlers),
                                fatal) {
                            @Override
                            protected List<Tuple2<RestHandlerSpecification, ChannelInboundHandler>> initializeHandlers(
                                    CompletableFuture<String> address) {
                                return new ArrayList<>();
                            }
                        };
                    };
            return new DefaultDispatcherResourceManagerComponentFactory(
                    DefaultDispatcherRunnerFactory.createSessionRunner(SessionDispatcherFactory.INSTANCE),
                    StandaloneResourceManagerFactory.getInstance(),
                    silent);
        }
    }

    /// Where Flink's HTTP interface would be.
    URI http() {
        return join(cluster.getRestAddress());
    }

    /// Starts the job of a stream from its newest checkpoint, or from the beginning where there is none.
    @Override
    public void run(StreamJob job) {
        String name = job.source().name();
        Configuration configuration = settings.of(name);
        try {
            RetainedCheckpoints retained = new RetainedCheckpoints(settings.checkpoints(name));
            List<String> newest = retained.newestFirst();
            newest.stream().limit(1).forEach(checkpoint -> {
                configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, checkpoint);
                configuration.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
            });
            // Every start is a new job, so what earlier ones left is nobody's. The one before the newest stays: the
            // newest may be damaged in a way that only shows when it is used.
            retained.clean(newest.stream().limit(2).toList());
            LOG.atInfo()
                    .addKeyValue("stream", name)
                    .addKeyValue("checkpoint", newest.isEmpty() ? "none" : newest.getFirst())
                    .log("job starts");
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        job.define(environment);
        var streamGraph = environment.getStreamGraph();
        streamGraph.setJobName(StreamJob.name(name));
        // The cluster takes the stream graph itself, too, and fails on it: it has no id yet.
        JobGraph graph = streamGraph.getJobGraph(EmbeddedFlink.class.getClassLoader(), null);
        jobs.put(name, submit(graph, job.source()));
    }

    private JobID submit(JobGraph graph, Source source) {
        if (source.getClass().getClassLoader() instanceof URLClassLoader plugin) {
            // The cluster makes the steps of the job anew, from their bytes, and needs the classes for that.
            graph.setClasspaths(List.of(plugin.getURLs()));
        }
        return join(cluster.submitJob(graph)).getJobID();
    }

    /// Where views are run: in this process, also where the jobs of streams run on a cluster; a Flink is there
    /// for as long as a run takes, then.
    static Views.Cluster batch(FlinkEngine engine, Path folder) {
        return engine instanceof EmbeddedFlink here
                ? here::batch
                : work -> {
                    try (EmbeddedFlink once = start(folder, Duration.ofMinutes(1), 0, 1)) {
                        once.batch(work);
                    }
                };
    }

    /// Runs the job of a view to its end, in the slot that the streams leave free; one at a time.
    void batch(ViewWork work) throws IOException {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        // All steps are in one slot, so that they can wait for one another in memory.
        configuration.set(ExecutionOptions.BATCH_SHUFFLE_MODE, BatchShuffleMode.ALL_EXCHANGES_PIPELINED);
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        ViewJob.define(environment, work);
        var streamGraph = environment.getStreamGraph();
        String name = "view-" + work.view().name();
        streamGraph.setJobName(StreamJob.name(name));
        JobGraph graph = streamGraph.getJobGraph(EmbeddedFlink.class.getClassLoader(), null);
        JobResult result = join(cluster.requestJobResult(submit(graph, work.source())));
        if (result.getSerializedThrowable().isPresent()) {
            throw new IOException(
                    "the job " + name + " failed",
                    result.getSerializedThrowable().get());
        }
    }

    @Override
    public JobState state(String stream) {
        try {
            return JobState.of(answer(cluster.getJobStatus(job(stream))));
        } catch (TimeoutException late) {
            return new JobState(StreamStatus.Phase.RESTARTING, "Flink does not answer");
        }
    }

    private JobID job(String stream) {
        return Objects.requireNonNull(jobs.get(stream));
    }

    @Override
    public StreamStatus.Checkpoints checkpoints(String stream) {
        AccessExecutionGraph graph;
        try {
            graph = answer(cluster.getExecutionGraph(job(stream)));
        } catch (TimeoutException late) {
            return StreamStatus.Checkpoints.NONE;
        }
        int restarts = 0;
        for (AccessExecutionVertex vertex : graph.getAllExecutionVertices()) {
            restarts = Math.max(restarts, vertex.getCurrentExecutionAttempt().getAttemptNumber());
        }
        CheckpointStatsSnapshot all = graph.getCheckpointStatsSnapshot();
        if (all == null) {
            return StreamStatus.Checkpoints.NONE;
        }
        CompletedCheckpointStats last = all.getHistory().getLatestCompletedCheckpoint();
        return new StreamStatus.Checkpoints(
                all.getCounts().getNumberOfCompletedCheckpoints(),
                all.getCounts().getNumberOfFailedCheckpoints(),
                last == null ? null : Instant.ofEpochMilli(last.getLatestAckTimestamp()),
                last == null ? Duration.ZERO : Duration.ofMillis(last.getEndToEndDuration()),
                restarts);
    }

    /// Stops jobs at a checkpoint of their own, so that the next start has nothing to do again. Those that cannot stop
    /// in time are ended: their last checkpoint stands.
    private void stop(Map<String, JobID> these) {
        Map<String, CompletableFuture<String>> stops = new LinkedHashMap<>();
        these.forEach((stream, job) -> {
            String target = settings.checkpoints(stream) + "/stopped";
            stops.put(
                    stream,
                    cluster.stopWithSavepoint(job, target, false, SavepointFormatType.NATIVE)
                            .orTimeout(STOP_MOST.toMillis(), TimeUnit.MILLISECONDS));
        });
        stops.forEach((stream, stop) -> {
            try {
                stop.join();
            } catch (CompletionException refused) {
                LOG.atInfo()
                        .addKeyValue("stream", stream)
                        .addKeyValue("reason", String.valueOf(refused.getCause()))
                        .log("the job did not stop at a checkpoint; the next start goes on from its last one");
            }
        });
    }

    @Override
    public void end(String stream) {
        JobID job = job(stream);
        stop(Map.of(stream, job));
        if (!join(cluster.getJobStatus(job)).isGloballyTerminalState()) {
            join(cluster.cancelJob(job));
        }
        join(cluster.requestJobResult(job));
        delete(folder.resolve("checkpoints").resolve(stream));
    }

    @Override
    public boolean rest() {
        stop(jobs);
        try {
            for (JobID job : jobs.values()) {
                if (!answer(cluster.getJobStatus(job)).isGloballyTerminalState()) {
                    answer(cluster.cancelJob(job));
                }
                answer(cluster.requestJobResult(job));
            }
            jobs.clear();
            return true;
        } catch (CompletionException | TimeoutException stuck) {
            LOG.atWarn().setCause(stuck).log("a job did not end in time; Flink is started again");
            return false;
        }
    }

    @Override
    public void close() {
        stop(jobs);
        try {
            cluster.closeAsync().get(CLOSE_MOST.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException stuck) {
            // A task that waits for an engine that is gone: its last checkpoint stands.
            LOG.atWarn().setCause(stuck).log("Flink did not end in time");
        }
        delete(folder.resolve("tmp"));
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.join();
    }

    /// Of a cluster that may be ending, and answers no more then.
    private static <T> T answer(CompletableFuture<T> future) throws TimeoutException {
        try {
            return future.get(ANSWER_MOST.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            throw new TimeoutException("interrupted");
        } catch (ExecutionException failed) {
            throw new CompletionException(failed.getCause());
        }
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException undeletable) {
            throw new UncheckedIOException(undeletable);
        }
    }
}
