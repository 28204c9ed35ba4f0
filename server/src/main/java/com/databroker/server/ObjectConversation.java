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
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection of *dbo/1*. Requests are answered beside one another on threads that may wait; whatever is written
/// is written by the event loop, so that what is told of changes keeps its order.
///
/// What a slow reader has not been told yet waits as tags with their newest versions, of which each is there once;
/// where even those are too many, it is told that nobody knows.
final class ObjectConversation implements ObjectCaller, ObjectListener {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectConversation.class);
    private static final String DOOR = "objects";
    private static final long ADMISSION_SECONDS = 5;

    /// Somebody may have to type a token.
    private static final long LOGIN_SECONDS = 60;

    private static final int TOGETHER_MAX = 64;
    private static final int TOLD_MAX = 10_000;
    private static final int WAITING_MAX = 200_000;
    private static final int REASON_MAX = 120;

    private final ObjectPlane plane;
    private final Gate gate;
    private final ServerWebSocket socket;
    private final ObjectMessages form;
    private final String address;
    private final Executor blocking;
    private final InstantSource clock;
    private final OpenStreams open;
    private final ChannelHandlerContext context;
    private final Runnable farewell;

    private volatile @Nullable Session session;
    private @Nullable ScheduledFuture<?> timer;
    private @Nullable AutoCloseable listening;
    private @Nullable Credentials given;
    private boolean greeted;
    private boolean welcomed;

    /// Whether nobody has said who it is.
    private volatile boolean stranger;

    private long beatMillis;
    private boolean closing;
    private int underWay;

    /// What was told on this connection, and what waits to be.
    private final Map<String, Long> waiting = new LinkedHashMap<>();

    private ObjectPosition told = ObjectPosition.NONE;
    private ObjectPosition heard = ObjectPosition.NONE;
    private long number;
    private long committed;
    private @Nullable String lost;

    /// What all conversations of a door have in common.
    record Shared(ObjectPlane plane, Executor blocking, InstantSource clock, OpenStreams open) {}

    ObjectConversation(Shared shared, Gate gate, ServerWebSocket socket, ObjectMessages form, String address) {
        this.plane = shared.plane();
        this.gate = gate;
        this.socket = socket;
        this.form = form;
        this.address = address;
        this.blocking = shared.blocking();
        this.clock = shared.clock();
        this.open = shared.open();
        this.context = ((WebSocketInternal) socket).channelHandlerContext();
        this.farewell = () -> loop().execute(() -> close(OpenStreams.shuttingDown()));
    }

    /// @param credentials null where the client has sent none, and may do so in its greeting
    void open(@Nullable Credentials credentials) {
        given = credentials;
        socket.textMessageHandler(text -> received(Bytes.utf8(text), form == ObjectMessages.JSON));
        socket.binaryMessageHandler(bytes -> received(Bytes.wrap(bytes.getBytes()), form == ObjectMessages.CBOR));
        socket.exceptionHandler(broken -> close(new ProblemException(
                Problem.VALUE_TOO_LARGE,
                "a frame is malformed, or longer than " + ObjectMessages.REQUEST_MAX + " bytes")));
        socket.closeHandler(closed -> end());
        context.pipeline().addBefore(context.name(), null, new WritabilityWatch(() -> tell(false)));
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
        session = gate.admit(credentials, address, DOOR, why -> loop().execute(() -> close(why)));
        session.speaks(form.subprotocol());
        if (before != null) {
            before.close();
        }
    }

    private void received(Bytes bytes, boolean expected) {
        if (closing) {
            return;
        }
        if (!expected) {
            close(new ProblemException(Problem.MESSAGE_INVALID, form.subprotocol() + " has the other kind of frames"));
            return;
        }
        ObjectMessage.Request request;
        try {
            request = form.decodeRequest(bytes);
        } catch (ProblemException malformed) {
            write(new ObjectMessage.Failed(ObjectMessage.NO_ID, malformed.problem(), malformed.detail()));
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
        Credentials credentials = given;
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
            ObjectPlane.Greeting greeting = plane.greet(this, hello, this);
            loop().execute(() -> welcome(greeting));
        });
    }

    private ObjectMessage.Reply handled(ObjectMessage.Request request) {
        if (!Trace.isOn()) {
            return plane.handle(this, request);
        }
        try (Span span = Trace.door("dbo request", Span.Kind.SERVER, null, null)) {
            span.put("network.protocol.name", "websocket");
            return Trace.ask(span, () -> plane.handle(this, request));
        }
    }

    private void welcomeStranger(ObjectMessage.Hello hello) {
        ObjectMessage.Reply reply = plane.handle(this, hello);
        if (!(reply instanceof ObjectMessage.Welcome welcome)) {
            write(reply);
            close(((ObjectMessage.Failed) reply).exception());
            return;
        }
        // Where the stores stand, and that they are there, is nobody's business yet.
        beatMillis = welcome.beatMillis();
        write(new ObjectMessage.Welcome(
                welcome.server(), ObjectPosition.NONE, false, welcome.types(), beatMillis, welcome.now()));
        timer = loop().schedule(
                        () -> close(new ProblemException(
                                Problem.NOT_AUTHENTICATED, "nobody signed in within " + LOGIN_SECONDS + " s")),
                        LOGIN_SECONDS,
                        TimeUnit.SECONDS);
    }

    /// What a stranger may ask: what there is to call, which is the login, and that.
    private static boolean isForStrangers(ObjectMessage.Request request) {
        return request instanceof ObjectMessage.Types
                || (request instanceof ObjectMessage.Call call
                        && call.target() == null
                        && call.type().equals(ObjectPlane.ROOT)
                        && call.method().equals(ObjectPlane.AUTH));
    }

    /// Answers a stranger. Whoever signs in hears of changes from then on, before it can have read
    /// anything.
    private void serveStranger(ObjectMessage.Request request) {
        if (!isForStrangers(request)) {
            write(new ObjectMessage.Failed(
                    request.id(),
                    Problem.NOT_AUTHENTICATED,
                    "call " + ObjectPlane.AUTH + " of " + ObjectPlane.ROOT + " with a token first"));
            return;
        }
        // One after the other: somebody who guesses waits.
        socket.pause();
        blocking.execute(() -> {
            ObjectMessage.Reply reply = plane.handle(this, request);
            ObjectPlane.Greeting greeting = session == null
                    ? null
                    : plane.greet(this, new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null), this);
            loop().execute(() -> {
                socket.resume();
                if (greeting != null && greeting.reply() instanceof ObjectMessage.Failed failed) {
                    close(failed.exception());
                } else if (greeting != null && greeting.reply() instanceof ObjectMessage.Welcome) {
                    stranger = false;
                    cancelTimer();
                    listen(greeting);
                    beat();
                }
                write(encode(request.id(), reply));
            });
        });
    }

    private void listen(ObjectPlane.Greeting greeting) {
        if (closing || socket.isClosed()) {
            quietly(greeting.listening());
            return;
        }
        listening = greeting.listening();
        told = greeting.from();
        heard = told.with(heard);
        welcomed = true;
        timer = loop().scheduleAtFixedRate(this::beat, beatMillis, beatMillis, TimeUnit.MILLISECONDS);
        tell(false);
    }

    private void welcome(ObjectPlane.Greeting greeting) {
        if (closing || socket.isClosed()) {
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
            socket.pause();
        }
        blocking.execute(() -> {
            ObjectMessage.Reply reply = handled(request);
            Bytes frame = encode(request.id(), reply);
            loop().execute(() -> {
                if (--underWay == TOGETHER_MAX - 1) {
                    socket.resume();
                }
                if (request instanceof ObjectMessage.Sync) {
                    tell(true);
                }
                write(frame);
            });
        });
    }

    private Bytes encode(long id, ObjectMessage.Reply reply) {
        try {
            return form.encode(reply);
        } catch (ProblemException tooMuch) {
            return form.encode(new ObjectMessage.Failed(id, tooMuch.problem(), tooMuch.detail()));
        }
    }

    @Override
    public void changed(ObjectPosition at, Instant when, List<ObjectMessage.Tagged> tags) {
        loop().execute(() -> {
            heard = heard.with(at);
            // Of what waits, the oldest says how late it is.
            committed = waiting.isEmpty() ? when.toEpochMilli() : Math.min(committed, when.toEpochMilli());
            tags.forEach(each -> waiting.merge(each.tag(), each.version(), ObjectMessage.Tagged::newer));
            if (waiting.size() > WAITING_MAX) {
                waiting.clear();
                lost = "this connection reads too slowly";
            }
            tell(false);
        });
    }

    @Override
    public void reset(String why) {
        loop().execute(() -> {
            waiting.clear();
            lost = why;
            tell(false);
        });
    }

    /// @param all also what a slow reader has not taken yet
    private void tell(boolean all) {
        if (closing || !welcomed || !(all || context.channel().isWritable())) {
            return;
        }
        if (lost != null) {
            write(new ObjectMessage.Reset(lost));
            lost = null;
        }
        while (!waiting.isEmpty() && (all || context.channel().isWritable())) {
            List<ObjectMessage.Tagged> some = waiting.entrySet().stream()
                    .limit(TOLD_MAX)
                    .map(each -> new ObjectMessage.Tagged(each.getKey(), each.getValue()))
                    .toList();
            some.forEach(each -> waiting.remove(each.tag()));
            // Only with the last of them everything up to there is told.
            told = waiting.isEmpty() ? heard : told;
            write(new ObjectMessage.Changed(++number, told, committed, some));
        }
        if (waiting.isEmpty()) {
            told = heard;
        }
    }

    private void beat() {
        write(new ObjectMessage.Pulse(number, told, clock.millis()));
    }

    private void write(ObjectMessage message) {
        write(form.encode(message));
    }

    private void write(Bytes bytes) {
        if (closing) {
            return;
        }
        ByteBuf frame = context.alloc().buffer(bytes.length() + 10);
        if (form == ObjectMessages.JSON) {
            EventFrames.text(frame, bytes);
        } else {
            EventFrames.binary(frame, bytes);
        }
        context.writeAndFlush(frame, context.voidPromise());
    }

    private void close(ProblemException why) {
        if (closing) {
            return;
        }
        closing = true;
        String reason = why.problem().number() + " " + why.detail();
        String cut = reason.substring(0, Math.min(reason.length(), REASON_MAX));
        LOG.atDebug().addKeyValue("address", address).log("a connection of objects closed: {}", reason);
        end();
        socket.close((short) why.problem().closeCode(), cut.replaceAll("[^ -~]", "?"));
    }

    private void end() {
        closing = true;
        open.remove(farewell);
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

    private EventLoop loop() {
        return context.channel().eventLoop();
    }
}
