package com.databroker.client;

import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A pattern whose events go to a listener until [#close], across as many connections as that takes.
public final class Subscription implements AutoCloseable {
    private final Pattern pattern;
    private final EventListener listener;
    private final Session session;
    private volatile boolean open = true;
    private volatile boolean silent;
    private volatile @Nullable Position handled;

    // Guarded by the session's lock, as all that the connection changes.
    private @Nullable Position since;
    private @Nullable Position seen;
    private @Nullable Position owed;
    private boolean established;
    private boolean active;

    Subscription(Pattern pattern, @Nullable Position since, EventListener listener, Session session) {
        this.pattern = pattern;
        this.since = since;
        this.listener = listener;
        this.session = session;
    }

    /// What was subscribed to.
    public Pattern pattern() {
        return pattern;
    }

    /// Position of the last event that the listener has dealt with, null before the first.
    ///
    /// Kept somewhere safe, it is the `since` with which the next life of the program goes on.
    public @Nullable Position position() {
        return handled;
    }

    /// Whether events can still come: false after [#close], after the client's close, and after
    /// [EventListener#closed].
    public boolean isOpen() {
        return open;
    }

    /// Ends the subscription without waiting for the broker. A call to the listener that is under way ends by
    /// itself; no other follows.
    @Override
    public void close() {
        session.unsubscribe(this);
    }

    /// What the broker is asked to deliver after, null for only what is new.
    @Nullable
    Position since() {
        return since;
    }

    /// Whether the broker has ever taken it, so that it outlives a connection.
    boolean isEstablished() {
        return established;
    }

    /// The broker took it on the present connection.
    ///
    /// @param from the first position that it delivers
    void acknowledged(Position from) {
        established = true;
        active = true;
        if (since == null) {
            goOnFrom(from);
        }
    }

    /// To be resumed so that `first` is the first event to come.
    private void goOnFrom(Position first) {
        owed = first;
        if (first.offset() > 0) {
            since = new Position(first.epoch(), first.offset() - 1);
            seen = since;
        } else {
            // "since" means after, and before the first of an epoch there is none to name: the broker gives all of an
            // epoch to whoever comes from another one, after a gap that for this subscription is none.
            since = first.epoch() == 0 ? first : new Position(first.epoch() - 1, 0);
            seen = null;
        }
    }

    /// The connection is gone, and with it the broker's knowledge of this subscription.
    void interrupted() {
        active = false;
    }

    /// Nothing new comes; what is in the queue is still delivered.
    void ended() {
        open = false;
    }

    /// The application has closed it: what is in the queue is dropped too.
    void silenced() {
        open = false;
        silent = true;
    }

    /// Whether `event` is to be handed over; if so it counts as seen.
    ///
    /// Before its acknowledgement on this connection nothing counts: an event that comes on account of another
    /// subscription would otherwise overtake the replay of this one, which would then pass for duplicates.
    boolean takes(Event event) {
        if (!active || !isAhead(event.position()) || !pattern.matches(event.topic())) {
            return false;
        }
        seen = event.position();
        since = seen;
        return true;
    }

    /// Whether the gap takes anything from this subscription; if so it goes on behind it.
    boolean misses(EventMessage.Gap gap) {
        Position to = gap.to();
        Position last = seen;
        boolean nothing =
                to.equals(owed) || (last != null && last.epoch() == to.epoch() && last.offset() + 1 >= to.offset());
        if (!nothing && since != null && since.epoch() != to.epoch()) {
            goOnFrom(to);
        }
        return !nothing;
    }

    private boolean isAhead(Position position) {
        Position last = seen;
        return last == null || last.epoch() != position.epoch() || position.offset() > last.offset();
    }

    void deliver(Event event) {
        if (!silent) {
            try {
                listener.event(event);
            } finally {
                handled = event.position();
            }
        }
    }

    void deliver(EventMessage.Gap gap) {
        if (!silent) {
            listener.gap(gap);
        }
    }

    void tellConnected() {
        if (!silent) {
            listener.connected();
        }
    }

    void tellDisconnected(String why, Duration nextTry) {
        if (!silent) {
            listener.disconnected(why, nextTry);
        }
    }

    void tellClosed(ProblemException why) {
        if (!silent) {
            listener.closed(why);
        }
    }
}
