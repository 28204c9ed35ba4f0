package com.databroker.events;

import com.databroker.access.Action;
import com.databroker.core.Bytes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// DEALER and REQ: publishing with an answer.
///
/// ```
/// request  [empty]? [topic] [payload]
/// answer   [empty]? [ack] [position]   or   [empty]? [error] [problem document]
/// ```
/// The empty frame, which REQ always sends, is given back where it came. Answers come in the order of the requests.
final class ZmtpService implements ZmtpRole {
    private static final int FRAMES_MAX = 3;

    private final ZmtpConnection connection;
    private final List<Bytes> frames = new ArrayList<>();
    private final long frameMax;
    private boolean tooMany;

    ZmtpService(ZmtpConnection connection) {
        this.connection = connection;
        this.frameMax = Math.max(
                Topic.BYTES_MAX, connection.plane().config().payloadMax().bytes());
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
        connection.frames(in, frameMax, this);
    }

    @Override
    public void frame(boolean more, ByteBuf body) {
        if (frames.size() == FRAMES_MAX) {
            tooMany = true;
        } else {
            frames.add(Bytes.wrap(ByteBufUtil.getBytes(body)));
        }
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
        try {
            if (refused || request.size() != 2) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "a request is [topic][payload]");
            }
            answer(delimited, "ack", Bytes.utf8(publish(request).toString()));
        } catch (ProblemException problem) {
            answer(delimited, "error", ProblemDocument.bytes(problem));
        }
    }

    private Position publish(List<Bytes> request) {
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
    }
}
