package com.databroker.events;

import com.databroker.core.Event;
import com.databroker.core.Position;
import com.databroker.core.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Reads events at its own pace, some at a time, for whoever takes them to another place.
///
/// A cursor over the log without a connection: it asks nobody's grants, and nothing is kept for it that the window
/// does not keep anyway. Of one thread at a time, which is no event loop.
public final class EventReader implements AutoCloseable {
    private final EventPlane plane;
    private final EventLog log;
    private final Predicate<Topic> wanted;
    private volatile long at;
    private volatile boolean holdsUp = true;
    private @Nullable Topic last;
    private boolean lastWanted;

    EventReader(EventPlane plane, Predicate<Topic> wanted) {
        this.plane = plane;
        this.log = plane.log();
        this.wanted = wanted;
        this.at = log.tail();
    }

    /// What was read.
    ///
    /// @param events those that are wanted, in order
    /// @param next where it goes on
    /// @param lost how many events, wanted or not, had left the window before they were read
    public record Batch(List<Event> events, Position next, long lost) {
        public Batch {
            events = List.copyOf(events);
        }
    }

    /// The life of the window that it reads; positions of another one mean nothing to it.
    public long epoch() {
        return log.epoch();
    }

    /// Goes to a position of this epoch.
    public void seek(Position to) {
        at = to.offset();
    }

    /// Reads on, and does not wait for more.
    ///
    /// @param eventsMax so many at most
    /// @param bytesMax ends with the event whose payload goes beyond
    public Batch read(int eventsMax, long bytesMax) {
        long lost = 0;
        long from = at;
        long head = log.head();
        List<Event> events = new ArrayList<>();
        long bytes = 0;
        while (from < head && events.size() < eventsMax && bytes < bytesMax) {
            Segment segment = log.retained(from);
            if (segment == null) {
                long tail = Math.max(from + 1, log.tail());
                lost += tail - from;
                from = tail;
                continue;
            }
            try {
                int end = Shard.end(segment, head);
                int entry = (int) (from - segment.base);
                while (entry < end && events.size() < eventsMax && bytes < bytesMax) {
                    if (isWanted(segment.topic[entry])) {
                        Event event = segment.event(entry, log.epoch());
                        events.add(event);
                        bytes += event.payload().length();
                    }
                    entry++;
                }
                from = segment.base + entry;
            } finally {
                segment.release();
            }
        }
        at = from;
        return new Batch(events, log.position(from), lost);
    }

    // Neighbours often have the same topic, the very same one.
    @SuppressWarnings("ReferenceEquality")
    private boolean isWanted(Topic topic) {
        if (topic != last) {
            last = topic;
            lastWanted = wanted.test(topic);
        }
        return lastWanted;
    }

    /// Whether publishers that can wait shall wait for it, before it loses events: as it is, until it says that
    /// it cannot go on.
    public void holdUp(boolean others) {
        holdsUp = others;
    }

    /// The offset before which nobody needs to wait for it.
    long holdsUpAt() {
        return holdsUp ? at : Long.MAX_VALUE;
    }

    @Override
    public void close() {
        plane.detach(this);
    }
}
