package com.databroker.streams;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/// The program of the jar that `databroker streams jar` writes, for `flink run` and clusters in application mode.
///
/// A cluster in application mode has nobody who submits: after a kill it only runs this program again. So a job goes on
/// from its newest checkpoint where the command does not name another.
public final class StreamJobMain {
    private StreamJobMain() {}

    /// Starts the jobs of the named streams; of all that the jar holds where none is named.
    ///
    /// @throws IllegalArgumentException where there is no such stream
    public static void main(String[] streams) throws Exception {
        JobBundle bundle = bundle();
        List<String> named = List.of(streams);
        List<String> held =
                bundle.jobs().stream().map(job -> job.source().name()).toList();
        if (!held.containsAll(named)) {
            throw new IllegalArgumentException("the jar holds the streams " + held + ", not all of " + named);
        }
        for (StreamJob job : bundle.jobs()) {
            String stream = job.source().name();
            if (named.isEmpty() || named.contains(stream)) {
                StreamExecutionEnvironment environment =
                        StreamExecutionEnvironment.getExecutionEnvironment(configuration(bundle.settings(), stream));
                job.define(environment);
                environment.executeAsync(StreamJob.name(stream));
            }
        }
    }

    private static Configuration configuration(JobSettings settings, String stream) throws IOException {
        Configuration configuration = settings.of(stream);
        boolean named = StreamExecutionEnvironment.getExecutionEnvironment()
                .getConfiguration()
                .getOptional(StateRecoveryOptions.SAVEPOINT_PATH)
                .isPresent();
        if (!named) {
            newest(settings.checkpoints(stream)).ifPresent(checkpoint -> {
                configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, checkpoint);
                configuration.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
            });
        }
        return configuration;
    }

    private static Optional<String> newest(String checkpoints) throws IOException {
        try {
            return new RetainedCheckpoints(checkpoints).newestFirst().stream().findFirst();
        } catch (UnsupportedFileSystemSchemeException elsewhere) {
            // The command of Flink need not reach what its machines reach; then only the command's user knows.
            return Optional.empty();
        }
    }

    private static JobBundle bundle() throws IOException {
        // Flink's for the jar, also where this class comes from elsewhere.
        ClassLoader classes = Thread.currentThread().getContextClassLoader();
        try (InputStream in = classes.getResourceAsStream(JobBundle.ENTRY)) {
            if (in == null) {
                throw new IOException("this jar holds no jobs: `databroker streams jar` writes one that does");
            }
            return JobBundle.read(in, classes);
        }
    }
}
