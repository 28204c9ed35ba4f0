package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Topic;
import com.databroker.core.Trace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// PUB, XPUB and PUSH: `[topic][payload]` in, nothing out.
///
/// PUSH waits where PUB drops: while a reader that still reads is about to lose events, nothing is read from a PUSH
/// peer,
/// TCP tells it so, and its `send` blocks.
///
/// Such a peer cannot be answered, so what it may not publish is dropped, counted and audited. A message of one frame
/// is
/// a topic without payload; more than two frames cannot be said on other protocols and are dropped, too.
final class ZmtpPublisher implements ZmtpRole {
    private static final String SOCKET_TYPE_OF_PUB = "XSUB";
    private static final long RETRY_MILLIS = 5;

    private final ZmtpConnection connection;
    private final String socketType;
    private final boolean waits;
    private final TopicCache topics;
    private final long payloadMax;
    private EventMeta plain = EventMeta.plain("");
    private EventMeta meta = plain;
    private Span span = Span.NONE;
    private EventLog.@Nullable Appender appender;
    private long added;
    private boolean skipping;
    private TopicCache.@Nullable Entry decrypted;

    ZmtpPublisher(ZmtpConnection connection, String socketType) {
        this.connection = connection;
        this.socketType = socketType;
        this.waits = !socketType.equals(SOCKET_TYPE_OF_PUB);
        this.topics = new TopicCache(connection.plane());
        this.payloadMax = connection.plane().config().payloadMax().bytes();
    }

    @Override
    public String socketType() {
        return socketType;
    }

    @Override
    public long frameMax() {
        return connection.settings().frameMax();
    }

    @Override
    public void opened() {
        plain = EventMeta.plain(connection.session().principal().name());
        meta = plain;
        if (socketType.equals(SOCKET_TYPE_OF_PUB)) {
            // PUB filters at its own end: ask for everything. The message form is understood by 3.0 and 3.1.
            ByteBuf everything = Unpooled.buffer(3).writeByte(0).writeByte(1).writeByte(1);
            connection.sendCommand(everything);
        }
    }

    @Override
    public void read(ByteBuf in) {
        topics.use(connection.session().principal());
        try {
            while (message(in)) {
                // One message after the other, added to the log in one go.
            }
        } finally {
            // Before the input is let go.
            commit();
        }
    }

    /// Reads one message or command; false where it is not complete yet.
    private boolean message(ByteBuf in) {
        int from = in.readerIndex();
        int length = Zmtp.completeFrame(in, skipping ? payloadMax : Math.max(Topic.BYTES_MAX, 255));
        if (length < 0) {
            return false;
        }
        int flags = in.getByte(from);
        int body = from + Zmtp.headerLength(flags);
        int end = body + length;
        if ((flags & Zmtp.COMMAND) != 0) {
            commit();
            in.readerIndex(end);
            connection.command(in.slice(body, length), this);
            return true;
        }
        if (skipping) {
            skipping = (flags & Zmtp.MORE) != 0;
            in.readerIndex(end);
            return true;
        }
        TopicCache.Entry topic = topic(in, body, length);
        if ((flags & Zmtp.MORE) == 0) {
            in.readerIndex(end);
            accept(topic, Unpooled.EMPTY_BUFFER);
            return true;
        }
        in.readerIndex(end);
        int payloadLength = Zmtp.completeFrame(in, payloadMax);
        if (payloadLength < 0) {
            in.readerIndex(from);
            return false;
        }
        int payloadFlags = in.getByte(end);
        int payload = end + Zmtp.headerLength(payloadFlags);
        in.readerIndex(payload + payloadLength);
        if ((payloadFlags & ~Zmtp.LONG) != 0) {
            tooManyFrames(payloadFlags);
        } else if (topic.refusal == null && isShortest(flags, length) && isShortest(payloadFlags, payloadLength)) {
            append(topic, in, from, end);
        } else {
            accept(topic, in.slice(payload, payloadLength));
        }
        return true;
    }

