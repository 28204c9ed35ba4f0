package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.events.ZmtpDialogue;
import com.databroker.objects.ObjectCaller;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/// *dbo/1* on the ZeroMQ port: a message is `[$dbo.json][frame]`, or with another codec's name, in both
/// directions. A DEALER has a conversation as over a WebSocket. A REQ asks and is answered as over `POST
/// /objects/rpc`: it could not be told anything that it did not ask for.
final class ZmqObjects implements ZmtpDialogue.Service, AutoCloseable {
    private static final String DOOR = "zmq";

    private final ObjectConversation.Shared shared;
    private final Gate gate;

    /// @param shared whose open streams are told by [#close]
    ZmqObjects(ObjectConversation.Shared shared, Gate gate) {
        this.shared = shared;
        this.gate = gate;
    }

    private static String name(ObjectMessages form) {
        return "$" + form.subprotocol();
    }

    private static ObjectMessages form(String name) {
        return ObjectMessages.of(name.substring(1));
    }

    @Override
    public boolean speaks(String name) {
        return name(form(name)).equals(name);
    }

    @Override
    public int messageMax() {
        return ObjectMessages.REQUEST_MAX;
    }

    @Override
    public ZmtpDialogue begin(ZmtpDialogue.Peer peer) {
        return peer.isLockstep() ? new Lockstep(peer, shared) : new Carrier(peer);
    }

    /// Tells everybody that the broker stops.
    @Override
    public void close() {
        shared.open().sayFarewell();
    }

    /// What the connection's conversation is carried by. Whatever ends a conversation is told as a *failed*
    /// without a number; the connection stays, unless an administrator ended it, and a *hello* begins another.
    private final class Carrier implements ZmtpDialogue, ObjectCarrier {
        private final Peer peer;

        /// What one read brought more of than was to be handed over.
        private final Queue<Bytes> held = new ArrayDeque<>();

        private ObjectMessages form = ObjectMessages.JSON;
        private @Nullable ObjectConversation conversation;
        private boolean paused;
        private boolean gone;

        Carrier(Peer peer) {
            this.peer = peer;
        }

        @Override
        public void received(String name, Bytes message) {
            ObjectMessages said = form(name);
            ObjectConversation here = conversation;
            if (here == null) {
                begin(said, message);
            } else if (said != form) {
                here.close(new ProblemException(
                        Problem.MESSAGE_INVALID, "this conversation is in " + name(form) + ", not in " + name));
            } else if (paused || !held.isEmpty()) {
                held.add(message);
            } else {
                here.received(message);
            }
        }

        /// Whoever was connected anew without noticing may begin with anything: it is told, by number.
        private void begin(ObjectMessages said, Bytes message) {
            ObjectMessage.Request request;
            form = said;
            try {
                request = said.decodeRequest(message);
            } catch (RuntimeException | Error failed) {
                fail(ObjectMessage.NO_ID, ObjectReplies.refusal(failed));
                return;
            }
            if (!(request instanceof ObjectMessage.Hello)) {
                fail(
                        request.id(),
                        new ProblemException(
                                Problem.MESSAGE_INVALID,
                                "the first frame of a connection, also of a new one, is hello"));
                return;
            }
            ObjectConversation begun = new ObjectConversation(shared, gate, this, said, DOOR, peer.address());
            conversation = begun;
            // Who talks is the conversation's to say: the handshake may have named nobody.
            peer.session().listed(false);
            // Whom the handshake did not name may name itself in its hello.
            begun.open(peer.credentials() instanceof Credentials.Anonymous ? null : peer.credentials());
            begun.received(message);
        }

        private void fail(long id, ProblemException why) {
            write(form.encode(ObjectReplies.failed(id, why)));
        }

        @Override
        public ScheduledExecutorService loop() {
            return peer.loop();
        }

        @Override
        public void write(Bytes frame) {
            peer.write(name(form), frame);
        }

        @Override
        public boolean isWritable() {
            return peer.isWritable();
        }

        @Override
        public void pause() {
            paused = true;
            peer.pause();
        }

        @Override
        public void resume() {
            paused = false;
            ObjectConversation here = conversation;
            while (here != null && !paused && !held.isEmpty()) {
                here.received(held.remove());
                here = conversation;
            }
            if (!paused) {
                peer.resume();
            }
        }

        @Override
        public boolean isClosed() {
            return gone || conversation == null;
        }

        @Override
        public void close(ProblemException why) {
            fail(ObjectMessage.NO_ID, why);
            end();
            if (why.problem() == Problem.CONNECTION_ENDED) {
                peer.end(why);
            }
        }

        private void end() {
            peer.session().listed(true);
            conversation = null;
            held.clear();
            if (paused) {
                paused = false;
                peer.resume();
            }
        }

        @Override
        public void writable() {
            ObjectConversation here = conversation;
            if (here != null) {
                here.writable();
            }
        }

        @Override
        public void refused(ProblemException why) {
            ObjectConversation here = conversation;
            if (here != null) {
                here.close(why);
            }
        }

        @Override
        public void ended() {
            gone = true;
            ObjectConversation here = conversation;
            if (here != null) {
                conversation = null;
                held.clear();
                here.ended();
            }
        }
    }

    /// One question after the other, each with its answer.
    private static final class Lockstep implements ZmtpDialogue, ObjectCaller {
        private final Peer peer;
        private final ObjectConversation.Shared shared;
        private final Queue<Runnable> held = new ArrayDeque<>();
        private boolean busy;
        private boolean gone;

        Lockstep(Peer peer, ObjectConversation.Shared shared) {
            this.peer = peer;
            this.shared = shared;
        }

        @Override
        public Principal principal() {
            return peer.session().principal();
        }

        @Override
        public void authenticate(Credentials credentials) {
            throw new ProblemException(
                    Problem.METHOD_UNKNOWN, "a REQ is who its handshake says; auth is for connections of a DEALER");
        }

        @Override
        public void received(String name, Bytes message) {
            held.add(() -> ask(form(name), message));
            next();
        }

        private void next() {
            Runnable question = busy || gone ? null : held.poll();
            if (question != null) {
                busy = true;
                peer.pause();
                question.run();
            } else if (!busy && !gone) {
                peer.resume();
            }
        }

        private void ask(ObjectMessages form, Bytes message) {
            shared.blocking().execute(() -> {
                Bytes answer = answer(form, message);
                peer.loop().execute(() -> {
                    busy = false;
                    if (!gone) {
                        peer.write(name(form), answer);
                        next();
                    }
                });
            });
        }

        private Bytes answer(ObjectMessages form, Bytes message) {
            long id = ObjectMessage.NO_ID;
            try {
                ObjectMessage.Request request = form.decodeRequest(message);
                id = request.id();
                return form.encode(shared.plane().handle(this, request));
            } catch (RuntimeException | Error failed) {
                return form.encode(ObjectReplies.failed(id, ObjectReplies.refusal(failed)));
            }
        }

        @Override
        public void writable() {
            // There is one answer at a time.
        }

        @Override
        public void refused(ProblemException why) {
            // It waits for an answer, or for nothing.
        }

        @Override
        public void ended() {
            gone = true;
            held.clear();
        }
    }
}
