package com.databroker.server;

import com.databroker.access.Session;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.events.EventPlane;
import com.databroker.events.Form;
import com.databroker.events.Outlet;
import com.databroker.events.Subscriber;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// `GET /events?topic=<pattern>`: server-sent events, one CloudEvent each, the position as `id`.
///
/// A browser that reconnects sends `Last-Event-ID`, and what it missed comes first.
final class SseHandler {
    private static final String DOOR = "sse";
    private static final long COMMENT_MILLIS = 15_000;

    private final EventPlane plane;
    private final OpenStreams open;
    private final Form form = EventFrames.sse();

    SseHandler(EventPlane plane, OpenStreams open) {
        this.plane = plane;
        this.open = open;
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET);
        exchange.target().allow("topic", "since");
        String topic = exchange.target().parameter("topic");
        if (topic == null) {
            throw new ProblemException(
                    Problem.PATTERN_INVALID, "name what to subscribe to: GET /events?topic=builds/**");
        }
        String last = exchange.request().getHeader("Last-Event-ID");
        String since = last == null ? exchange.target().parameter("since") : last;
        Pattern pattern = Pattern.of(topic);
        Position position = since == null ? null : Position.parse(since);
        Stream stream = new Stream(exchange);
        stream.open(pattern, position);
    }

    private final class Stream implements Outlet {
        private final Exchange exchange;
        private final HttpServerResponse response;
        private final Channel channel;
        private final EventLoop loop;
        private @Nullable Subscriber subscriber;
        private @Nullable Session session;
        private @Nullable ScheduledFuture<?> comments;
        private final Runnable farewell = this::farewell;
        private String announcedAs = "";

        Stream(Exchange exchange) {
            this.exchange = exchange;
            this.response = exchange.response();
            this.channel = ((HttpServerConnection) exchange.request().connection())
                    .channelHandlerContext()
                    .channel();
            this.loop = channel.eventLoop();
        }

        void open(Pattern pattern, @Nullable Position since) {
            Session admitted = exchange.gate()
                    .admit(exchange.credentials(), exchange.address(), DOOR, why -> loop.execute(this::cutOff));
            session = admitted;
            admitted.speaks("server-sent events");
            announcedAs = admitted.principal().name();
            Subscriber attached = plane.attach(loop, admitted, form, this);
            subscriber = attached;
            response.exceptionHandler(broken -> close());
            response.closeHandler(closed -> close());
            try {
                response.setChunked(true)
                        .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                        .putHeader("Cache-Control", "no-store")
                        .putHeader("X-Accel-Buffering", "no");
                attached.subscribe(pattern, since);
            } catch (ProblemException refused) {
                attached.close();
                admitted.close();
                subscriber = null;
                throw refused;
            }
            exchange.lasting();
            response.write(": welcome\n\n");
            response.drainHandler(drained -> attached.resume());
            plane.connected(DOOR, announcedAs, exchange.address());
            open.add(farewell);
            long every = Math.min(COMMENT_MILLIS, Idle.pingMillis(channel));
            comments = loop.scheduleAtFixedRate(this::comment, every, every, TimeUnit.MILLISECONDS);
        }

        /// Not behind what the client has not taken yet: that would pile up.
        private void comment() {
            if (isWritable()) {
                response.write(": alive\n\n");
            }
        }

        /// At once, whatever still waits to be sent: the reader has no right to it any more.
        private void cutOff() {
            close();
            channel.close();
        }

        private void farewell() {
            exchange.onLoop(() -> {
                close();
                if (!response.ended()) {
                    response.end();
                }
            });
        }

        private void close() {
            open.remove(farewell);
            Subscriber attached = subscriber;
            if (attached != null) {
                subscriber = null;
                attached.close();
                plane.disconnected(DOOR, announcedAs, exchange.address());
            }
            Session admitted = session;
            if (admitted != null) {
                session = null;
                admitted.close();
            }
            ScheduledFuture<?> running = comments;
            if (running != null) {
                comments = null;
                running.cancel(false);
            }
        }

        @Override
        public boolean isWritable() {
            return !response.writeQueueFull();
        }

        @Override
        public void write(ByteBuf frames) {
            // Vert.x does not release what it is given, so it gets a copy.
            Buffer copy = Buffer.buffer(ByteBufUtil.getBytes(frames));
            frames.release();
            if (!response.closed()) {
                response.write(copy);
            }
        }

        @Override
        public void flush() {
            // Vert.x flushes what it writes.
        }

        @Override
        public void gap(Position from, Position to, long lost) {
            response.write("event: gap\ndata: {\"from\":\"" + from + "\",\"to\":\"" + to + "\""
                    + (lost < 0 ? "" : ",\"lost\":" + lost) + "}\n\n");
        }

        @Override
        public String door() {
            return DOOR;
        }

        @Override
        public String address() {
            return exchange.address();
        }
    }
}
