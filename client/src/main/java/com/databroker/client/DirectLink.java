package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A link over a WebSocket of its own, CBOR on it, where neither TLS nor a proxy stands between.
///
/// Whoever asks writes to the socket itself, and takes along what others ask meanwhile; it never waits for the
/// other end. One thread reads and tells the owner: that of the link, or, where one waits for an answer after the
/// other, whoever waits ([#help]), so that no thread is woken in between.
final class DirectLink implements ObjectLink, Frames.Owner {
    private static final long BYTES_MAX = 64L << 20;
    private static final int TOGETHER_MAX = 64;
    private static final int KEYS_AT_ONCE = 256;
    private static final int ABNORMAL = 1006;
    private static final int NORMAL = 1000;
    private static final long GOODBYE_MILLIS = 1000;

    /// How long the thread of the link stands aside at first, and at most. News wait so long when nobody asks any more,
    /// and to look more often would cost more than a call saves.
    private static final long LINGER_MILLIS = 2;

    private static final long LINGER_MILLIS_MAX = 16;

    /// A deadline fails an answer without a word to the socket: whoever reads looks so often.
    private static final long HELP_MILLIS = 50;

    private final Settings settings;
    private final ObjectLink.Owner owner;
    private final URI uri;
    private final Frames frames = new Frames(this, ObjectMessages.ANSWER_MAX);
    private final SecureRandom random;

    // Guards what follows.
    private final Object lock = new Object();
    private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
    private ByteBuffer keys = ByteBuffer.allocate(0);
    private long bytes;
    private boolean open;
    private boolean ended;
    private @Nullable SocketChannel channel;
    private @Nullable Selector selector;
    private @Nullable SelectionKey key;

    /// Somebody waited for an answer who would have read it.
    private boolean wanted;

    /// The thread of the link does not read.
    private boolean lent;

    /// Somebody who waits for an answer reads.
    private boolean borrowed;

    /// More than one waits for an answer.
    private boolean needed;

    /// Somebody has read since the thread of the link looked last.
    private boolean used;

    /// What failed while somebody else read.
    private @Nullable Throwable failure;

    /// Whether somebody writes.
    private final AtomicBoolean writing = new AtomicBoolean();

    private DirectLink(Settings settings, ObjectLink.Owner owner, URI uri, SecureRandom random) {
        this.settings = settings;
        this.owner = owner;
        this.uri = uri;
        this.random = random;
    }

    static Opener opener(Settings settings, URI uri) {
        SecureRandom random = new SecureRandom();
        return owner -> {
            DirectLink link = new DirectLink(settings, owner, uri, random);
            Thread thread = new Thread(link::run, "databroker-objects");
            thread.setDaemon(true);
            thread.start();
            return link;
        };
    }

    private void run() {
        try (SocketChannel its = SocketChannel.open()) {
            if (!begin(its)) {
                return;
            }
            connect(its);
            try (Selector selecting = Selector.open()) {
                its.configureBlocking(false);
                if (!opened(its.register(selecting, SelectionKey.OP_READ), selecting)) {
                    return;
                }
                owner.opened(this);
                flush();
                read(its, selecting);
            }
        } catch (ProblemException refused) {
            end(refused, Refusals.isFinal(refused.problem()));
        } catch (IOException | CancelledKeyException broken) {
            end(Refusals.unavailable("the connection broke", broken), false);
        } catch (RuntimeException | Error failed) {
            end(Refusals.unavailable("the connection failed", failed), false);
            throw failed;
        }
    }

    private boolean begin(SocketChannel its) {
        synchronized (lock) {
            channel = its;
            return !ended;
        }
    }

    private void connect(SocketChannel its) throws IOException {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        InetSocketAddress address = new InetSocketAddress(uri.getHost(), port);
        if (address.isUnresolved()) {
            throw new UnknownHostException(uri.getHost());
        }
        int patience = (int) Math.min(Integer.MAX_VALUE, settings.timeout().toMillis());
        its.setOption(StandardSocketOptions.TCP_NODELAY, true);
        its.socket().connect(address, patience);
        its.socket().setSoTimeout(patience);
        byte[] nonce = new byte[16];
        random.nextBytes(nonce);
        Handshake handshake = new Handshake();
        handshake.shake(its.socket(), uri, ObjectMessages.CBOR.subprotocol(), settings.token(), nonce);
        handshake.rest(frames);
    }

