package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.CloudEvents;
import com.databroker.core.EventMessage;
import com.databroker.core.EventMessages;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import com.databroker.events.EventPlane;
import com.databroker.events.Form;
import com.databroker.events.Outlet;
import com.databroker.events.Subscriber;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.math.BigInteger;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One WebSocket connection: admission, requests, answers and events.
///
/// Events and answers are written to the channel as whole frames, behind Vert.x's back but on its thread: its own
/// path would wrap and encode each frame for each connection anew.
final class WebSocketConversation implements Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(WebSocketConversation.class);
    private static final String DOOR = "ws";
    private static final long ADMISSION_SECONDS = 5;
    private static final int REASON_MAX = 120;
    private static final long FAREWELL_MILLIS = 500;

    private final EventPlane plane;
    private final Gate gate;
    private final ServerWebSocket socket;
    private final Form form;
    private final String address;
    private final ChannelHandlerContext context;
    private final boolean cloudEvents;
    private final EventMessages messages;
    private final OpenStreams open;
    private final Runnable farewell;

    private @Nullable Pattern firstPattern;
    private @Nullable Position firstSince;
    private @Nullable Session session;
    private @Nullable Subscriber subscriber;
    private @Nullable ScheduledFuture<?> timer;
    private String announcedAs = "";
    private final String protocol;
    private boolean closing;

    WebSocketConversation(
            EventPlane plane,
            Gate gate,
            ServerWebSocket socket,
            String protocol,
            Form form,
            String address,
            OpenStreams open) {
        this.plane = plane;
        this.gate = gate;
        this.socket = socket;
        this.form = form;
        this.address = address;
        this.open = open;
        this.context = ((WebSocketInternal) socket).channelHandlerContext();
        this.farewell = () -> loop().execute(() -> close(OpenStreams.shuttingDown()));
        this.protocol = protocol;
        this.cloudEvents = protocol.equals(EventFrames.CLOUDEVENTS_JSON);
        this.messages = protocol.equals(EventMessages.CBOR.subprotocol()) ? EventMessages.CBOR : EventMessages.JSON;
    }

    /// @param credentials null where the client has sent none and may do so in its first message
    void open(@Nullable Credentials credentials, @Nullable Pattern pattern, @Nullable Position since) {
        firstPattern = pattern;
        firstSince = since;
        context.channel()
                .config()
                .setWriteBufferWaterMark(new io.netty.channel.WriteBufferWaterMark(
                        plane.config().writeBuffer().intBytes() / 2,
                        plane.config().writeBuffer().intBytes()));
        socket.textMessageHandler(text -> received(Bytes.utf8(text), false));
        socket.binaryMessageHandler(bytes -> received(Bytes.wrap(bytes.getBytes()), true));
        socket.exceptionHandler(this::broke);
        socket.closeHandler(closed -> end());
        MessageLimit.apply(context.pipeline(), WebSocketHandler.messageMax(plane));
        // In front of Vert.x, which keeps the news to itself.
        context.pipeline().addBefore(context.name(), null, new WritabilityWatch(this::resume));
        // What watched its requests is of no more use, and ten thousand idle connections would keep it.
        forget(StrictRequests.class);
        forget(RequestWatch.class);
        open.add(farewell);
        if (credentials == null) {
            timer = loop().schedule(this::admitWithout, ADMISSION_SECONDS, TimeUnit.SECONDS);
        } else {
            attempt(EventMessage.NO_ID, () -> admit(credentials));
        }
    }

    private void broke(Throwable broken) {
        LOG.atDebug().addKeyValue("address", address).setCause(broken).log("a WebSocket connection broke");
        if (!socket.isClosed()) {
            // A message in too many parts: Vert.x forgets those that came and takes the rest for another.
            boolean malformed = broken instanceof CorruptedWebSocketFrameException corrupted
                    && !corrupted.closeStatus().equals(WebSocketCloseStatus.MESSAGE_TOO_BIG);
            close(
                    malformed
                            ? new ProblemException(Problem.BAD_REQUEST, "the frames are malformed")
                            : new ProblemException(
                                    Problem.PAYLOAD_TOO_LARGE, "the message is too long (events.payload-max)"));
        }
    }

    private void forget(Class<? extends ChannelHandler> watch) {
        if (context.pipeline().get(watch) != null) {
            context.pipeline().remove(watch);
        }
    }

    private void admitWithout() {
        attempt(EventMessage.NO_ID, () -> admit(new Credentials.Anonymous()));
    }

    private void admit(Credentials credentials) {
        Session admitted;
        try {
            admitted = gate.admit(credentials, address, DOOR, why -> loop().execute(() -> close(why)));
        } catch (ProblemException refused) {
            close(refused);
            return;
        }
        cancelTimer();
        session = admitted;
        announcedAs = admitted.principal().name();
        admitted.speaks(protocol);
        Subscriber attached = plane.attach(loop(), admitted, form, this);
        subscriber = attached;
        plane.connected(DOOR, announcedAs, address);
        long every = Idle.pingMillis(context.channel());
        Idle.expectAnswers(context.channel());
        timer = loop().scheduleAtFixedRate(this::ping, every, every, TimeUnit.MILLISECONDS);
        if (!cloudEvents) {
            answer(new EventMessage.Welcome(
                    announcedAs,
                    plane.next(),
                    Map.of("payload", plane.config().payloadMax().bytes(), "subscriptions", (long)
                            plane.config().subscriptionsMax())));
        }
        Pattern pattern = firstPattern;
        if (pattern != null) {
            attempt(EventMessage.NO_ID, () -> attached.subscribe(pattern, firstSince));
        }
    }

    private void received(Bytes bytes, boolean binary) {
        if (closing) {
            // Whoever was refused may have sent more already; none of it signs anybody in.
            return;
        }
        if (cloudEvents) {
            attempt(EventMessage.NO_ID, () -> publishCloudEvent(bytes));
            return;
        }
        if (binary != (messages == EventMessages.CBOR)) {
            close(new ProblemException(
                    Problem.MESSAGE_INVALID,
                    messages.subprotocol() + " has no " + (binary ? "binary" : "text") + " messages"));
            return;
        }
        EventMessage.Request request;
        try {
            request = messages.decodeRequest(bytes);
        } catch (ProblemException malformed) {
            answer(new EventMessage.Refused(idOf(bytes), malformed.problem(), malformed.detail()));
            return;
        }
        attempt(request.id(), () -> serve(request));
    }

    /// The number of a message that is wrong elsewhere: whoever waits for its answer shall get it.
    private long idOf(Bytes bytes) {
        try {
            Object tree = messages == EventMessages.CBOR ? Json.parseCbor(bytes) : Json.parse(bytes);
            if (tree instanceof Map<?, ?> map
                    && map.get("id") instanceof BigInteger id
                    && id.signum() >= 0
                    && id.bitLength() <= 62) {
                return id.longValue();
            }
            return EventMessage.NO_ID;
        } catch (ProblemException unreadable) {
            return EventMessage.NO_ID;
        }
    }

    private void serve(EventMessage.Request request) {
        if (request instanceof EventMessage.Authenticate authenticate && session == null) {
            admit(new Credentials.Token(authenticate.token()));
            return;
        }
        if (session == null) {
            // Not authenticated is anonymous, where that is allowed.
            admit(new Credentials.Anonymous());
        }
        Session here = session;
        Subscriber attached = subscriber;
        if (here == null || attached == null) {
            return;
        }
        switch (request) {
            case EventMessage.Authenticate again ->
                throw new ProblemException(Problem.MESSAGE_INVALID, "auth comes once, as the first message");
            case EventMessage.Subscribe subscribe -> subscribe(attached, subscribe);
            case EventMessage.Unsubscribe unsubscribe -> {
                attached.unsubscribe(unsubscribe.pattern());
                answer(new EventMessage.Ack(unsubscribe.id(), plane.next()));
            }
            case EventMessage.Publish publish ->
                answer(new EventMessage.Ack(publish.id(), publish(here, publish.publication())));
            case EventMessage.Ping ping -> answer(new EventMessage.Pong(ping.id()));
        }
    }

    private void subscribe(Subscriber attached, EventMessage.Subscribe subscribe) {
        try {
            answer(new EventMessage.Ack(subscribe.id(), attached.subscribe(subscribe.pattern(), subscribe.since())));
        } catch (ProblemException refused) {
            Session here = session;
            if (refused.problem() == Problem.FORBIDDEN && here != null) {
                gate.deny(
                        here.principal(), Action.SUBSCRIBE, subscribe.pattern().text(), address, DOOR);
            }
            throw refused;
        }
    }

    /// A message that names a trace is a part of it; of others there are too many for spans of their own.
    private Position publish(Session here, Publication publication) {
        if (!Trace.isOn() || !publication.attributes().containsKey(Trace.PARENT)) {
            return published(here, publication);
        }
        Map<String, String> attributes = publication.attributes();
        try (Span span = Trace.door(
                "websocket publish", Span.Kind.SERVER, attributes.get(Trace.PARENT), attributes.get(Trace.STATE))) {
            span.put("network.protocol.name", "websocket").put("databroker.door", DOOR);
            return Trace.ask(span, () -> published(here, publication));
        }
    }

    private Position published(Session here, Publication publication) {
        gate.require(here.principal(), Action.PUBLISH, publication.topic().text(), address, DOOR);
        return plane.publish(here.principal(), publication, DOOR);
    }

    private void publishCloudEvent(Bytes bytes) {
        if (session == null) {
            admit(new Credentials.Anonymous());
        }
        Session here = session;
        if (here != null) {
            publish(here, CloudEvents.read(null, bytes));
        }
    }

    private void attempt(long id, Runnable work) {
        try {
            work.run();
        } catch (ProblemException refused) {
            if (cloudEvents) {
                // This protocol has no way to say so but the end.
                close(refused);
            } else {
                answer(new EventMessage.Refused(id, refused.problem(), refused.detail()));
            }
        } catch (RuntimeException | Error bug) {
            LOG.atError().addKeyValue("address", address).setCause(bug).log("a WebSocket request failed");
            close(new ProblemException(Problem.INTERNAL, "the request could not be served"));
        }
    }

    private void answer(EventMessage.Answer answer) {
        Bytes bytes = messages.encode(answer);
        ByteBuf frame = context.alloc().buffer(bytes.length() + 10);
        if (messages == EventMessages.JSON) {
            EventFrames.text(frame, bytes);
        } else {
            EventFrames.binary(frame, bytes);
        }
        context.writeAndFlush(frame, context.voidPromise());
    }

    private void ping() {
        ByteBuf frame = context.alloc().buffer(2);
        EventFrames.ping(frame);
        context.writeAndFlush(frame, context.voidPromise());
    }

    private void close(ProblemException why) {
        closing = true;
        String reason = why.problem().number() + " " + why.detail();
        String cut = reason.length() > REASON_MAX ? reason.substring(0, REASON_MAX) : reason;
        LOG.atDebug().addKeyValue("address", address).log("WebSocket closed: {}", reason);
        end();
        socket.close((short) why.problem().closeCode(), cut.replaceAll("[^ -~]", "?"));
        // A client that reads nothing would keep the close frame, and with it the connection, waiting for ever.
        loop().schedule(() -> context.channel().close(), FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void end() {
        open.remove(farewell);
        cancelTimer();
        Subscriber attached = subscriber;
        if (attached != null) {
            subscriber = null;
            attached.close();
            plane.disconnected(DOOR, announcedAs, address);
        }
        Session here = session;
        if (here != null) {
            session = null;
            here.close();
        }
    }

    private void cancelTimer() {
        ScheduledFuture<?> running = timer;
        if (running != null) {
            timer = null;
            running.cancel(false);
        }
    }

    private void resume() {
        Subscriber attached = subscriber;
        if (attached != null) {
            attached.resume();
        }
    }

    private EventLoop loop() {
        return context.channel().eventLoop();
    }

    @Override
    public boolean isWritable() {
        return context.channel().isWritable();
    }

    @Override
    public void write(ByteBuf frames) {
        context.write(frames, context.voidPromise());
    }

    @Override
    public void flush() {
        context.flush();
    }

    @Override
    public void gap(Position from, Position to, long lost) {
        if (!cloudEvents) {
            answer(new EventMessage.Gap(from, to, lost));
        }
    }

    @Override
    public String door() {
        return DOOR;
    }

    @Override
    public String address() {
        return address;
    }
}
