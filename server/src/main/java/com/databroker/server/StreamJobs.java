package com.databroker.server;

import com.databroker.core.ProblemException;
import com.databroker.streams.StreamCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The jobs of the streams on a Flink cluster, as the configuration of a broker says. The broker need not run.
public final class StreamJobs {
    private final StreamCluster cluster;

    private StreamJobs(StreamCluster cluster) {
        this.cluster = cluster;
    }

    /// @throws ProblemException [com.databroker.core.Problem#CONFIGURATION_INVALID] where a cluster could not run them
    public static StreamJobs of(Config config) {
        StreamCluster.require(config.streams());
        return new StreamJobs(StreamCluster.of(config.streams(), StreamSources.ofJobs(config)));
    }

    /// Writes the jar for the cluster's own tools.
    public void jar(Path file) throws IOException {
        cluster.jar(file);
    }

    /// Starts or upgrades the jobs of `streams`, of all where none is named.
    ///
    /// @param from the savepoint or checkpoint to go on from; null for the newest
    /// @param said told of each step
    /// @throws ProblemException as [StreamCluster#submit]
    public void submit(List<String> streams, @Nullable String from, Consumer<String> said) throws IOException {
        cluster.submit(streams, from, said);
    }
}
