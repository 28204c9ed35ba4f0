package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.net.URI;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.SecurityOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Flink that others run, by the REST service of its JobManager. Its jobs are submitted by command, see
/// [StreamCluster], and go on when this process ends.
final class FlinkCluster implements FlinkEngine {
    private static final Logger LOG = LoggerFactory.getLogger(FlinkCluster.class);

    /// The least that a client waits for an answer.
    private static final Duration ANSWER_MOST = Duration.ofSeconds(10);

    private static final Duration SUBMIT_MOST = Duration.ofMinutes(5);
    private static final Duration STOP_MOST = Duration.ofMinutes(5);

    private final String url;
    private final RestClusterClient<String> client;

    private FlinkCluster(String url, RestClusterClient<String> client) {
        this.url = url;
        this.client = client;
    }

    /// @param url of the REST service
    static FlinkCluster at(String url) {
        URI address = URI.create(url);
        boolean encrypted = "https".equals(address.getScheme());
        int standard = encrypted ? 443 : 80;
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.ADDRESS, address.getHost());
        configuration.set(RestOptions.PORT, address.getPort() < 0 ? standard : address.getPort());
        configuration.set(JobManagerOptions.ADDRESS, address.getHost());
        configuration.set(SecurityOptions.SSL_REST_ENABLED, encrypted);
        configuration.set(RestOptions.CONNECTION_TIMEOUT, ANSWER_MOST);
        configuration.set(RestOptions.RETRY_MAX_ATTEMPTS, 1);
        configuration.set(SecurityOptions.DELEGATION_TOKENS_ENABLED, false);
        try {
            return new FlinkCluster(url, new RestClusterClient<>(configuration, "databroker"));
        } catch (Exception refused) {
            // It declares nothing narrower.
            throw new IllegalStateException("no client for " + url, refused);
        }
    }

    @Override
    public void run(StreamJob job) {
        LOG.atInfo()
                .addKeyValue("stream", job.source().name())
                .addKeyValue("cluster", url)
                .log("the job runs on a cluster, when it is submitted there");
    }

    @Override
    public JobState state(String stream) {
        try {
            return job(stream)
                    .map(job -> state(job))
                    .orElseGet(() -> new JobState(
                            StreamStatus.Phase.STOPPED,
                            "its job is not known to " + url + ": `databroker streams submit " + stream
                                    + "` starts it"));
        } catch (ProblemException away) {
            return new JobState(StreamStatus.Phase.FAILED, away.detail());
        }
    }

    @Override
    public StreamStatus.Checkpoints checkpoints(String stream) {
        // Its own pages tell.
        return StreamStatus.Checkpoints.NONE;
    }

    @Override
    public void end(String stream) {
        throw new UnsupportedOperationException("jobs on a cluster are ended by command");
    }

    private JobState state(JobStatusMessage job) {
        JobState state = JobState.of(job.getJobState());
        return state.phase() == StreamStatus.Phase.FAILED
                ? new JobState(state.phase(), "its job failed, and " + url + " tells why")
                : state;
    }

    /// The job of a stream: the one that runs, else the last one that did.
    Optional<JobStatusMessage> job(String stream) {
        String name = StreamJob.name(stream);
        return answer(client.listJobs(), ANSWER_MOST).stream()
                .filter(job -> job.getJobName().equals(name))
                .max(Comparator.comparing(
                                (JobStatusMessage job) -> !job.getJobState().isGloballyTerminalState())
                        .thenComparingLong(JobStatusMessage::getStartTime));
    }

    /// Starts a job; when this returns the cluster has it.
    JobID submit(JobGraph job) {
        return answer(client.submitJob(job), SUBMIT_MOST);
    }

    /// Stops a job at a savepoint; when this returns it has ended.
    ///
    /// @param said told where and why
    /// @return the address of the savepoint; empty where the job could not make one and was ended without
    Optional<String> stop(JobID job, String folder, Consumer<String> said) {
        Optional<String> savepoint = Optional.empty();
        try {
            savepoint = Optional.of(
                    answer(client.stopWithSavepoint(job, false, folder, SavepointFormatType.NATIVE), STOP_MOST));
            said.accept("stopped " + job + " at " + savepoint.get());
        } catch (ProblemException refused) {
            // A job whose tasks are just being started makes none. Its newest checkpoint is as good.
            said.accept("ended " + job + " without a savepoint: " + refused.detail());
            answer(client.cancel(job), ANSWER_MOST);
        }
        answer(client.requestJobResult(job), STOP_MOST);
        return savepoint;
    }

    private <T> T answer(CompletableFuture<T> answer, Duration most) {
        try {
            return answer.orTimeout(most.toMillis(), TimeUnit.MILLISECONDS).join();
        } catch (CompletionException failed) {
            throw new ProblemException(
                    Problem.UNAVAILABLE,
                    "the Flink cluster " + url + " did not do it: " + Causes.innermost(failed),
                    failed);
        }
    }

    /// Its jobs are not this process' business.
    @Override
    public boolean rest() {
        return true;
    }

    @Override
    public void close() {
        client.close();
    }
}
