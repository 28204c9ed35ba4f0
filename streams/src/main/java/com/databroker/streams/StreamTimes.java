package com.databroker.streams;

import com.databroker.core.Durations;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How long searches of each stream take.
final class StreamTimes {
    private final Map<String, Durations> took = new TreeMap<>();

    /// A search that is under way.
    interface Search {
        StreamAnswer answer() throws IOException;
    }

    StreamTimes(List<Source> sources) {
        sources.forEach(source -> took.put(source.name(), Durations.quick()));
    }

    /// @throws ProblemException [Problem#UNAVAILABLE] where a store failed
    StreamAnswer timed(Source source, Search search) {
        long began = Durations.now();
        try (Span span = Trace.step("streams.search")) {
            span.put("databroker.stream", source.name());
            StreamAnswer answer = search.answer();
            Durations durations = took.get(source.name());
            if (durations != null) {
                durations.since(began);
            }
            return answer;
        } catch (IOException failed) {
            throw new ProblemException(Problem.UNAVAILABLE, "the store failed: " + failed.getMessage(), failed);
        }
    }

    Map<String, Durations> all() {
        return Collections.unmodifiableMap(took);
    }
}
