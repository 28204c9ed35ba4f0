package com.databroker.streams;

import java.nio.file.Path;

/// The Flink of the plane: one of its own in this process, or a cluster that others run.
sealed interface FlinkEngine extends AutoCloseable permits EmbeddedFlink, FlinkCluster {
    /// The one that is configured. Where it is our own it runs when this returns, with room for `jobs`.
    static FlinkEngine start(StreamsConfig.Flink config, Path folder, int jobs) {
        if (config.url() != null) {
            return FlinkCluster.at(config.url());
        }
        return EmbeddedFlink.start(folder, config.checkpointInterval(), jobs, config.parallelism());
    }

    /// Has the job of a stream run from its newest checkpoint on, where running jobs is this process' business.
    void run(StreamJob job);

    /// What the job of that stream is doing now.
    JobState state(String stream);

    /// How the job of that stream makes safe what it did, where running jobs is this process' business.
    StreamStatus.Checkpoints checkpoints(String stream);

    /// Ends the job of that stream, at a checkpoint of its own where it can, and forgets its checkpoints; only where
    /// running jobs is this process' business.
    void end(String stream);

    /// Ends the jobs that this process runs, at a checkpoint of their own, and is ready for others.
    ///
    /// @return whether it is; where not it has to be closed
    boolean rest();

    /// Ends what this process runs, jobs at a checkpoint of their own.
    @Override
    void close();
}
