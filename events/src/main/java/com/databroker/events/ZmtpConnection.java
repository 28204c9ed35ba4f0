package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.access.Credentials;
import com.databroker.access.Session;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One ZeroMQ peer: greeting, handshake, then traffic in the role that its socket type asks for.
final class ZmtpConnection extends ChannelInboundHandlerAdapter implements Outlet {
    static final String DOOR = "zmq";

    private static final Logger LOG = LoggerFactory.getLogger(ZmtpConnection.class);
    private static final int COMMAND_MAX = 4096;
    private static final int SENT_OF_GREETING = 12;
    private static final long FAREWELL_MILLIS = 500;

    private enum Phase {
        GREETING,
        HANDSHAKE,
        TRAFFIC,
        CLOSED
    }

    private final ZmtpSettings settings;
    private Phase phase = Phase.GREETING;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf pending;
    private @Nullable ZmtpMechanism mechanism;
    private @Nullable ZmtpCurve curve;
    private @Nullable Session session;
    private Credentials shown = new Credentials.Anonymous();
    private @Nullable ZmtpRole role;
    private @Nullable ScheduledFuture<?> timer;
    private String address = "";
    private String announcedAs = "";
    private String peerType = "";
    private boolean peerHasHeartbeat;
    private boolean heard;
    private boolean asked;
    private boolean counted;

    ZmtpConnection(ZmtpSettings settings) {
        this.settings = settings;
    }

    ZmtpSettings settings() {
        return settings;
    }

    EventPlane plane() {
        return settings.plane();
    }

    ChannelHandlerContext context() {
        ChannelHandlerContext here = context;
        if (here == null) {
            throw new IllegalStateException("not connected");
        }
        return here;
    }

    Session session() {
        Session here = session;
        if (here == null) {
            throw new IllegalStateException("not admitted");
        }
        return here;
    }

