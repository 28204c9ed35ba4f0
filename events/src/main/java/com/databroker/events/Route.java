package com.databroker.events;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/// Who gets a topic on one event loop, with subscriptions and grants already decided.
///
/// Topics with the same receivers share one route, so that a run of them is sent as one slice.
final class Route {
    final Subscriber[] subscribers;
    private final Set<Subscriber> members;
    private final boolean encoded;

    Route(Set<Subscriber> receivers) {
        this.subscribers = receivers.toArray(Subscriber[]::new);
        this.members = Collections.newSetFromMap(new IdentityHashMap<>(receivers.size()));
        this.members.addAll(receivers);
        this.encoded = receivers.stream().anyMatch(Subscriber::isEncoded);
    }

    /// Whether somebody gets these events in a form that must be made first.
    boolean isEncoded() {
        return encoded;
    }

    boolean contains(Subscriber subscriber) {
        return members.contains(subscriber);
    }
}