    /// What is added to the log in one go is one span, and all of it has its trace: there are too many messages
    /// for spans of their own. It begins with the first topic.
    private TopicCache.Entry topic(ByteBuf in, int at, int length) {
        if (!Trace.isOn()) {
            return topics.get(in, at, length);
        }
        if (span instanceof Span.Unrecorded) {
            span = Trace.door("zeromq publish", Span.Kind.SERVER, null, null)
                    .put("network.protocol.name", "zmtp")
                    .put("databroker.door", ZmtpConnection.DOOR);
            meta = plain.traced(span);
        }
        return Trace.ask(span, () -> topics.get(in, at, length));
    }

    private static boolean isShortest(int flags, int length) {
        return (flags & Zmtp.LONG) == 0 || length > 255;
    }

    private void append(TopicCache.Entry entry, ByteBuf in, int from, int payloadFrame) {
        Topic topic = entry.topic;
        if (topic != null) {
            appender().add(topic, meta, in, from, payloadFrame, in.readerIndex());
            added++;
        }
    }

    private void accept(TopicCache.Entry entry, ByteBuf payload) {
        Topic topic = entry.topic;
        ProblemException refusal = entry.refusal;
        if (refusal != null || topic == null) {
            refused(refusal);
        } else {
            appender().add(topic, meta, payload);
            added++;
        }
    }

    private void refused(@Nullable ProblemException refusal) {
        // The gate writes and counts; it must not do so under the log's lock.
        commit();
        end();
        connection.deny(Action.PUBLISH, refusal == null ? "" : refusal.detail());
    }

    private void tooManyFrames(int flags) {
        if ((flags & Zmtp.COMMAND) != 0) {
            throw new ZmtpRefused("a command inside a message");
        }
        skipping = true;
        refused(new ProblemException(Problem.MESSAGE_INVALID, "a message of more than two frames"));
    }

    private EventLog.Appender appender() {
        EventLog.Appender open = appender;
        if (open == null) {
            open = connection.plane().log().begin();
            appender = open;
        }
        return open;
    }

    private void commit() {
        EventLog.Appender open = appender;
        if (open != null) {
            appender = null;
            Trace.in(span, () -> commit(open));
            added = 0;
            end();
        }
    }

    private void commit(EventLog.Appender open) {
        try (Span _ = EventPlane.publishing(added)) {
            open.commit();
            connection.plane().counters(ZmtpConnection.DOOR).published.add(added);
            connection.plane().wake();
        }
    }

    private void end() {
        span.close();
        span = Span.NONE;
        meta = plain;
    }

    @Override
    public void frame(boolean more, ByteBuf body) {
        if (skipping) {
            skipping = more;
            return;
        }
        if (body.readableBytes() > payloadMax) {
            throw new ZmtpRefused("payload of " + body.readableBytes() + " bytes, at most " + payloadMax);
        }
        TopicCache.Entry topic = decrypted;
        if (topic == null) {
            if (body.readableBytes() > Topic.BYTES_MAX) {
                throw new ZmtpRefused("topic of " + body.readableBytes() + " bytes");
            }
            topics.use(connection.session().principal());
            topic = topic(body, body.readerIndex(), body.readableBytes());
            decrypted = more ? topic : null;
            if (!more) {
                accept(topic, Unpooled.EMPTY_BUFFER);
            }
        } else {
            decrypted = null;
            if (more) {
                tooManyFrames(0);
            } else {
                accept(topic, body);
            }
        }
    }

    @Override
    public void readComplete() {
        commit();
        if (waits && connection.plane().isCrowded()) {
            connection.context().channel().config().setAutoRead(false);
            connection.context().executor().schedule(this::readAgainOrWait, RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void readAgainOrWait() {
        if (connection.plane().isCrowded()) {
            connection.context().executor().schedule(this::readAgainOrWait, RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            connection.context().channel().config().setAutoRead(true);
        }
    }

    @Override
    public void closed() {
        commit();
        end();
    }
}
