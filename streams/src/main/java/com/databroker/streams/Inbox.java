package com.databroker.streams;

import com.databroker.core.Span;
import com.databroker.core.Text;
import com.databroker.core.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files that wait to be taken into one stream, and the thread that takes them, one after the other.
///
/// A file that fails for a reason of ours is tried again, for ever, later each time; meanwhile the others wait, so
/// that nothing overtakes. A file that was taken before costs a look at its cursor.
final class Inbox implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);
    private static final Duration PAUSE_FIRST = Duration.ofMillis(200);
    private static final Duration PAUSE_MOST = Duration.ofMinutes(1);

    private final Source source;
    private final Ingest ingest;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, InboxFile> waiting = new LinkedHashMap<>();
    private final Thread thread;
    private boolean closed;
    private @Nullable InboxFile taking;

    Inbox(Source source, Ingest ingest, InstantSource clock) {
        this.source = source;
        this.ingest = ingest;
        this.clock = clock;
        thread = Thread.ofPlatform().daemon().name("inbox-" + source.name()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Adds a file; a newer one of the same path replaces it.
    void offer(InboxFile file) {
        lock.lock();
        try {
            waiting.remove(file.path());
            waiting.put(file.path(), file);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// How many wait or are being taken.
    int waiting() {
        lock.lock();
        try {
            return waiting.size() + (taking == null ? 0 : 1);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Duration pause = PAUSE_FIRST;
        try {
            for (InboxFile file = next(); file != null; file = next()) {
                if (take(file)) {
                    pause = PAUSE_FIRST;
                    done();
                } else {
                    putBack(file, pause);
                    pause = pause.multipliedBy(2).compareTo(PAUSE_MOST) < 0 ? pause.multipliedBy(2) : PAUSE_MOST;
                }
            }
        } catch (InterruptedException end) {
            // The plane closes; what waits is found again at the next start.
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable InboxFile next() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.await();
            }
            if (closed) {
                return null;
            }
            InboxFile first = waiting.values().iterator().next();
            waiting.remove(first.path());
            taking = first;
            return first;
        } finally {
            lock.unlock();
        }
    }

    private void done() {
        lock.lock();
        try {
            taking = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void putBack(InboxFile file, Duration pause) throws InterruptedException {
        lock.lock();
        try {
            taking = null;
            if (!waiting.containsKey(file.path())) {
                waiting.put(file.path(), file);
            }
            if (!closed) {
                long nanos = pause.toNanos();
                while (nanos > 0 && !closed) {
                    nanos = changed.awaitNanos(nanos);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// @return false where it should be tried again
    private boolean take(InboxFile file) {
        if (file.traceParent().isEmpty()) {
            return taken(file);
        }
        try (Span span = Trace.door("streams.ingest", Span.Kind.INTERNAL, file.traceParent(), null)) {
            span.put("databroker.stream", source.name());
            return Trace.ask(span, () -> taken(file));
        }
    }

    private boolean taken(InboxFile file) {
        if (ingest.progress(file.sha256()).done()) {
            return true;
        }
        try (InputStream bytes = file.bytes().open()) {
            Body body = new Body(file.sha256(), file.path(), Map.of(), clock.instant(), bytes);
            Ingest.Progress progress = ingest.take(body);
            LOG.atInfo()
                    .addKeyValue("stream", source.name())
                    .addKeyValue("path", file.path())
                    .addKeyValue("records", progress.records())
                    .addKeyValue("rejected", progress.rejected())
                    .log("a file was taken in");
            return true;
        } catch (NoSuchFileException gone) {
            // Deleted, or replaced by one that is offered itself.
            return true;
        } catch (IOException | RuntimeException failed) {
            LOG.atWarn()
                    .addKeyValue("stream", source.name())
                    .addKeyValue("path", file.path())
                    .addKeyValue("reason", Text.excerpt(String.valueOf(failed.getMessage())))
                    .log("a file was not taken in, and is tried again");
            return false;
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
