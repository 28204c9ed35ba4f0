package com.databroker.sources;

import com.databroker.streams.Receiver;
import com.databroker.streams.Reception;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens for name servers that send dnstap, each over a connection of its own with a thread of its own.
///
/// A frame is taken when it is in the spool: a server's STOP is answered only then. All frames go into one
/// Frame Stream, since each says by itself who sent it.
final class DnstapReceiver implements Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(DnstapReceiver.class);
    /// With what a Frame Stream begins.
    private static final byte[] START = FrameStream.control(FrameStream.Kind.START, FrameStream.DNSTAP);

    private static final int BUFFER = 256 << 10;
    private static final Duration GREETING_MOST = Duration.ofSeconds(10);

    private final String name;
    private final DnstapAddress address;
    private final int connectionsMax;
    private final long spoolMax;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong refused = new AtomicLong();
    private volatile @Nullable ServerSocketChannel server;
    private volatile String trouble = "";
    private volatile boolean closed;

    DnstapReceiver(String name, DnstapAddress address, int connectionsMax, long spoolMax) {
        this.name = name;
        this.address = address;
        this.connectionsMax = connectionsMax;
        this.spoolMax = spoolMax;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String stream() {
        return "dns";
    }

    @Override
    public long spoolMax() {
        return spoolMax;
    }

    @Override
    public void receive(Reception to) throws IOException {
        try (DnstapAddress.Bound bound = address.bind()) {
            server = bound.channel();
            if (closed) {
                return;
            }
            tell(to, bound);
            accept(to, bound);
        } finally {
            server = null;
            connections.forEach(Connection::close);
            connections.forEach(Connection::join);
        }
    }

    private void accept(Reception to, DnstapAddress.Bound bound) throws IOException {
        while (!closed) {
            SocketChannel channel;
            try {
                channel = bound.channel().accept();
            } catch (IOException ended) {
                if (closed) {
                    return;
                }
                throw ended;
            }
            if (connections.size() >= connectionsMax) {
                refused.incrementAndGet();
                trouble = "more than " + connectionsMax + " connections (limit connections-max)";
                channel.close();
            } else {
                Connection connection = new Connection(channel, to, bound);
                connections.add(connection);
                connection.thread.start();
            }
            tell(to, bound);
        }
    }

    private void tell(Reception to, DnstapAddress.Bound bound) {
        String wrong = trouble;
        to.note("at " + bound.text() + ", connections " + connections.size()
                + (refused.get() == 0 ? "" : ", refused " + refused.get())
                + (wrong.isEmpty() ? "" : "; last trouble: " + wrong));
    }

    @Override
    public void close() {
        closed = true;
        ServerSocketChannel listening = server;
        if (listening != null) {
            try {
                listening.close();
            } catch (IOException failed) {
                LOG.atDebug().setCause(failed).log("a socket did not close cleanly");
            }
        }
    }

    /// One server that sends.
    private final class Connection {
        private final SocketChannel channel;
        private final Reception to;
        private final DnstapAddress.Bound bound;
        private final Thread thread;
        private final byte[] buffer = new byte[BUFFER];
        private int filled;
        private int frames;

        Connection(SocketChannel channel, Reception to, DnstapAddress.Bound bound) {
            this.channel = channel;
            this.to = to;
            this.bound = bound;
            thread = Thread.ofPlatform().daemon().name("dnstap-" + name).unstarted(this::run);
        }

        private void run() {
            try (channel;
                    InputStream in = Channels.newInputStream(channel);
                    OutputStream out = Channels.newOutputStream(channel)) {
                FrameStreamReceiver receiver = new FrameStreamReceiver(in, out, FrameStream.DNSTAP);
                // Whoever connects and says nothing must not hold a place for ever.
                Thread.ofVirtual().start(() -> watch(receiver));
                receive(receiver);
                if (!receiver.refusal().isEmpty()) {
                    trouble = receiver.refusal();
                }
            } catch (IOException broken) {
                if (!closed) {
                    trouble = "a connection broke: " + broken.getMessage();
                }
            } finally {
                flush();
                connections.remove(this);
                tell(to, bound);
            }
        }

        private void receive(FrameStreamReceiver receiver) throws IOException {
            while (receiver.next()) {
                FrameStream frame = receiver.frames();
                add(frame.array(), frame.offset(), frame.length());
                if (!frame.holdsData()) {
                    // Whatever comes next, waiting or answering a STOP: what came must be safe before.
                    flush();
                }
            }
        }

        private void add(byte[] bytes, int offset, int length) {
            if (filled + 4 + length > BUFFER) {
                flush();
            }
            FrameStream.putInt(buffer, filled, length);
            System.arraycopy(bytes, offset, buffer, filled + 4, length);
            filled += 4 + length;
            frames++;
        }

        private void flush() {
            if (frames > 0) {
                to.take(buffer, 0, filled, frames, START);
                filled = 0;
                frames = 0;
            }
        }

        private void watch(FrameStreamReceiver receiver) {
            try {
                if (!thread.join(GREETING_MOST) && !receiver.isStarted()) {
                    trouble = "a connection did not begin within " + GREETING_MOST.toSeconds() + " s";
                    close();
                }
            } catch (InterruptedException never) {
                Thread.currentThread().interrupt();
            }
        }

        void close() {
            try {
                channel.close();
            } catch (IOException failed) {
                LOG.atDebug().setCause(failed).log("a connection did not close cleanly");
            }
        }

        void join() {
            try {
                thread.join();
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
