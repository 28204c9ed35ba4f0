package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The views of the plane's streams: what they counted, how they do, and runs of them.
///
/// All but [#stream] throws [Problem#UNAVAILABLE] before the engines are up.
public final class StreamViews {
    private final Map<String, String> streams = new LinkedHashMap<>();
    private final Stillness stillness;
    private final Supplier<Views> ready;

    StreamViews(List<Source> sources, Stillness stillness, Supplier<Views> ready) {
        this.stillness = stillness;
        this.ready = ready;
        for (Source source : sources) {
            source.views().forEach(view -> streams.putIfAbsent(view.name(), source.name()));
        }
    }

    /// The stream that a view counts; null where there is no such view.
    public @Nullable String stream(String view) {
        return streams.get(view);
    }

    /// How every view does.
    public List<ViewStatus> status() {
        return ready.get().status();
    }

    /// Asks for a run, and returns at once.
    ///
    /// @return its number: it has ended when [ViewStatus#done] is as great
    /// @throws ProblemException [Problem#NOT_FOUND]
    public long run(String view) {
        return ready.get().run(view);
    }

    /// @throws ProblemException [Problem#NOT_FOUND], [Problem#BAD_REQUEST] where so much cannot be asked
    ///     for
    public ViewAnswer answer(String view, ViewQuery query) {
        try {
            return stillness.outside(() -> ready.get().answer(view, query));
        } catch (IOException failed) {
            throw new ProblemException(Problem.UNAVAILABLE, "the store failed: " + failed.getMessage(), failed);
        }
    }
}
