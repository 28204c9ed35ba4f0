package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.access.Credentials;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Span;
import com.databroker.core.Topic;
import com.databroker.core.Trace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/// DEALER and REQ: publishing with an answer, and dialogues.
///
/// ```
/// request  [empty]? [topic] [payload]
/// answer   [empty]? [ack] [position]   or   [empty]? [error] [problem document]
/// dialogue [empty]? [$name] [message]  in both directions
/// ```
/// The empty frame, which REQ always sends, is given back where it came; in dialogues it stands in front of
/// all messages or none. What was published is answered in the order in which it came.
final class ZmtpService implements ZmtpRole, ZmtpDialogue.Peer {
    private static final int FRAMES_MAX = 3;
    private static final int NAME_MAX = 32;

    private final ZmtpConnection connection;
    private final List<Bytes> frames = new ArrayList<>();
    private final boolean lockstep;
    private boolean tooMany;

    /// Whether a message of a dialogue comes next.
    private boolean named;

    private @Nullable ZmtpDialogue dialogue;
    private boolean delimitsDialogue;
    private boolean paused;

    /// @param lockstep whether the peer is a REQ
    ZmtpService(ZmtpConnection connection, boolean lockstep) {
        this.connection = connection;
        this.lockstep = lockstep;
    }

    @Override
    public String socketType() {
        return "ROUTER";
    }

    @Override
    public void opened() {
        // It speaks when it is asked.
    }

    @Override
    public void read(ByteBuf in) {
        connection.frames(in, this);
    }

    @Override
    public long frameMax() {
        ZmtpDialogue.Service service = connection.settings().dialogues();
        long ofEvents = connection.settings().frameMax();
        return named && service != null ? Math.max(ofEvents, service.messageMax()) : ofEvents;
    }

    @Override
    public void frame(boolean more, ByteBuf body) {
        if (frames.size() == FRAMES_MAX) {
            tooMany = true;
        } else {
            frames.add(Bytes.wrap(ByteBufUtil.getBytes(body)));
        }
        named = more && isSpoken(frames.getLast());
        if (more) {
            return;
        }
        List<Bytes> request = new ArrayList<>(frames);
        boolean refused = tooMany;
        frames.clear();
        tooMany = false;
        boolean delimited = request.size() > 1 && request.getFirst().length() == 0;
        if (delimited) {
            request.removeFirst();
        }
        if (!refused && request.size() == 2 && isDialogue(request, delimited)) {
            return;
        }
        try {
            if (refused || request.size() != 2) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "a request is [topic][payload]");
            }
            answer(delimited, "ack", Bytes.utf8(publish(request).toString()));
        } catch (ProblemException problem) {
            answer(delimited, "error", ProblemDocument.bytes(problem));
        }
    }

    private boolean isSpoken(Bytes name) {
        ZmtpDialogue.Service service = connection.settings().dialogues();
        return service != null
                && name.length() > 0
                && name.length() <= NAME_MAX
                && name.get(0) == '$'
                && service.speaks(name.utf8());
    }

    /// Whether the message belongs to a dialogue, which has taken it then.
    private boolean isDialogue(List<Bytes> message, boolean delimited) {
        ZmtpDialogue.Service service = connection.settings().dialogues();
        if (service == null || !isSpoken(message.getFirst())) {
            return false;
        }
        ZmtpDialogue here = dialogue;
        if (here == null) {
            here = service.begin(this);
            dialogue = here;
            delimitsDialogue = delimited;
        }
        here.received(message.getFirst().utf8(), message.getLast());
        return true;
    }

    @Override
    public ScheduledExecutorService loop() {
        return connection.context().channel().eventLoop();
    }

    @Override
    public Credentials credentials() {
        return connection.credentials();
    }

    @Override
    public Session session() {
        return connection.session();
    }

    @Override
    public String address() {
        return connection.address();
    }

    @Override
    public boolean isLockstep() {
        return lockstep;
    }

    @Override
    public void write(String name, Bytes message) {
        answer(delimitsDialogue, name, message);
        connection.flush();
    }

    @Override
    public boolean isWritable() {
        return connection.isWritable();
    }

    @Override
    public void pause() {
        paused = true;
        readOrNot();
    }

    @Override
    public void resume() {
        paused = false;
        readOrNot();
    }

    @Override
    public void end(ProblemException why) {
        connection.end(why);
    }

    /// Whoever asks without taking the answers is not heard until it does.
    private void readOrNot() {
        connection.context().channel().config().setAutoRead(connection.isWritable() && !paused);
    }

    @Override
    public void writabilityChanged(boolean writable) {
        readOrNot();
        ZmtpDialogue here = dialogue;
        if (here != null && writable) {
            here.writable();
        }
    }

    @Override
    public void refused(ZmtpRefused why) {
        ZmtpDialogue here = dialogue;
        if (here != null) {
            here.refused(why.problem());
        }
    }

    private Position publish(List<Bytes> request) {
        if (!Trace.isOn()) {
            return published(request);
        }
        try (Span span = Trace.door("zeromq publish", Span.Kind.SERVER, null, null)) {
            span.put("network.protocol.name", "zmtp").put("databroker.door", ZmtpConnection.DOOR);
            return Trace.ask(span, () -> published(request));
        }
    }

    private Position published(List<Bytes> request) {
        byte[] name = request.getFirst().toArray();
        Topic topic = Topic.ofUtf8(name, 0, name.length);
        connection
                .settings()
                .gate()
                .require(
                        connection.session().principal(),
                        Action.PUBLISH,
                        topic.text(),
                        connection.address(),
                        ZmtpConnection.DOOR);
        return connection
                .plane()
                .publish(connection.session().principal(), Publication.of(topic, request.get(1)), ZmtpConnection.DOOR);
    }

    private void answer(boolean delimited, String status, Bytes body) {
        ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
        if (delimited) {
            Zmtp.writeHeader(out, Zmtp.MORE, 0);
        }
        Zmtp.writeHeader(out, Zmtp.MORE, status.length());
        out.writeCharSequence(status, StandardCharsets.US_ASCII);
        Zmtp.writeHeader(out, 0, body.length());
        out.writeBytes(body.asReadOnlyBuffer());
        connection.write(out);
    }

    @Override
    public void readComplete() {
        connection.flush();
    }

    @Override
    public void closed() {
        frames.clear();
        ZmtpDialogue here = dialogue;
        if (here != null) {
            dialogue = null;
            here.ended();
        }
    }
}
