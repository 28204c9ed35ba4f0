package com.databroker.client;

import com.databroker.core.ObjectMessage;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes one stream of what a broker answers to a hello and of what it tells everybody: numbered from 1 as if it came
/// over a connection of its own, so that gaps are noticed as they are there.
///
/// ```
/// answers   welcome  changed n=1 … n=k  beat n=N        of the reply queue
/// news      … n=N-1  n=N  n=N+1  n=N+2 …                of the exchange, from before the hello on
/// told on   welcome  changed 1 … k      beat k  changed k+1, k+2 …
/// ```
final class AmqpStream {
    private static final int HELD_MAX = 10_000;

    private final InstantSource clock;
    private final List<Told> held = new ArrayList<>();
    private String server = "";
    private boolean caughtUp;

    /// What is to be added to a number of the exchange.
    private long shift;

    private long caught;
    private long heard;

    private record Told(String server, ObjectMessage frame) {}

    AmqpStream(InstantSource clock) {
        this.clock = clock;
    }

    /// The broker whose news are followed, empty before its welcome.
    synchronized String server() {
        return server;
    }

    synchronized boolean follows(String other) {
        return server.equals(other);
    }

    synchronized boolean isSilent(long millis) {
        return clock.millis() - heard > millis;
    }

    /// @return what is to be told on
    synchronized List<ObjectMessage> answered(ObjectMessage frame) {
        heard = frame instanceof ObjectMessage.Welcome ? clock.millis() : heard;
        List<ObjectMessage> on = new ArrayList<>();
        if (frame instanceof ObjectMessage.Welcome welcome && server.isEmpty()) {
            server = welcome.server();
            on.add(welcome);
        } else if (frame instanceof ObjectMessage.Changed changed && !caughtUp) {
            caught = Math.max(caught, changed.number());
            on.add(changed);
        } else if (frame instanceof ObjectMessage.Pulse pulse && !caughtUp) {
            caughtUp = true;
            shift = caught - pulse.number();
            on.add(new ObjectMessage.Pulse(caught, pulse.at(), pulse.now()));
            for (Told told : held) {
                add(on, told.server, told.frame);
            }
            held.clear();
        } else {
            on.add(frame);
        }
        return on;
    }

    /// @param from the broker that tells it
    synchronized List<ObjectMessage> told(String from, ObjectMessage frame) {
        List<ObjectMessage> on = new ArrayList<>();
        if (caughtUp) {
            add(on, from, frame);
        } else if (held.size() < HELD_MAX) {
            // What is more is missed, and noticed by its numbers.
            held.add(new Told(from, frame));
        }
        return on;
    }

    private void add(List<ObjectMessage> on, String from, ObjectMessage frame) {
        if (!from.equals(server)) {
            return;
        }
        heard = clock.millis();
        @Nullable ObjectMessage own = frame;
        if (frame instanceof ObjectMessage.Changed changed) {
            long number = changed.number() + shift;
            own = number > caught
                    ? new ObjectMessage.Changed(number, changed.at(), changed.now(), changed.tags())
                    : null;
        } else if (frame instanceof ObjectMessage.Pulse pulse) {
            long number = pulse.number() + shift;
            own = number >= caught ? new ObjectMessage.Pulse(number, pulse.at(), pulse.now()) : null;
        }
        if (own != null) {
            on.add(own);
        }
    }
}
