package com.databroker.server;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one stream of *dbo/1* has told of changes, and what waits to be told. Its owner calls it from one thread at a
/// time.
///
/// What a slow reader has not been told yet waits as tags with their newest versions, of which each is there once;
/// where even those are too many, it is told that nobody knows.
final class ObjectNews {
    private static final int TOLD_MAX = 10_000;
    private static final int WAITING_MAX = 200_000;

    private final Map<String, Long> waiting = new LinkedHashMap<>();
    private ObjectPosition told = ObjectPosition.NONE;
    private ObjectPosition heard = ObjectPosition.NONE;
    private long number;
    private long committed;
    private @Nullable String lost;

    /// @param from everything after it is told
    void begin(ObjectPosition from) {
        told = from;
        heard = from.with(heard);
    }

    void changed(ObjectPosition at, Instant when, List<ObjectMessage.Tagged> tags) {
        heard = heard.with(at);
        // Of what waits, the oldest says how late it is.
        committed = waiting.isEmpty() ? when.toEpochMilli() : Math.min(committed, when.toEpochMilli());
        tags.forEach(each -> waiting.merge(each.tag(), each.version(), ObjectMessage.Tagged::newer));
        if (waiting.size() > WAITING_MAX) {
            reset("this connection reads too slowly");
        }
    }

    void reset(String why) {
        waiting.clear();
        lost = why;
    }

    /// Whether there is something to tell.
    boolean isWaiting() {
        return lost != null || !waiting.isEmpty();
    }

    /// The next frame, which counts as told; null where there is nothing to tell. A reset has a number, too, so that
    /// who misses it notices.
    ObjectMessage.@Nullable Push next() {
        String why = lost;
        if (why != null) {
            lost = null;
            number++;
            return new ObjectMessage.Reset(why);
        }
        if (waiting.isEmpty()) {
            told = heard;
            return null;
        }
        List<ObjectMessage.Tagged> some = waiting.entrySet().stream()
                .limit(TOLD_MAX)
                .map(each -> new ObjectMessage.Tagged(each.getKey(), each.getValue()))
                .toList();
        some.forEach(each -> waiting.remove(each.tag()));
        // Only with the last of them everything up to there is told.
        told = waiting.isEmpty() ? heard : told;
        return new ObjectMessage.Changed(++number, told, committed, some);
    }

    /// Of the last frame.
    long number() {
        return number;
    }

    /// @param now in milliseconds
    ObjectMessage.Pulse pulse(long now) {
        return new ObjectMessage.Pulse(number, told, now);
    }
}
