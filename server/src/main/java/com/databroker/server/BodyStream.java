package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A request body as a blocking stream: the loop fills a bounded queue, a virtual thread reads it, and the socket is
/// not
/// read while the queue is full.
///
/// A body that drips is refused: after a grace period the average must keep up with the least rate.
final class BodyStream extends BulkInput {
    private static final int QUEUE_BYTES = 512 << 10;
    private static final long GRACE_NANOS = 10_000_000_000L;
    static final long CHECK_MILLIS = 1000;

    private final HttpServerRequest request;
    private final long bytesPerSecondMin;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<byte[]> queue = new ArrayDeque<>();
    private int queued;
    private boolean paused;
    private boolean ended;
    private @Nullable Throwable failure;
    private Runnable whenComplete = () -> {};
    private byte[] current = {};
    private int position;
    private long received;
    private long waitedNanos;

    /// Must be made on the loop, before the request is resumed.
    BodyStream(HttpServerRequest request, long bytesPerSecondMin) {
        this.request = request;
        this.bytesPerSecondMin = bytesPerSecondMin;
        request.handler(this::arrived);
        request.endHandler(end -> signal(null));
        request.exceptionHandler(this::signal);
        // Vert.x does not tell where the broker itself ends the connection.
        ((HttpServerConnection) request.connection())
                .channelHandlerContext()
                .channel()
                .closeFuture()
                .addListener(closed -> signal(new ClosedChannelException()));
    }

    /// Has `check` run, and thrown where it must, when the body has come to its good end.
    void whenComplete(Runnable check) {
        whenComplete = check;
    }

    private void arrived(Buffer part) {
        lock.lock();
        try {
            byte[] bytes = part.getBytes();
            received += bytes.length;
            queue.add(bytes);
            queued += bytes.length;
            if (queued > QUEUE_BYTES && !paused) {
                paused = true;
                request.pause();
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void signal(@Nullable Throwable broken) {
        lock.lock();
        try {
            if (!ended) {
                ended = true;
                failure = broken;
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (position == current.length && !next()) {
            whenComplete.run();
            return -1;
        }
        int count = Math.min(length, current.length - position);
        System.arraycopy(current, position, into, offset, count);
        position += count;
        return count;
    }

    /// Bytes that are here already.
    @Override
    public int available() {
        lock.lock();
        try {
            return current.length - position + queued;
        } finally {
            lock.unlock();
        }
    }

    private boolean next() throws IOException {
        lock.lock();
        try {
            while (queue.isEmpty()) {
                if (failure != null) {
                    throw new ProblemException(
                            Problem.BODY_INCOMPLETE, "the connection ended within the body", failure);
                }
                if (ended) {
                    return false;
                }
                await();
            }
            current = queue.remove();
            position = 0;
            queued -= current.length;
            if (paused && queued < QUEUE_BYTES / 2) {
                paused = false;
                request.resume();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    // The caller's loop looks again after every wake-up, a spurious one included.
    @SuppressWarnings("WaitNotInLoop")
    private void await() throws IOException {
        long budget = CHECK_MILLIS * 1_000_000;
        try {
            long left = changed.awaitNanos(budget);
            waitedNanos += budget - Math.max(left, 0);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("the broker is stopping", stopped);
        }
        // Only time spent waiting for the client counts, not the disk's.
        if (isTooSlow(received, waitedNanos, bytesPerSecondMin)) {
            throw tooSlow(bytesPerSecondMin);
        }
    }

    static boolean isTooSlow(long received, long waitedNanos, long bytesPerSecondMin) {
        long counted = waitedNanos - GRACE_NANOS;
        return counted > 0 && received < bytesPerSecondMin * (counted / 1_000_000_000L);
    }

    static ProblemException tooSlow(long bytesPerSecondMin) {
        return new ProblemException(
                Problem.REQUEST_TIMEOUT,
                "the body came with less than " + bytesPerSecondMin + " bytes a second (limit http.body-rate-min)");
    }
}
