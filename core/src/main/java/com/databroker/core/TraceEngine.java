package com.databroker.core;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/// Records spans and sends them where traces are kept. It is a module of its own, which the server finds as a
/// service, in the class path or in the folder `opentelemetry` beside the program's jars: who does not trace
/// does not have it.
public interface TraceEngine {
    /// What it does and where it sends.
    ///
    /// @param protocol by OpenTelemetry's name
    /// @param endpoint whole address, to which spans are sent
    /// @param headers of that request
    /// @param resource who is traced: `service.name` and what else is known
    /// @param sampler by OpenTelemetry's name
    /// @param ratio of traces that such a sampler keeps
    record Settings(
            String protocol,
            String endpoint,
            Map<String, String> headers,
            Duration timeout,
            Map<String, String> resource,
            String sampler,
            double ratio,
            int queueMax,
            int batchMax,
            Duration delay) {
        public Settings {
            headers = Map.copyOf(headers);
            resource = Map.copyOf(resource);
        }

        /// Without the headers, which may hold a secret.
        @Override
        public String toString() {
            return "Settings[" + endpoint + "]";
        }
    }

    /// @param failing is told when spans could not be sent, once until they can be again
    Recorder open(Settings settings, Consumer<String> failing);

    /// Begins spans. For any number of threads; nothing that it does waits for the network.
    interface Recorder extends AutoCloseable {
        /// @param parent [Span#NONE] where the work is nobody's part here
        /// @param traceParent as it came from outside, empty where nothing came; what is wrong counts
        ///     as nothing
        Span begin(String name, Span.Kind kind, Span parent, String traceParent, String traceState);

        /// Spans that were sent.
        long sent();

        /// Spans thrown away, as the queue was full.
        long dropped();

        /// Spans that could not be sent.
        long failed();

        /// Sends what there is, for at most the timeout, and ends.
        @Override
        void close();
    }
}
