package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.core.CloudEvents;
import com.databroker.core.Event;
import com.databroker.core.Json;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// SUB and XSUB: subscriptions to byte prefixes in, `[topic][payload]` out.
///
/// A prefix that begins with `$` is an option of the connection: `$since=<position>` goes back, `$envelope=cloudevents`
/// puts a CloudEvent in the place of the payload, `$gap` asks to be told what was lost as `[$gap][JSON]`. A peer sends
/// its
/// subscriptions in an order of its own after each reconnect, so those of one read are gathered and options come first.
final class ZmtpSubscriber implements ZmtpRole {
    private static final String SINCE = "$since=";
    private static final String ENVELOPE = "$envelope=";
    private static final String GAP = "$gap";
    private static final int PREFIX_MAX = 1024;
    private static final long FRAME_MAX = 4096;

    private record Change(boolean subscribe, String prefix) {}

    private final ZmtpConnection connection;
    private final String socketType;
    private final List<Change> changes = new ArrayList<>();

    /// Not counted, whatever RFC 37 says: libzmq and JeroMQ send each SUBSCRIBE, and CANCEL only for the last of them.
    private final Set<String> prefixes = new HashSet<>();

    private @Nullable Subscriber subscriber;
    private @Nullable Position since;
    private @Nullable Position toldFrom;
    private boolean tellsGaps;
    private boolean skipping;

    ZmtpSubscriber(ZmtpConnection connection, String socketType) {
        this.connection = connection;
        this.socketType = socketType;
    }

    @Override
    public String socketType() {
        return socketType;
    }

    @Override
    public long frameMax() {
        return FRAME_MAX;
    }

    @Override
    public void opened() {
        subscriber = connection
                .plane()
                .attach(connection.context().channel().eventLoop(), connection.session(), Form.ZMTP, connection);
    }

    @Override
    public void read(ByteBuf in) {
        connection.frames(in, this);
    }

    /// In ZMTP 3.0 a subscription is a message: 1 or 0, then the prefix. Other messages of an XSUB mean nothing here.
    @Override
    public void frame(boolean more, ByteBuf body) {
        boolean whole = !more && !skipping;
        skipping = more;
        if (whole && body.isReadable()) {
            int kind = body.readByte();
            if (kind == 0 || kind == 1) {
                subscription(kind == 1, body);
            }
        }
    }

    @Override
    public void subscription(boolean subscribe, ByteBuf prefix) {
        if (prefix.readableBytes() > PREFIX_MAX) {
            throw new ZmtpRefused("subscription of " + prefix.readableBytes() + " bytes, at most " + PREFIX_MAX);
        }
        changes.add(new Change(subscribe, prefix.toString(StandardCharsets.ISO_8859_1)));
    }

    @Override
    public void readComplete() {
        if (changes.isEmpty()) {
            return;
        }
        List<Change> batch = List.copyOf(changes);
        changes.clear();
        batch.stream().filter(change -> change.prefix.startsWith("$")).forEach(this::option);
        batch.stream().filter(change -> !change.prefix.startsWith("$")).forEach(this::apply);
    }

    private void option(Change change) {
        Subscriber here = subscriber;
        if (here == null) {
            return;
        }
        if (change.prefix.startsWith(SINCE)) {
            since(here, change);
        } else if (change.prefix.equals(ENVELOPE + "cloudevents")) {
            here.form(change.subscribe ? ZmtpSubscriber::cloudEvent : Form.ZMTP);
        } else if (change.prefix.equals(GAP)) {
            tellsGaps = change.subscribe;
        } else {
            connection.deny(Action.SUBSCRIBE, "unknown option " + change.prefix);
        }
    }

    private void since(Subscriber here, Change change) {
        since = null;
        if (change.subscribe) {
            try {
                Position position = Position.parse(change.prefix.substring(SINCE.length()));
                since = position;
                here.rewindAll(position);
            } catch (ProblemException refused) {
                since = null;
                connection.deny(Action.SUBSCRIBE, refused.detail());
            }
        }
    }

    private void apply(Change change) {
        Subscriber here = subscriber;
        if (here == null) {
            return;
        }
        String prefix = change.prefix;
        if (!change.subscribe) {
            if (prefixes.remove(prefix)) {
                here.unsubscribePrefix(prefix);
            }
            return;
        }
        if (prefixes.add(prefix)) {
            try {
                here.subscribePrefix(prefix, since);
            } catch (ProblemException refused) {
                prefixes.remove(prefix);
                connection.deny(Action.SUBSCRIBE, refused.detail());
                if (refused.problem() == Problem.TOO_MANY_SUBSCRIPTIONS) {
                    throw new ZmtpRefused(refused.line());
                }
            }
        }
    }

    @Override
    public void writabilityChanged(boolean writable) {
        Subscriber here = subscriber;
        if (here != null && writable) {
            here.resume();
        }
    }

    void gap(Position from, Position to, long lost) {
        // Each prefix finds the same gap of another epoch; it is told once.
        if (!tellsGaps || (lost < 0 && from.equals(toldFrom))) {
            return;
        }
        toldFrom = from;
        byte[] json = Json.bytes(out -> {
                    out.writeStartObject();
                    out.writeStringProperty("from", from.toString());
                    out.writeStringProperty("to", to.toString());
                    if (lost >= 0) {
                        out.writeNumberProperty("lost", lost);
                    }
                    out.writeEndObject();
                })
                .toArray();
        ByteBuf frames = ByteBufAllocator.DEFAULT.buffer();
        Zmtp.writeHeader(frames, Zmtp.MORE, GAP.length());
        frames.writeCharSequence(GAP, StandardCharsets.US_ASCII);
        Zmtp.writeHeader(frames, 0, json.length);
        connection.write(frames.writeBytes(json));
    }

    private static void cloudEvent(Event event, ByteBuf out) {
        byte[] topic = event.topic().utf8();
        byte[] json =
                Json.bytes(generator -> CloudEvents.write(event, generator)).toArray();
        Zmtp.writeHeader(out, Zmtp.MORE, topic.length);
        out.writeBytes(topic);
        Zmtp.writeHeader(out, 0, json.length);
        out.writeBytes(json);
    }

    @Override
    public void closed() {
        Subscriber here = subscriber;
        if (here != null) {
            subscriber = null;
            here.close();
        }
    }
}
