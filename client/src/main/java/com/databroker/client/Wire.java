package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One WebSocket connection from its attempt to its end: whole messages in, one message at a time out.
///
/// Never asks for more than one further message, and for none while its owner is full: what then waits in
/// TCP's buffers slows the broker's writes, which is where an overload has to be seen.
final class Wire implements WebSocket.Listener {
    private static final int ABNORMAL = 1006;
    private static final long GOODBYE_MILLIS = 1000;

    /// Whom a wire tells. Calls come from the connection's threads, without a lock.
    interface Owner {
        /// @return false where nobody wants the connection any more
        boolean opened(Wire wire);

        /// Deals with a whole message, then calls [Wire#proceed] when the next may come.
        void received(Wire wire, Bytes message);

        void sent(Wire wire);

        void failed(Wire wire, Throwable failure);

        void lost(Wire wire, int code, ProblemException why);
    }

    private final Owner owner;
    private final String subprotocol;
    private final int messageMax;
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private volatile @Nullable WebSocket socket;
    private volatile boolean heard;
    private volatile boolean closing;
    private volatile boolean fresh;
    private volatile boolean answeredPing;

    // Guarded by the owner's lock.
    private boolean sending;
    private boolean paused;
    private boolean probed;
    private int ticks;
    private int silentTicks;
    private @Nullable ProblemException announced;

    /// @param subprotocol of binary messages
    Wire(Owner owner, String subprotocol, int messageMax) {
        this.owner = owner;
        this.subprotocol = subprotocol;
        this.messageMax = messageMax;
    }

    @Override
    public void onOpen(WebSocket opened) {
        socket = opened;
        if (!owner.opened(this)) {
            opened.abort();
        } else if (!opened.getSubprotocol().equals(subprotocol)) {
            refuse(Problem.MESSAGE_INVALID, "the other end does not speak " + subprotocol);
        } else {
            opened.request(1);
        }
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        heard = true;
        fresh = true;
        if (closing) {
            return null;
        }
        if (parts.size() + data.remaining() > messageMax) {
            refuse(Problem.PAYLOAD_TOO_LARGE, "a message has more than the allowed " + messageMax + " bytes");
            return null;
        }
        byte[] part = new byte[data.remaining()];
        data.get(part);
        if (last && parts.size() == 0) {
            owner.received(this, Bytes.wrap(part));
        } else {
            parts.writeBytes(part);
            if (last) {
                Bytes whole = Bytes.wrap(parts.toByteArray());
                parts.reset();
                owner.received(this, whole);
            } else {
                from.request(1);
            }
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        if (!closing) {
            refuse(Problem.MESSAGE_INVALID, "the broker sent text where " + subprotocol + " is binary");
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
        heard = true;
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
        heard = true;
        answeredPing = true;
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        ended.complete(null);
        ProblemException before = announced;
        boolean told = before != null && before.problem().closeCode() == code;
        owner.lost(this, code, told && before != null ? before : Refusals.ofClose(code, reason));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        ended.complete(null);
        owner.lost(this, ABNORMAL, Refusals.unavailable("the connection broke", error));
    }

    /// Ends the connection because the other end breaks the protocol.
    ///
    /// With the catalogue's close code, because the JDK lets no client send 1002 or 1009.
    void refuse(Problem problem, String why) {
        var unused = close(problem.closeCode());
        owner.lost(this, problem.closeCode(), new ProblemException(problem, why));
    }

    /// The rest is called by the owner, under its lock.
    boolean isIdle() {
        return !sending && !closing;
    }

    void send(Bytes message) {
        WebSocket open = socket;
        if (open != null) {
            sending = true;
            var unused = open.sendBinary(message.asReadOnlyBuffer(), true).whenComplete((done, failure) -> {
                if (failure == null) {
                    owner.sent(this);
                } else {
                    owner.failed(this, failure);
                }
            });
        }
    }

    void sendingDone() {
        sending = false;
    }

    /// A refusal that blames no request explains the close that follows it.
    void announce(ProblemException why) {
        announced = why;
    }

    boolean isPaused() {
        return paused;
    }

    void pause() {
        paused = true;
    }

    /// The next message may come.
    void proceed() {
        paused = false;
        WebSocket open = socket;
        if (open != null && !closing) {
            open.request(1);
        }
    }

    /// Looks whether the other end is still there, and asks it now and then.
    ///
    /// @return whether it is to be taken for dead
    boolean tick() {
        // While nothing is read, silence says nothing about the other end.
        silentTicks = heard || paused ? 0 : silentTicks + 1;
        heard = false;
        if (++ticks % Settings.TICKS_PER_PING == 0) {
            ping();
        }
        return silentTicks >= Settings.TICKS_UNTIL_DEAD;
    }

    /// Whether the caller has to begin calling [#probe] now and then.
    boolean beginsProbing() {
        boolean begins = !probed && !paused;
        probed |= begins;
        return begins;
    }

    /// Looks whether a connection that has just fallen quiet is still there.
    ///
    /// The JDK's WebSocket loses the end of the stream when that arrives while a message is being handled
    /// (its transport then fails in acknowledgeReception, and nobody is told): this is what a broker that
    /// dies under load looks like. Writing to such a connection fails, so it is written to until it fails or
    /// answers.
    ///
    /// @return whether to call again
    boolean probe() {
        if (fresh) {
            fresh = false;
            answeredPing = false;
        } else if (answeredPing || paused) {
            probed = false;
        } else {
            ping();
        }
        return probed;
    }

    private void ping() {
        WebSocket open = socket;
        if (open != null && !closing) {
            var unused = open.sendPing(ByteBuffer.allocate(0)).whenComplete((done, failure) -> {
                // IllegalStateException: the one before is not out yet, which silence will tell.
                if (failure != null && Refusals.unwrap(failure) instanceof IOException) {
                    owner.failed(this, failure);
                }
            });
        }
    }

    void abort() {
        closing = true;
        WebSocket open = socket;
        if (open != null) {
            open.abort();
        }
    }

    /// Says good-bye, and ends the connection when the other end has answered, or has not for a second.
    ///
    /// @return done then
    CompletableFuture<@Nullable Void> close(int code) {
        closing = true;
        WebSocket open = socket;
        if (open == null) {
            ended.complete(null);
            return ended;
        }
        var unused = open.sendClose(code, "").whenComplete((done, failure) -> {
            if (failure != null) {
                ended.complete(null);
            }
        });
        // What still comes is read and dropped: the answer stands behind it, and a socket that is closed with
        // something unread takes our own good-bye with it.
        open.request(Long.MAX_VALUE);
        return ended.completeOnTimeout(null, GOODBYE_MILLIS, TimeUnit.MILLISECONDS)
                .whenComplete((done, failure) -> open.abort());
    }
}
