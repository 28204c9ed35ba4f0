package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayDeque;
import java.util.Queue;

/// A link over a WebSocket of the JDK, CBOR on it.
final class SocketLink implements ObjectLink, Wire.Owner {
    private static final long BYTES_MAX = 64L << 20;
    static final String PATH = "/objects";

    private final ObjectLink.Owner owner;
    private final Timer timer;
    private final Wire wire = new Wire(this, ObjectMessages.CBOR.subprotocol(), ObjectMessages.ANSWER_MAX);

    // Guards what follows, and the wire's sending.
    private final Object lock = new Object();
    private final Queue<Bytes> waiting = new ArrayDeque<>();
    private long bytes;
    private boolean open;
    private boolean ended;
    private boolean pumping;

    private SocketLink(ObjectLink.Owner owner, Timer timer) {
        this.owner = owner;
        this.timer = timer;
    }

    static Opener opener(Settings settings, HttpClient http, Timer timer) {
        return owner -> {
            SocketLink link = new SocketLink(owner, timer);
            WebSocket.Builder builder = http.newWebSocketBuilder()
                    .connectTimeout(settings.timeout())
                    .subprotocols(ObjectMessages.CBOR.subprotocol());
            if (settings.token() != null) {
                builder.header("Authorization", "Bearer " + settings.token());
            }
            // On the timer's thread, because it could be this one, which holds a lock of the owner.
            var unused = builder.buildAsync(settings.webSocket(PATH), link.wire)
                    .whenCompleteAsync(
                            (socket, failure) -> {
                                if (failure == null) {
                                    link.opened();
                                } else {
                                    ProblemException why = Refusals.ofHandshake(failure);
                                    link.end(why, Refusals.isFinal(why.problem()));
                                }
                            },
                            timer);
            return link;
        };
    }

    private void opened() {
        synchronized (lock) {
            open = true;
        }
        owner.opened(this);
        pump();
    }

    @Override
    public void send(ObjectMessage.Request request) {
        Bytes message = ObjectMessages.CBOR.encode(request);
        boolean full;
        synchronized (lock) {
            full = bytes + message.length() > BYTES_MAX;
            if (!full && !ended) {
                waiting.add(message);
                bytes += message.length();
            }
        }
        if (full) {
            // Not from here: the owner holds its lock.
            timer.execute(() -> end(unavailable(BYTES_MAX + " bytes wait to be sent"), false));
        } else {
            pump();
        }
    }

    /// Sends what waits, one after the other, as the WebSocket wants it.
    private void pump() {
        synchronized (lock) {
            // A send that is done at once comes back here: the loop goes on for it, and the stack stays flat.
            if (pumping || !open || ended) {
                return;
            }
            pumping = true;
            try {
                while (wire.isIdle() && !waiting.isEmpty()) {
                    Bytes next = waiting.remove();
                    bytes -= next.length();
                    wire.send(next);
                }
            } finally {
                pumping = false;
            }
        }
    }

    @Override
    public boolean opened(Wire from) {
        synchronized (lock) {
            return !ended;
        }
    }

    @Override
    public void received(Wire from, Bytes message) {
        ObjectMessage frame;
        try {
            frame = ObjectMessages.CBOR.decodeAnswer(message);
        } catch (ProblemException malformed) {
            from.refuse(Problem.MESSAGE_INVALID, "the broker's message cannot be read: " + malformed.detail());
            return;
        }
        owner.received(this, frame);
        synchronized (lock) {
            from.proceed();
            if (from.beginsProbing()) {
                var unused = timer.after(Settings.PROBE, this::probe);
            }
        }
    }

    private void probe() {
        synchronized (lock) {
            if (!ended && wire.probe()) {
                var unused = timer.after(Settings.PROBE, this::probe);
            }
        }
    }

    @Override
    public void sent(Wire from) {
        synchronized (lock) {
            from.sendingDone();
        }
        pump();
    }

    @Override
    public void failed(Wire from, Throwable failure) {
        timer.execute(() -> end(Refusals.unavailable("sending failed", failure), false));
    }

    @Override
    public void lost(Wire from, int code, ProblemException why) {
        end(why, Refusals.isFinal(code));
    }

    private void end(ProblemException why, boolean last) {
        synchronized (lock) {
            if (ended) {
                return;
            }
            ended = true;
        }
        if (!last) {
            // A final close is answered by the WebSocket itself, which an abort would cut off.
            wire.abort();
        }
        owner.lost(this, why, last);
    }

    @Override
    public void close() {
        boolean polite;
        synchronized (lock) {
            polite = open && !ended;
            ended = true;
        }
        if (polite) {
            var unused = wire.close(WebSocket.NORMAL_CLOSURE);
        } else {
            wire.abort();
        }
    }

    private static ProblemException unavailable(String why) {
        return new ProblemException(Problem.UNAVAILABLE, why);
    }
}