    /// What the handshake has shown.
    Credentials credentials() {
        return shown;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        address = ZmtpProxied.client(ctx.channel());
        try {
            settings.limit().enter(address);
            counted = true;
        } catch (ProblemException tooMany) {
            LOG.atDebug().addKeyValue("address", address).log("{}", tooMany.line());
            ctx.close();
            return;
        }
        timer = ctx.executor()
                .schedule(
                        () -> refuse(new ZmtpRefused(ZmtpRefused.COME_BACK)),
                        settings.handshakeTimeout().toMillis(),
                        TimeUnit.MILLISECONDS);
        // The mechanism follows when the peer has said which one it wants: one port serves all three.
        ByteBuf greeting = Zmtp.greeting("NULL");
        ctx.writeAndFlush(greeting.readRetainedSlice(SENT_OF_GREETING));
        greeting.release();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (phase == Phase.CLOSED) {
            in.release();
            return;
        }
        heard = true;
        ByteBuf rest = pending;
        ByteBuf all = rest == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), rest, in);
        pending = all;
        try {
            consume(ctx, all);
        } catch (ZmtpRefused refused) {
            refuse(refused);
        } catch (ProblemException refused) {
            refuse(new ZmtpRefused(refused.line()));
        } catch (RuntimeException bug) {
            LOG.atError().addKeyValue("address", address).setCause(bug).log("a ZeroMQ connection failed");
            refuse(new ZmtpRefused(ZmtpRefused.COME_BACK));
        } finally {
            // A refusal has let go of it already.
            if (pending != null) {
                if (all.isReadable()) {
                    // A busy peer's reads need never end where a message does: what was read must not pile up.
                    all.discardSomeReadBytes();
                } else {
                    all.release();
                    pending = null;
                }
            }
        }
    }

    private void consume(ChannelHandlerContext ctx, ByteBuf in) {
        if (phase == Phase.GREETING && greet(ctx, in)) {
            phase = Phase.HANDSHAKE;
        }
        while (phase == Phase.HANDSHAKE && handshake(ctx, in)) {
            // One command after the other.
        }
        ZmtpRole now = role;
        if (phase == Phase.TRAFFIC && now != null) {
            if (curve == null) {
                now.read(in);
            } else {
                readEncrypted(in, now);
            }
        }
    }

    private boolean greet(ChannelHandlerContext ctx, ByteBuf in) {
        int at = in.readerIndex();
        int length = in.readableBytes();
        if ((length > 0 && in.getUnsignedByte(at) != 0xFF)
                || (length > 9 && in.getByte(at + 9) != 0x7F)
                || (length > 10 && in.getByte(at + 10) < 3)) {
            // Nothing that could understand an ERROR: another protocol, or a ZeroMQ before 4.0.
            throw new ZmtpRefused("");
        }
        if (length < Zmtp.GREETING_LENGTH) {
            return false;
        }
        peerHasHeartbeat = in.getByte(at + 10) > 3 || in.getByte(at + 11) >= 1;
        String name = in.toString(at + 12, 20, StandardCharsets.US_ASCII);
        int end = name.indexOf(0);
        String wanted = end < 0 ? name : name.substring(0, end);
        mechanism = mechanism(wanted);
        in.skipBytes(Zmtp.GREETING_LENGTH);
        ByteBuf greeting = Zmtp.greeting(wanted);
        greeting.skipBytes(SENT_OF_GREETING);
        ctx.writeAndFlush(greeting);
        return true;
    }

    private ZmtpMechanism mechanism(String name) {
        return switch (name) {
            case "NULL" -> new ZmtpMechanism.Null(this::admit);
            case "PLAIN" -> new ZmtpMechanism.Plain(this::admit);
            case "CURVE" -> {
                ZmtpCurve encrypting = new ZmtpCurve(settings.curve(), this::admit, settings.random());
                curve = encrypting;
                yield encrypting;
            }
            default -> throw new ZmtpRefused("");
        };
    }

    private void admit(Credentials credentials) {
        shown = credentials;
        try {
            session = settings.gate().admit(credentials, address, DOOR, this::end);
        } catch (ProblemException refused) {
            throw new ZmtpRefused(
                    refused.problem() == Problem.TOO_MANY_FAILURES
                            ? ZmtpRefused.COME_BACK
                            : ZmtpRefused.NOT_AUTHENTICATED);
        }
    }

    /// Ends it, and says why. From any thread.
    void end(ProblemException why) {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.executor().execute(() -> refuse(new ZmtpRefused(why.problem(), why.line())));
        }
    }

    private boolean handshake(ChannelHandlerContext ctx, ByteBuf in) {
        int length = Zmtp.completeFrame(in, COMMAND_MAX);
        if (length < 0) {
            return false;
        }
        int flags = in.readByte();
        in.skipBytes((flags & Zmtp.LONG) == 0 ? 1 : 8);
        ByteBuf body = in.readSlice(length);
        if ((flags & Zmtp.COMMAND) == 0) {
            throw new ZmtpRefused("a message came before the handshake was over");
        }
        String name = Zmtp.commandName(body);
        ZmtpMechanism here = mechanism;
        if (name.equals("ERROR") || here == null) {
            throw new ZmtpRefused("");
        }
        ByteBuf answer;
        try {
            answer = here.receive(name, body, this::properties);
        } catch (IndexOutOfBoundsException truncated) {
            throw new ZmtpRefused("malformed " + name);
        }
        if (answer != null) {
            ctx.writeAndFlush(answer);
        }
        if (here.isComplete()) {
            opened(ctx);
        }
        return phase == Phase.HANDSHAKE;
    }

    private Map<String, String> properties(Map<String, String> theirs) {
        String type = theirs.getOrDefault("socket-type", "");
        ZmtpRole fitting = switch (type) {
            case "SUB", "XSUB" -> new ZmtpSubscriber(this, "XPUB");
            case "PUB", "XPUB" -> new ZmtpPublisher(this, "XSUB");
            case "PUSH" -> new ZmtpPublisher(this, "PULL");
            case "REQ", "DEALER" -> new ZmtpService(this, type.equals("REQ"));
            default ->
                throw new ZmtpRefused(
                        "socket type " + type + " is not served; use SUB, XSUB, PUB, XPUB, PUSH, DEALER or REQ");
        };
        role = fitting;
        peerType = type;
        return Map.of("Socket-Type", fitting.socketType());
    }

    private void opened(ChannelHandlerContext ctx) {
        phase = Phase.TRAFFIC;
        cancelTimer();
        announcedAs = session().principal().name();
        session().speaks("ZMTP " + peerType + (curve == null ? "" : ", CURVE"));
        plane().connected(DOOR, announcedAs, address);
        long interval = settings.heartbeatInterval().toMillis();
        if (peerHasHeartbeat) {
            timer = ctx.executor().schedule(this::heartbeat, interval, TimeUnit.MILLISECONDS);
        }
        ZmtpRole now = role;
        if (now != null) {
            now.opened();
        }
    }

    private void heartbeat() {
        if (phase != Phase.TRAFFIC) {
            return;
        }
        long next = settings.heartbeatInterval().toMillis();
        // Whom we do not read cannot be heard.
        if (heard || !context().channel().config().isAutoRead()) {
            heard = false;
            asked = false;
        } else if (asked) {
            close();
            return;
        } else {
            asked = true;
            next = settings.heartbeatTimeout().toMillis();
            // No time to live of our own: we do not ask the peer to give up on us.
            sendCommand(Zmtp.command("PING", Zmtp.text("\0\0")));
        }
        timer = context().executor().schedule(this::heartbeat, next, TimeUnit.MILLISECONDS);
    }

    /// Reads whole frames one by one for a role that has no faster way.
    void frames(ByteBuf in, ZmtpRole now) {
        int length;
        while ((length = Zmtp.completeFrame(in, now.frameMax())) >= 0) {
            int flags = in.readByte();
            in.skipBytes((flags & Zmtp.LONG) == 0 ? 1 : 8);
            ByteBuf body = in.readSlice(length);
            if ((flags & Zmtp.COMMAND) != 0) {
                command(body, now);
            } else {
                now.frame((flags & Zmtp.MORE) != 0, body);
            }
        }
    }

    private void readEncrypted(ByteBuf in, ZmtpRole now) {
        int length;
        while ((length = Zmtp.completeFrame(in, now.frameMax() + COMMAND_MAX)) >= 0) {
            int flags = in.readByte();
            in.skipBytes((flags & Zmtp.LONG) == 0 ? 1 : 8);
            ZmtpCurve here = curve;
            if (here == null) {
                return;
            }
            ByteBuf plain = here.open(in.readSlice(length));
            int inner = plain.readByte();
            if ((inner & 2) != 0) {
                command(plain, now);
            } else {
                now.frame((inner & 1) != 0, plain);
            }
        }
        now.readComplete();
    }

    /// A command in traffic: heartbeats and subscriptions; others are for versions to come.
    void command(ByteBuf body, ZmtpRole now) {
        if (body.readableBytes() > COMMAND_MAX) {
            throw new ZmtpRefused("command of " + body.readableBytes() + " bytes");
        }
        switch (Zmtp.commandName(body)) {
            case "PING" -> {
                if (body.readableBytes() < 2 || body.readableBytes() > 18) {
                    throw new ZmtpRefused("malformed PING");
                }
                body.skipBytes(2);
                // A PONG says that what came before is in force.
                now.readComplete();
                // Whoever takes nothing sees no PONG either, and none may pile up.
                if (isWritable()) {
                    sendCommand(Zmtp.command("PONG", body.copy()));
                }
            }
            case "SUBSCRIBE" -> now.subscription(true, body);
            case "CANCEL" -> now.subscription(false, body);
            case "ERROR" -> throw new ZmtpRefused("");
            default -> LOG.atTrace().addKeyValue("address", address).log("unknown ZeroMQ command");
        }
    }

    void sendCommand(ByteBuf frame) {
        write(frame);
        flush();
    }

    void deny(Action action, String what) {
        settings.gate().deny(session().principal(), action, what, address, DOOR);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ZmtpRole now = role;
        if (phase == Phase.TRAFFIC && now != null) {
            try {
                now.readComplete();
            } catch (ZmtpRefused refused) {
                refuse(refused);
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ZmtpRole now = role;
        if (phase == Phase.TRAFFIC && now != null) {
            now.writabilityChanged(ctx.channel().isWritable());
        }
    }

    private void refuse(ZmtpRefused why) {
        ChannelHandlerContext ctx = context;
        if (phase == Phase.CLOSED || ctx == null) {
            return;
        }
        LOG.atDebug().addKeyValue("address", address).log("ZeroMQ peer refused: {}", why.reason());
        // libzmq gives a peer up for good after an ERROR in the handshake, and after anything in clear under CURVE.
        boolean inClear = phase == Phase.HANDSHAKE || (phase == Phase.TRAFFIC && curve == null);
        boolean speaks = inClear && !why.reason().isEmpty();
        ZmtpRole now = role;
        if (phase == Phase.TRAFFIC && now != null) {
            now.refused(why);
        }
        end();
        if (speaks) {
            ctx.writeAndFlush(Zmtp.error(why.reason())).addListener(ChannelFutureListener.CLOSE);
            // A peer that reads nothing would keep the reason, and with it the connection, waiting for ever.
            ctx.executor().schedule(() -> ctx.close(), FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            ctx.close();
        }
    }

    private void close() {
        context().close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end();
        if (counted) {
            counted = false;
            settings.limit().leave(address);
        }
    }

    /// Gives back everything, once.
    private void end() {
        boolean wasOpen = phase == Phase.TRAFFIC;
        phase = Phase.CLOSED;
        cancelTimer();
        ByteBuf rest = pending;
        if (rest != null) {
            pending = null;
            rest.release();
        }
        ZmtpRole now = role;
        if (wasOpen && now != null) {
            now.closed();
            plane().disconnected(DOOR, announcedAs, address);
        }
        Session here = session;
        if (here != null) {
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

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // A reset by the peer is the ordinary end of many connections.
        LOG.atDebug().addKeyValue("address", address).setCause(cause).log("ZeroMQ connection broke");
        ctx.close();
    }

    @Override
    public boolean isWritable() {
        return context().channel().isWritable();
    }

    @Override
    public void write(ByteBuf frames) {
        ChannelHandlerContext ctx = context();
        ZmtpCurve encrypting = curve;
        ctx.write(encrypting == null ? frames : encrypting.sealAll(frames), ctx.voidPromise());
    }

    @Override
    public void flush() {
        context().flush();
    }

    @Override
    public void gap(Position from, Position to, long lost) {
        if (role instanceof ZmtpSubscriber subscriber) {
            subscriber.gap(from, to, lost);
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
