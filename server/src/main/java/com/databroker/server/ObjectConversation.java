package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import com.databroker.objects.ObjectCaller;
import com.databroker.objects.ObjectListener;
import com.databroker.objects.ObjectPlane;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One conversation of *dbo/1*, whatever carries it. Requests are answered beside one another on threads that may
/// wait; whatever is written is written by the carrier's loop, so that what is told of changes keeps its order. The
/// carrier calls [#open], [#received], [#writable], [#close] and [#ended] from that loop.
final class ObjectConversation implements ObjectCaller, ObjectListener {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectConversation.class);
    private static final long ADMISSION_SECONDS = 5;

    /// Somebody may have to type a token.
    private static final long LOGIN_SECONDS = 60;

    private static final int TOGETHER_MAX = 64;

    /// News wait so long at most for an answer that takes them along: both together cost as much as one of them.
    private static final long ALONG_MILLIS = 10;

    private final ObjectPlane plane;
    private final Gate gate;
    private final ObjectCarrier carrier;
    private final String door;
    private final ObjectMessages form;
    private final String address;
    private final Executor blocking;
    private final ObjectGathering gathering;
    private final InstantSource clock;
    private final OpenStreams open;
    private final Runnable farewell;

    private volatile @Nullable Session session;
    private @Nullable ScheduledFuture<?> timer;
    private @Nullable AutoCloseable listening;
    private @Nullable Credentials presented;
    private boolean greeted;
    private boolean welcomed;

    /// Whether nobody has said who it is.
    private volatile boolean stranger;

    private long beatMillis;
    private boolean closing;
    private int underWay;

    private final ObjectNews news = new ObjectNews();
    private GivenTags given;

    /// Whether news are told in a moment, whatever is answered until then.
    private boolean telling;

    /// What all conversations of a door have in common.
    ///
    /// @param blocking threads that may wait
    /// @param gathering answers together who asks at the same time
    /// @param given how many tags all of them remember
    record Shared(
            ObjectPlane plane,
            Executor blocking,
            ObjectGathering gathering,
            InstantSource clock,
            OpenStreams open,
            GivenTags.Total given) {
        Shared(ObjectPlane plane, Executor blocking, InstantSource clock, OpenStreams open) {
            this(plane, blocking, new ObjectGathering(plane, blocking), clock, open, new GivenTags.Total());
        }
    }

    /// @param door by which name the gate knows it
    /// @param address of the other end
    ObjectConversation(
            Shared shared, Gate gate, ObjectCarrier carrier, ObjectMessages form, String door, String address) {
        this.plane = shared.plane();
        this.gate = gate;
        this.carrier = carrier;
        this.door = door;
        this.form = form;
        this.address = address;
        this.blocking = shared.blocking();
        this.gathering = shared.gathering();
        this.clock = shared.clock();
        this.open = shared.open();
        this.given = new GivenTags(true, shared.given());
        this.farewell = () -> loop().execute(() -> close(OpenStreams.shuttingDown()));
    }

    /// @param credentials null where the client has sent none, and may do so in its greeting
    void open(@Nullable Credentials credentials) {
        presented = credentials;
        open.add(farewell);
        timer = loop().schedule(
                        () -> close(new ProblemException(Problem.REQUEST_TIMEOUT, "hello did not come in time")),
                        ADMISSION_SECONDS,
                        TimeUnit.SECONDS);
    }

    @Override
    public Principal principal() {
        Session here = session;
        if (here == null && !stranger) {
            throw new ProblemException(Problem.NOT_AUTHENTICATED, "the connection has ended");
        }
        return here == null ? Principal.stranger() : here.principal();
    }

    @Override
    public void authenticate(Credentials credentials) {
        Session before = session;
        session = gate.admit(credentials, address, door, why -> loop().execute(() -> close(why)));
        session.speaks(form.subprotocol());
        if (before != null) {
            before.close();
        }
    }

    /// A frame of the other end's.
    void received(Bytes bytes) {
        if (closing) {
            return;
        }
        try {
            heard(bytes);
        } catch (RuntimeException | Error failed) {
            // Nobody knows under which number it would have to be answered.
            close(ObjectReplies.refusal(failed));
        }
    }

    private void heard(Bytes bytes) {
        ObjectMessage.Request request;
        try {
            request = form.decodeRequest(bytes);
        } catch (ProblemException malformed) {
            write(ObjectReplies.failed(ObjectMessage.NO_ID, malformed));
            return;
        }
        if (request instanceof ObjectMessage.Hello hello) {
            greet(hello);
        } else if (!greeted) {
            close(new ProblemException(Problem.MESSAGE_INVALID, "the first frame is hello"));
        } else if (request instanceof ObjectMessage.Beat) {
            beat();
        } else if (stranger) {
            serveStranger(request);
        } else {
            serve(request);
        }
    }

    private void greet(ObjectMessage.Hello hello) {
        if (greeted) {
            close(new ProblemException(Problem.MESSAGE_INVALID, "hello comes once"));
            return;
        }
        greeted = true;
        given = given.of(!hello.given() || hello.resume() != null);
        Credentials credentials = presented;
        if (credentials == null) {
            credentials = hello.token() == null ? new Credentials.Anonymous() : new Credentials.Token(hello.token());
        }
        try {
            authenticate(credentials);
        } catch (ProblemException refused) {
            if (!(credentials instanceof Credentials.Anonymous)) {
                close(refused);
                return;
            }
            // Nobody is anonymous here: there is a login, and nothing else.
            stranger = true;
        }
        cancelTimer();
        if (stranger) {
            welcomeStranger(hello);
            return;
        }
        blocking.execute(() -> {
            try {
                ObjectPlane.Greeting greeting = plane.greet(this, hello, this);
                loop().execute(() -> welcome(greeting));
            } catch (RuntimeException | Error failed) {
                ProblemException why = ObjectReplies.refusal(failed);
                loop().execute(() -> close(why));
            }
        });
    }

    private ObjectMessage.Reply handled(ObjectMessage.Request request, Consumer<ObjectMessage.Part> parts) {
        if (!Trace.isOn()) {
            return ObjectReplies.of(request, () -> plane.handle(this, request, parts));
        }
        try (Span span = Trace.door("dbo request", Span.Kind.SERVER, null, null)) {
            span.put("network.protocol.name", "websocket");
            return Trace.ask(span, () -> ObjectReplies.of(request, () -> plane.handle(this, request, parts)));
        }
    }

    private void welcomeStranger(ObjectMessage.Hello hello) {
        ObjectMessage.Reply reply = plane.handle(this, hello);
        if (!(reply instanceof ObjectMessage.Welcome welcome)) {
            write(reply);
            close(((ObjectMessage.Failed) reply).exception());
            return;
        }
        beatMillis = welcome.beatMillis();
        write(ObjectStranger.forStrangers(welcome));
        timer = loop().schedule(
                        () -> close(new ProblemException(
                                Problem.NOT_AUTHENTICATED, "nobody signed in within " + LOGIN_SECONDS + " s")),
                        LOGIN_SECONDS,
                        TimeUnit.SECONDS);
    }

    /// Answers a stranger. Whoever signs in hears of changes from then on, before it can have read
    /// anything.
    private void serveStranger(ObjectMessage.Request request) {
        if (!ObjectStranger.isForStrangers(request)) {
            write(ObjectStranger.notSignedIn(request));
            return;
        }
        // One after the other: somebody who guesses waits.
        carrier.pause();
        blocking.execute(() -> {
            ObjectMessage.Reply reply = ObjectReplies.of(request, () -> plane.handle(this, request));
            ObjectPlane.Greeting greeting = session == null
                    ? null
                    : plane.greet(this, new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null), this);
            loop().execute(() -> {
                resume();
                if (greeting != null && greeting.reply() instanceof ObjectMessage.Failed failed) {
                    close(failed.exception());
                } else if (greeting != null && greeting.reply() instanceof ObjectMessage.Welcome) {
                    stranger = false;
                    cancelTimer();
                    listen(greeting);
                    beat();
                }
                write(ObjectReplies.frame(form, request.id(), reply));
            });
        });
    }

    private void listen(ObjectPlane.Greeting greeting) {
        if (closing || carrier.isClosed()) {
            quietly(greeting.listening());
            return;
        }
        listening = greeting.listening();
        news.begin(greeting.from());
        welcomed = true;
        timer = loop().scheduleAtFixedRate(this::pulse, beatMillis, beatMillis, TimeUnit.MILLISECONDS);
        tell(false);
    }

    private void welcome(ObjectPlane.Greeting greeting) {
        if (closing || carrier.isClosed()) {
            quietly(greeting.listening());
            return;
        }
        write(greeting.reply());
        if (!(greeting.reply() instanceof ObjectMessage.Welcome welcome)) {
            close(((ObjectMessage.Failed) greeting.reply()).exception());
            return;
        }
        beatMillis = welcome.beatMillis();
        listen(greeting);
    }

    private void serve(ObjectMessage.Request request) {
        if (++underWay >= TOGETHER_MAX) {
            carrier.pause();
        }
        OneRequest asking = new OneRequest(request, given.asked());
        if (!gathering.takes(this, request, asking)) {
            asking.alone();
        }
    }

    /// One request under way.
    private final class OneRequest implements ObjectGathering.Asking {
        private final ObjectMessage.Request request;
        private final long asked;

        /// Bytes of parts that went ahead of the answer.
        private int ahead;

        OneRequest(ObjectMessage.Request request, long asked) {
            this.request = request;
            this.asked = asked;
        }

        @Override
        public void alone() {
            blocking.execute(() -> answer(handled(request, this::part)).run());
        }

        /// However many parts it has, an answer has a limit.
        private void part(ObjectMessage.Part part) {
            Bytes frame = form.encode(part);
            ahead += frame.length();
            if (ahead > ObjectMessages.ANSWER_MAX) {
                throw tooLarge();
            }
            loop().execute(() -> {
                missed(given.ahead(part));
                write(frame);
            });
        }

        @Override
        public Runnable answer(ObjectMessage.Reply reply) {
            Bytes frame = ObjectReplies.frame(form, request.id(), reply);
            Bytes whole = ahead + frame.length() > ObjectMessages.ANSWER_MAX
                    ? form.encode(ObjectReplies.failed(request.id(), tooLarge()))
                    : frame;
            return () -> loop().execute(() -> send(reply, whole));
        }

        private static ProblemException tooLarge() {
            return new ProblemException(
                    Problem.VALUE_TOO_LARGE, "an answer of more than " + ObjectMessages.ANSWER_MAX + " bytes");
        }

        private void send(ObjectMessage.Reply reply, Bytes frame) {
            if (--underWay == TOGETHER_MAX - 1) {
                resume();
            }
            missed(given.answered(asked, reply));
            tell(request instanceof ObjectMessage.Sync);
            write(frame);
        }

        /// What was changed after it was read and told before it is given.
        private void missed(List<ObjectMessage.Tagged> changes) {
            if (!changes.isEmpty()) {
                news.changed(ObjectPosition.NONE, clock.instant(), changes);
                tell(false);
            }
        }
    }

    /// The carrier of a conversation that has ended may carry another one already.
    private void resume() {
        if (!closing) {
            carrier.resume();
        }
    }

    @Override
    public void changed(ObjectPosition at, Instant when, List<ObjectMessage.Tagged> tags) {
        loop().execute(() -> {
            news.changed(at, when, given.told(tags));
            if (underWay == 0 || !news.isWaiting()) {
                tell(false);
            } else if (!telling) {
                telling = true;
                loop().schedule(this::tellAlone, ALONG_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    @Override
    public void reset(String why) {
        loop().execute(() -> {
            news.reset(why);
            tell(false);
        });
    }

    /// No answer came that would have taken the news along.
    private void tellAlone() {
        telling = false;
        tell(false);
    }

    /// @param all also what a slow reader has not taken yet
    private void tell(boolean all) {
        while (!closing && welcomed && (all || carrier.isWritable())) {
            ObjectMessage.Push next = news.next();
            if (next == null) {
                return;
            }
            write(next);
        }
    }

    /// Whoever takes nothing hears no beat either, and none may pile up.
    private void pulse() {
        if (carrier.isWritable()) {
            beat();
        }
    }

    private void beat() {
        write(news.pulse(clock.millis()));
    }

    private void write(ObjectMessage message) {
        write(form.encode(message));
    }

    private void write(Bytes bytes) {
        if (!closing) {
            carrier.write(bytes);
        }
    }

    /// The carrier takes frames again.
    void writable() {
        tell(false);
    }

    /// Ends the conversation, and has the carrier say why.
    void close(ProblemException why) {
        if (closing) {
            return;
        }
        LOG.atDebug()
                .addKeyValue("address", address)
                .log("a conversation about objects closed: {} {}", why.problem().number(), why.detail());
        ended();
        carrier.close(why);
    }

    /// The other end is gone.
    void ended() {
        closing = true;
        open.remove(farewell);
        given.forget();
        cancelTimer();
        if (listening != null) {
            quietly(listening);
            listening = null;
        }
        Session here = session;
        if (here != null) {
            session = null;
            here.close();
        }
    }

    private static void quietly(AutoCloseable ends) {
        try {
            ends.close();
        } catch (Exception failed) {
            LOG.atDebug().setCause(failed).log("a listener did not end");
        }
    }

    private void cancelTimer() {
        ScheduledFuture<?> running = timer;
        if (running != null) {
            timer = null;
            running.cancel(false);
        }
    }

    private ScheduledExecutorService loop() {
        return carrier.loop();
    }
}
