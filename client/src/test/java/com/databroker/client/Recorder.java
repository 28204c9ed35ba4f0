package com.databroker.client;

import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// Keeps what a subscription hears, for a test to take.
final class Recorder implements EventListener {
    final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    final BlockingQueue<EventMessage.Gap> gaps = new LinkedBlockingQueue<>();
    final BlockingQueue<ProblemException> closed = new LinkedBlockingQueue<>();
    final BlockingQueue<String> disconnected = new LinkedBlockingQueue<>();
    final BlockingQueue<String> connected = new LinkedBlockingQueue<>();

    @Override
    public void event(Event event) {
        events.add(event);
    }

    @Override
    public void gap(EventMessage.Gap gap) {
        gaps.add(gap);
    }

    @Override
    public void closed(ProblemException why) {
        closed.add(why);
    }

    @Override
    public void disconnected(String why, Duration nextTry) {
        disconnected.add(why);
    }

    @Override
    public void connected() {
        connected.add("connected");
    }

    long offset() throws InterruptedException {
        return ScriptedBroker.take(events).position().offset();
    }
}
