package com.databroker.streams;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Fetches what one place outside has for a stream, step by step.
///
/// It keeps nothing itself: where it has got to is its cursor, which is committed together with the records of
/// the bodies, so that neither a kill nor a restart loses a record or repeats a request too early. A step is short: a
/// page,
/// a file. Called by one thread at a time.
public interface Collector {
    /// Among all collectors only one has it; the operator chose it.
    String name();

    /// The stream for which it collects.
    String stream();

    /// With whom it shares its requests, as [PoliteHttp.Manners#lease] says: collectors of one lease take turns.
    String lease();

    /// What of its configuration its cursor belongs to. Once that is another, it begins anew.
    String configured();

    /// How long to wait after failures.
    default Pause pause() {
        return new Pause(Duration.ofMinutes(1), Duration.ofHours(1));
    }

    /// Whether it asks nobody outside. When to go on need not be remembered then, so a step that finds nothing leaves
    /// no
    /// trace.
    default boolean isLocal() {
        return false;
    }

    /// Does the next step.
    ///
    /// @throws IOException where it failed; the same step is tried again, later each time
    Polled poll(Polling polling) throws IOException;

    /// The wait after the first failure, which doubles with each one more, up to the longest.
    record Pause(Duration first, Duration most) {
        Duration after(int failures) {
            Duration pause = first;
            for (int i = 1; i < failures && pause.compareTo(most) < 0; i++) {
                pause = pause.multipliedBy(2);
            }
            return pause.compareTo(most) < 0 ? pause : most;
        }
    }

    /// What a step found.
    ///
    /// @param bodies for the stream's reader; whoever takes them closes them
    /// @param cursor where it is now: a tree as [com.databroker.core.Json] has it
    /// @param next when to go on, at the earliest; null if there is nothing more to do, ever
    /// @param failure why the step failed although the cursor is another now; then `next` is not looked at. Null
    ///     where it did not
    record Polled(
            List<Body> bodies,
            Map<String, @Nullable Object> cursor,
            @Nullable Instant next,
            @Nullable String failure) {
        public Polled {
            bodies = List.copyOf(bodies);
            cursor = Collections.unmodifiableMap(new LinkedHashMap<>(cursor));
        }

        public static Polled of(List<Body> bodies, Map<String, @Nullable Object> cursor, @Nullable Instant next) {
            return new Polled(bodies, cursor, next, null);
        }

        public static Polled failed(Map<String, @Nullable Object> cursor, String failure) {
            return new Polled(List.of(), cursor, null, failure);
        }
    }
}
