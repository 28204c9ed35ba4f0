package com.databroker.streams;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/// The program of the jar that `databroker streams jar` writes, for `flink run` and clusters in application mode.
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
                StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(
                        bundle.settings().of(stream));
                job.define(environment);
                environment.executeAsync(StreamJob.name(stream));
            }
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
