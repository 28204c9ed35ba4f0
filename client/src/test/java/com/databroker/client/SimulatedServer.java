package com.databroker.client;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import java.util.ArrayList;
import java.util.List;

/// One of the servers of a [CacheWorld]: without a state of its own but for its connections, so that it may
/// crash.
final class SimulatedServer {
    private final CacheWorld world;
    private final List<SimulatedLink> links = new ArrayList<>();
    private boolean up = true;

    SimulatedServer(CacheWorld world) {
        this.world = world;
        world.every(5, this::relay);
        world.every(500, this::pulse);
    }

    boolean isUp() {
        return up;
    }

    void take(SimulatedLink link, ObjectMessage.Request request) {
        if (!up) {
            return;
        }
        if (request instanceof ObjectMessage.Hello hello) {
            welcome(link, hello);
        } else if (request instanceof ObjectMessage.Commit commit) {
            ObjectMessage.Reply reply = world.commit(commit);
            if (world.happens(50)) {
                // Committed, and nobody was told.
                crash();
            } else {
                link.answer(reply);
            }
        } else if (request instanceof ObjectMessage.Sync sync) {
            sync(link, sync);
        } else {
            link.answer(world.read(request));
        }
    }

    private void welcome(SimulatedLink link, ObjectMessage.Hello hello) {
        if (links.contains(link)) {
            return;
        }
        links.add(link);
        ObjectPosition resume = hello.resume();
        boolean resumed = resume != null && world.holds(resume);
        link.told = resume != null && resumed ? CacheWorld.number(resume) : world.settledNumber();
        link.answer(new ObjectMessage.Welcome("server", world.position(), resumed, "", 500, world.millis()));
    }

    private void sync(SimulatedLink link, ObjectMessage.Sync sync) {
        if (world.isReplicated(sync.at()) && world.settledNumber() >= CacheWorld.number(sync.at())) {
            link.answer(new ObjectMessage.Ok(sync.id(), 0, List.of(), null, null, -1, List.of(), world.position()));
        } else {
            world.after(10, () -> take(link, sync));
        }
    }

    private void relay() {
        if (up && !world.happens(300)) {
            for (SimulatedLink link : links) {
                while (link.told < world.log.size()) {
                    link.answer(world.changed(++link.number, world.log.get(link.told++)));
                }
            }
        }
    }

    private void pulse() {
        if (up) {
            links.forEach(link -> link.answer(new ObjectMessage.Pulse(link.number, link.position(), world.millis())));
        }
    }

    void crash() {
        up = false;
        List.copyOf(links).forEach(SimulatedLink::cut);
        links.clear();
        world.after(world.random.nextInt(200), () -> up = true);
    }

    void forget(SimulatedLink link) {
        links.remove(link);
    }
}
