package com.databroker.files;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Signals that wait to be taken: one place for each path, however much is done to it, and a limit to
/// all of them.
///
/// Whoever takes a signal looks at the disk, so of several about one file the last one is enough. Only
/// that a folder went is kept beside what came after it, because what was known below it is void then.
///
/// Any thread may call. Its lock is taken last, and held for moments only.
final class SignalQueue {
    /// Memory for what waits, roughly: a quarter of a million paths of usual length.
    static final long BYTES_MAX = 64 << 20;

    /// Beside the text of the path: objects and places in tables.
    private static final int PLACE_BYTES = 160;

    /// @param folderGone before `last` happened
    private record Place(boolean folderGone, Signal last) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition came = lock.newCondition();
    private final Map<String, Place> places = new LinkedHashMap<>();
    private final long bytesMax;
    private long bytes;
    private boolean overflown;
    private boolean filled;
    private boolean closed;
    private long overflows;

    SignalQueue(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    void offer(Signal signal) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            switch (signal) {
                case Signal.Finished(String path) -> put(path, signal);
                case Signal.Touched(String path) -> put(path, signal);
                case Signal.Gone(String path, boolean folder) -> put(path, signal);
                case Signal.FolderCame(String path) -> put(path, signal);
                case Signal.Overflow() -> overflow();
            }
            came.signal();
        } finally {
            lock.unlock();
        }
    }

    private void put(String path, Signal signal) {
        Place place = places.get(path);
        if (place == null) {
            bytes += cost(path);
            if (bytes > bytesMax) {
                // Everything has to be looked at now, so nothing that waits says anything more.
                places.clear();
                bytes = 0;
                filled = true;
                overflow();
                return;
            }
            places.put(path, new Place(false, signal));
        } else if (signal instanceof Signal.Gone(var ignored, boolean folder) && folder) {
            // To the end: behind all that was said of what is in it.
            places.remove(path);
            places.put(path, new Place(false, signal));
        } else {
            boolean folderGone = place.folderGone || (place.last instanceof Signal.Gone gone && gone.folder());
            boolean known = place.last instanceof Signal.Finished && signal instanceof Signal.Touched;
            places.put(path, new Place(folderGone, known ? place.last : signal));
        }
    }

    private void overflow() {
        // While one waits to be taken, others add nothing.
        overflows += overflown ? 0 : 1;
        overflown = true;
    }

    private static long cost(String path) {
        return PLACE_BYTES + 2L * path.length();
    }

    /// Takes back what waits about anything in a folder; what was said of the folder itself stays.
    void forget(String folder) {
        lock.lock();
        try {
            String inside = folder.isEmpty() ? "" : folder + "/";
            Iterator<String> paths = places.keySet().iterator();
            while (paths.hasNext()) {
                String path = paths.next();
                if (path.startsWith(inside)) {
                    bytes -= cost(path);
                    paths.remove();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// @param max at least 2
    /// @return empty after `timeout` or when closed
    List<Signal> take(int max, Duration timeout) throws InterruptedException {
        if (max < 2) {
            throw new IllegalArgumentException("max is " + max + ", it must be at least 2");
        }
        lock.lockInterruptibly();
        try {
            long nanos = timeout.toNanos();
            while (!closed && !overflown && places.isEmpty() && nanos > 0) {
                nanos = came.awaitNanos(nanos);
            }
            return closed ? List.of() : taken(max);
        } finally {
            lock.unlock();
        }
    }

    private List<Signal> taken(int max) {
        List<Signal> taken = new ArrayList<>();
        if (overflown) {
            overflown = false;
            taken.add(new Signal.Overflow());
        }
        Iterator<Map.Entry<String, Place>> waiting = places.entrySet().iterator();
        while (waiting.hasNext()) {
            Map.Entry<String, Place> next = waiting.next();
            Place place = next.getValue();
            if (taken.size() + (place.folderGone ? 2 : 1) > max) {
                break;
            }
            if (place.folderGone) {
                taken.add(new Signal.Gone(next.getKey(), true));
            }
            taken.add(place.last);
            bytes -= cost(next.getKey());
            waiting.remove();
        }
        return taken;
    }

    /// How often signals were lost, here or by whoever offered an overflow.
    long overflows() {
        lock.lock();
        try {
            return overflows;
        } finally {
            lock.unlock();
        }
    }

    /// Whether there were ever too many here.
    boolean wasFilled() {
        lock.lock();
        try {
            return filled;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            places.clear();
            came.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
