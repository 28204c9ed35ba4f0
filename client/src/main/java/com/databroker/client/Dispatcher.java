package com.databroker.client;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// The one thread that calls listeners, and the bounded queue before it.
///
/// The queue never refuses what has been read from the connection; it says that it is [#isFull], and whoever
/// reads then stops until it hears of room.
final class Dispatcher implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("com.databroker.client");

    private record Item(Runnable call, int bytes) {}

    private final Object lock = new Object();
    private final Queue<Item> queue = new ArrayDeque<>();
    private final int itemsMax;
    private final long bytesMax;
    private final Runnable room;
    private long bytes;
    private boolean awaited;
    private boolean closed;
    private @Nullable Thread thread;

    /// @param room called, without a lock held, when half of a full queue is free again
    Dispatcher(int itemsMax, long bytesMax, Runnable room) {
        this.itemsMax = itemsMax;
        this.bytesMax = bytesMax;
        this.room = room;
    }

    void add(int weight, Runnable call) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            queue.add(new Item(call, weight));
            bytes += weight;
            if (thread == null) {
                thread = new Thread(this::run, "databroker-listeners");
                thread.setDaemon(true);
                thread.start();
            }
            lock.notifyAll();
        }
    }

    /// Adds what may be left out, unless the listeners are far behind: news of the connection must not pile up.
    void addIfRoom(Runnable call) {
        synchronized (lock) {
            if (queue.size() < itemsMax) {
                add(0, call);
            }
        }
    }

    /// Whether to stop reading; if so, the end of that will be told.
    boolean isFull() {
        synchronized (lock) {
            awaited = queue.size() >= itemsMax || bytes >= bytesMax;
            return awaited;
        }
    }

    private void run() {
        for (Item item = next(); item != null; item = next()) {
            try {
                item.call().run();
            } catch (RuntimeException | Error thrown) {
                LOG.log(Level.WARNING, "a listener failed; the next event follows", thrown);
            }
            if (hasRoomAgain(item)) {
                room.run();
            }
        }
    }

    private @Nullable Item next() {
        synchronized (lock) {
            while (queue.isEmpty() && !closed) {
                try {
                    lock.wait();
                } catch (InterruptedException stray) {
                    // A listener's code interrupted its own thread; only close() ends this one.
                    LOG.log(Level.DEBUG, "interrupt of the listener thread ignored", stray);
                }
            }
            return closed ? null : queue.remove();
        }
    }

    private boolean hasRoomAgain(Item done) {
        synchronized (lock) {
            bytes -= done.bytes();
            boolean tell = awaited && queue.size() <= itemsMax / 2 && bytes <= bytesMax / 2;
            awaited &= !tell;
            return tell;
        }
    }

    /// Drops what waits. The call under way ends by itself, so a listener may close its client.
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            queue.clear();
            lock.notifyAll();
        }
    }
}
