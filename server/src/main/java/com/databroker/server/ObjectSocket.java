package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/// A WebSocket that carries a conversation about objects: a frame is a message, of the kind that the subprotocol says.
final class ObjectSocket implements ObjectCarrier {
    private static final String DOOR = "objects";
    private static final int REASON_MAX = 120;

    private final ServerWebSocket socket;
    private final ObjectMessages form;
    private final ChannelHandlerContext context;
    private final ObjectConversation conversation;

    /// Whether what was written goes out in a moment.
    private boolean flushing;

    private ObjectSocket(ObjectConversation.Shared shared, Gate gate, ServerWebSocket socket, String address) {
        this.socket = socket;
        this.form = ObjectMessages.of(socket.subProtocol());
        this.context = ((WebSocketInternal) socket).channelHandlerContext();
        this.conversation = new ObjectConversation(shared, gate, this, form, DOOR, address);
    }

    /// @param credentials null where the client has sent none, and may do so in its greeting
    static void open(
            ObjectConversation.Shared shared,
            Gate gate,
            ServerWebSocket socket,
            String address,
            @Nullable Credentials credentials) {
        new ObjectSocket(shared, gate, socket, address).open(credentials);
    }

    private void open(@Nullable Credentials credentials) {
        socket.textMessageHandler(text -> received(Bytes.utf8(text), form == ObjectMessages.JSON));
        socket.binaryMessageHandler(bytes -> received(Bytes.wrap(bytes.getBytes()), form != ObjectMessages.JSON));
        socket.exceptionHandler(broken -> conversation.close(new ProblemException(
                Problem.VALUE_TOO_LARGE,
                "a frame is malformed, or longer than " + ObjectMessages.REQUEST_MAX + " bytes")));
        socket.closeHandler(closed -> conversation.ended());
        context.pipeline().addBefore(context.name(), null, new WritabilityWatch(conversation::writable));
        conversation.open(credentials);
    }

    private void received(Bytes bytes, boolean expected) {
        if (expected) {
            conversation.received(bytes);
        } else {
            conversation.close(new ProblemException(
                    Problem.MESSAGE_INVALID, form.subprotocol() + " has the other kind of frames"));
        }
    }

    @Override
    public ScheduledExecutorService loop() {
        return context.channel().eventLoop();
    }

    @Override
    public void write(Bytes bytes) {
        ByteBuf frame = context.alloc().buffer(bytes.length() + 10);
        if (form == ObjectMessages.JSON) {
            EventFrames.text(frame, bytes);
        } else {
            EventFrames.binary(frame, bytes);
        }
        context.write(frame, context.voidPromise());
        if (!flushing) {
            flushing = true;
            // Behind what the loop has to do already: what was answered together goes out together.
            context.channel().eventLoop().execute(this::flush);
        }
    }

    private void flush() {
        flushing = false;
        context.flush();
    }

    @Override
    public boolean isWritable() {
        return context.channel().isWritable();
    }

    @Override
    public void pause() {
        socket.pause();
    }

    @Override
    public void resume() {
        socket.resume();
    }

    @Override
    public boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public void close(ProblemException why) {
        String reason = why.problem().number() + " " + why.detail();
        String cut = reason.substring(0, Math.min(reason.length(), REASON_MAX));
        socket.close((short) why.problem().closeCode(), cut.replaceAll("[^ -~]", "?"));
    }
}
