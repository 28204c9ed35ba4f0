package com.databroker.client;

import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The subscriptions of one client, and the way from the connection to their listeners. Guarded by the session.
final class Subscriptions {
    private final List<Subscription> all = new ArrayList<>();
    private final Dispatcher dispatcher;

    Subscriptions(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    void add(Subscription subscription) {
        all.add(subscription);
    }

    /// @return whether it was there
    boolean remove(Subscription subscription) {
        subscription.ended();
        return all.remove(subscription);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    boolean has(Pattern pattern) {
        return all.stream().anyMatch(each -> each.pattern().equals(pattern));
    }

    List<Subscription> established() {
        return all.stream().filter(Subscription::isEstablished).toList();
    }

    void acknowledged(Subscription subscription, Position from) {
        subscription.acknowledged(from);
        dispatcher.addIfRoom(subscription::tellConnected);
    }

    void deliver(Event event) {
        for (Subscription subscription : all) {
            if (subscription.takes(event)) {
                dispatcher.add(event.payload().length(), () -> subscription.deliver(event));
            }
        }
    }

    void deliver(EventMessage.Gap gap) {
        for (Subscription subscription : all) {
            if (subscription.misses(gap)) {
                dispatcher.add(0, () -> subscription.deliver(gap));
            }
        }
    }

    /// The connection is gone.
    void interrupted() {
        all.forEach(Subscription::interrupted);
    }

    void tellDisconnected(String why, Duration nextTry) {
        for (Subscription subscription : established()) {
            dispatcher.addIfRoom(() -> subscription.tellDisconnected(why, nextTry));
        }
    }

    /// Ends one for good, or says nothing where it has been closed meanwhile.
    void refuse(Subscription subscription, ProblemException why) {
        if (remove(subscription) && subscription.isEstablished()) {
            dispatcher.add(0, () -> subscription.tellClosed(why));
        }
    }

    void refuseAll(ProblemException why) {
        List.copyOf(all).forEach(subscription -> refuse(subscription, why));
    }

    void endAll() {
        all.forEach(Subscription::silenced);
        all.clear();
    }
}
