package com.databroker.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What has come from the other end, until a step of a case asks for it. It comes from any thread, and is
/// asked for from one.
final class ConformanceInbox {
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /// What the end of a connection looks like: `{"t":"(end)","number":1011}`.
    static final String END = "(end)";

    private final BlockingQueue<Map<String, @Nullable Object>> coming = new LinkedBlockingQueue<>();
    private final List<Map<String, @Nullable Object>> kept = new ArrayList<>();

    void add(Map<String, @Nullable Object> frame) {
        coming.add(frame);
    }

    void ended(long number) {
        add(Map.of("t", END, "number", number));
    }

    /// Waits for what fits, and takes it. What comes before it is kept for other steps; what has the number
    /// that is asked for has to fit.
    ///
    /// @return what is wrong, null where nothing is
    @Nullable
    String expect(@Nullable Object pattern, ConformancePattern values) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String last = "";
        for (int next = 0; ; next++) {
            if (next == kept.size()) {
                Map<String, @Nullable Object> frame = coming.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (frame == null) {
                    return "nothing came for " + ConformancePattern.json(pattern) + last;
                }
                kept.add(frame);
            }
            Map<String, @Nullable Object> frame = kept.get(next);
            String differs = values.differs(pattern, frame);
            if (differs == null) {
                kept.remove(next);
                return null;
            }
            if (isNumbered(pattern, frame, "i") || isNumbered(pattern, frame, "id") || END.equals(frame.get("t"))) {
                return differs + ", in " + ConformancePattern.json(frame);
            }
            last = "; what came last: " + ConformancePattern.json(frame);
        }
    }

    private static boolean isNumbered(@Nullable Object pattern, Map<String, @Nullable Object> frame, String name) {
        return pattern instanceof Map<?, ?> map
                && map.get(name) instanceof Number wanted
                && frame.get(name) instanceof Number came
                && wanted.longValue() == came.longValue();
    }
}
