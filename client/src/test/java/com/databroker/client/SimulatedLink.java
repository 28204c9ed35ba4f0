package com.databroker.client;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;

/// A connection that delays, and where the world is not orderly also drops, repeats and reorders.
final class SimulatedLink implements ObjectLink {
    private final CacheWorld world;
    private final Owner owner;
    private final SimulatedServer server;
    private boolean open;
    private boolean closed;
    private long lastOut;
    private long lastIn;

    /// How many changes of the log the server has told on it, and under which number the last.
    int told;
    long number;

    SimulatedLink(CacheWorld world, Owner owner, SimulatedServer server) {
        this.world = world;
        this.owner = owner;
        this.server = server;
        world.after(world.delay(), () -> {
            open = server.isUp();
            if (closed) {
                return;
            }
            if (open) {
                owner.opened(this);
            } else {
                owner.lost(this, new ProblemException(Problem.UNAVAILABLE, "nobody there"), false);
            }
        });
    }

    ObjectPosition position() {
        return CacheWorld.at(Math.min(world.settledNumber(), told));
    }

    @Override
    public void send(ObjectMessage.Request request) {
        if (!world.mood.orderly() && world.happens(10)) {
            return;
        }
        world.after(wait(true), () -> {
            if (open) {
                server.take(this, request);
            }
        });
        if (!world.mood.orderly() && world.happens(20) && !(request instanceof ObjectMessage.Hello)) {
            world.after(world.delay(), () -> {
                if (open) {
                    server.take(this, request);
                }
            });
        }
    }

    private long wait(boolean out) {
        long due = world.millis() + world.delay();
        if (world.mood.orderly()) {
            due = Math.max(due, out ? lastOut : lastIn);
            lastOut = out ? due : lastOut;
            lastIn = out ? lastIn : due;
        }
        return due - world.millis();
    }

    void answer(ObjectMessage... frames) {
        if (!world.mood.orderly() && world.happens(10)) {
            return;
        }
        int times = !world.mood.orderly() && world.happens(20) ? 2 : 1;
        for (int i = 0; i < times; i++) {
            world.after(wait(false), () -> {
                for (ObjectMessage frame : frames) {
                    if (!closed) {
                        owner.received(this, frame);
                    }
                }
            });
        }
    }

    void cut() {
        if (!closed) {
            closed = true;
            open = false;
            world.after(world.delay(), () -> owner.lost(this, new ProblemException(Problem.UNAVAILABLE, "cut"), false));
        }
    }

    @Override
    public void close() {
        closed = true;
        open = false;
        server.forget(this);
    }
}