    private boolean opened(SelectionKey its, Selector selecting) {
        synchronized (lock) {
            key = its;
            selector = selecting;
            open = !ended;
            return open;
        }
    }

    private void read(SocketChannel its, Selector selecting) throws IOException {
        long goodbye = Long.MAX_VALUE;
        while (its.isOpen()) {
            lend();
            // Who has said good-bye waits a moment for the answer, whatever else still comes.
            boolean leaving = isEnded();
            goodbye = Math.min(goodbye, leaving ? settings.clock().millis() + GOODBYE_MILLIS : Long.MAX_VALUE);
            int ready = select(selecting, leaving ? GOODBYE_MILLIS : 0);
            boolean late = leaving && (ready == 0 || settings.clock().millis() > goodbye);
            if (late || !frames.read(its::read)) {
                break;
            }
        }
        end(new ProblemException(Problem.UNAVAILABLE, "the connection was closed by the other end"), false);
    }

    /// Waits until there is something to read, and writes when there is room.
    private int select(Selector selecting, long millis) throws IOException {
        return selecting.select(
                one -> {
                    if (one.isValid() && one.isWritable()) {
                        flush();
                    }
                },
                millis);
    }

    /// Leaves reading to those who wait for answers, as long as they come one soon after the other. The longer that
    /// goes on, the less often it is looked at.
    private void lend() {
        Throwable failed;
        synchronized (lock) {
            lent = wanted && open && !ended;
            wanted = false;
            long linger = LINGER_MILLIS;
            while (lent || borrowed) {
                used = false;
                try {
                    lock.wait(linger);
                } catch (InterruptedException nobodyInterruptsThisThread) {
                    lent = false;
                }
                lent = lent && (used || borrowed);
                linger = Math.min(LINGER_MILLIS_MAX, 2 * linger);
            }
            failed = failure;
        }
        if (failed instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (failed instanceof Error error) {
            throw error;
        }
    }

    /// Under the lock: the thread of the link reads again, as soon as nobody else does.
    private void takeBack() {
        if (lent) {
            lent = false;
            lock.notifyAll();
        }
    }

    @Override
    public void help(CompletableFuture<?> answer, boolean alone) {
        // One that waits for a socket would keep others from the thread that carries it.
        boolean virtual =
                "VirtualThreads".equals(Thread.currentThread().getThreadGroup().getName());
        if (!borrow(alone && !virtual)) {
            return;
        }
        try {
            readUntil(answer);
        } catch (IOException | CancelledKeyException broken) {
            // The thread of the link finds the same.
        } catch (RuntimeException | Error failed) {
            synchronized (lock) {
                failure = failed;
            }
        } finally {
            synchronized (lock) {
                borrowed = false;
                used = true;
                if (needed || !answer.isDone()) {
                    lent = false;
                }
                if (!lent) {
                    lock.notifyAll();
                }
            }
        }
    }

    private boolean borrow(boolean alone) {
        synchronized (lock) {
            if (alone && lent && !borrowed) {
                borrowed = true;
                needed = false;
                return true;
            }
            wanted = alone;
            needed = borrowed;
            if (!borrowed) {
                takeBack();
            }
            return false;
        }
    }

    private void readUntil(CompletableFuture<?> answer) throws IOException {
        while (!answer.isDone()) {
            SocketChannel its;
            Selector selecting;
            synchronized (lock) {
                its = channel;
                selecting = selector;
                if (!lent || its == null || selecting == null) {
                    return;
                }
            }
            select(selecting, HELP_MILLIS);
            // A thread that is interrupted would close the connection by reading; one that has its answer reads no
            // more.
            if (Thread.currentThread().isInterrupted() || !frames.read(into -> answer.isDone() ? 0 : its.read(into))) {
                return;
            }
        }
    }

    private boolean isEnded() {
        synchronized (lock) {
            return ended;
        }
    }

    @Override
    public void send(ObjectMessage.Request request) {
        send(Frames.BINARY, ObjectMessages.CBOR.encode(request).asReadOnlyBuffer());
    }

    private void send(int opcode, ByteBuffer payload) {
        boolean full;
        synchronized (lock) {
            full = bytes + payload.remaining() > BYTES_MAX;
            if (!full && !ended) {
                put(opcode, payload);
            }
        }
        if (full) {
            // Nobody takes anything: the thread that reads finds the connection at its end.
            shut();
        }
    }

    /// Under the lock.
    private void put(int opcode, ByteBuffer payload) {
        if (!keys.hasRemaining()) {
            byte[] fresh = new byte[KEYS_AT_ONCE * Integer.BYTES];
            random.nextBytes(fresh);
            keys = ByteBuffer.wrap(fresh);
        }
        ByteBuffer frame = Frames.masked(opcode, payload, keys.getInt());
        waiting.add(frame);
        bytes += frame.remaining();
    }

    /// Writes what waits, as far as the socket takes it; the thread that reads goes on with the rest when there is
    /// room.
    /// Who comes while somebody writes leaves it to that one.
    @Override
    public void flush() {
        boolean more = true;
        while (more && isWaiting() && writing.compareAndSet(false, true)) {
            try {
                more = write();
            } catch (IOException | CancelledKeyException broken) {
                more = false;
                shut();
            } finally {
                writing.set(false);
            }
        }
    }

    private boolean isWaiting() {
        synchronized (lock) {
            return open && !waiting.isEmpty();
        }
    }

    /// @return whether the socket takes more
    private boolean write() throws IOException {
        while (true) {
            ByteBuffer[] some;
            SocketChannel its;
            synchronized (lock) {
                its = channel;
                if (!open || its == null || waiting.isEmpty()) {
                    wantsRoom(false);
                    return true;
                }
                some = waiting.size() == 1
                        ? new ByteBuffer[] {waiting.element()}
                        : waiting.stream().limit(TOGETHER_MAX).toArray(ByteBuffer[]::new);
            }
            long written = some.length == 1 ? its.write(some[0]) : its.write(some);
            synchronized (lock) {
                bytes -= written;
                while (!waiting.isEmpty() && !waiting.element().hasRemaining()) {
                    waiting.remove();
                }
                if (some[some.length - 1].hasRemaining()) {
                    wantsRoom(true);
                    return false;
                }
            }
        }
    }

    /// Under the lock: whether the thread that reads is to be told when there is room for more.
    private void wantsRoom(boolean wants) {
        SelectionKey its = key;
        int ops = wants ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (its != null && its.interestOps() != ops) {
            its.interestOps(ops);
            its.selector().wakeup();
        }
    }

    @Override
    public void message(Bytes whole) {
        if (isEnded()) {
            return;
        }
        ObjectMessage frame;
        try {
            frame = ObjectMessages.CBOR.decodeAnswer(whole);
        } catch (ProblemException malformed) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "the broker's message cannot be read: " + malformed.detail());
        }
        owner.received(this, frame);
    }

    @Override
    public void ping(byte[] payload) {
        send(Frames.PONG, ByteBuffer.wrap(payload));
        flush();
    }

    @Override
    public void closed(int code, String reason) {
        ProblemException why = Refusals.ofClose(code, reason);
        sayGoodbye(code == 1005 || code == ABNORMAL ? NORMAL : code);
        end(why, Refusals.isFinal(code));
        shut();
    }

    /// The last frame.
    private void sayGoodbye(int code) {
        synchronized (lock) {
            if (open && !ended) {
                put(Frames.CLOSE, Frames.closing(code));
            }
        }
        flush();
    }

    /// Where the other end breaks the protocol it hears so, as far as it still listens.
    private void end(ProblemException why, boolean last) {
        if (why.problem() == Problem.MESSAGE_INVALID || why.problem() == Problem.PAYLOAD_TOO_LARGE) {
            sayGoodbye(why.problem().closeCode());
        }
        synchronized (lock) {
            if (ended) {
                return;
            }
            ended = true;
            takeBack();
        }
        owner.lost(this, why, last);
    }

    @Override
    public void close() {
        sayGoodbye(NORMAL);
        boolean polite;
        Selector selecting;
        synchronized (lock) {
            polite = open && !ended;
            ended = true;
            takeBack();
            selecting = selector;
        }
        if (polite && selecting != null) {
            selecting.wakeup();
        } else {
            shut();
        }
    }

    /// Whoever reads finds the end.
    private void shut() {
        SocketChannel its;
        Selector selecting;
        synchronized (lock) {
            open = false;
            takeBack();
            its = channel;
            selecting = selector;
        }
        try {
            if (its != null) {
                its.close();
            }
        } catch (IOException closedAnyway) {
            // Nothing is read or written any more.
        }
        if (selecting != null) {
            selecting.wakeup();
        }
    }
}
