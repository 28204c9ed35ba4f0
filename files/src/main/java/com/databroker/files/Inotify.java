package com.databroker.files;

import com.databroker.core.Utf8;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Watches folders with the kernel's inotify, which tells when a file is closed.
///
/// One thread carries what the kernel tells into a queue of our own, because the kernel's is short. A
/// folder is opened without following a link on the way, and what was opened is watched: there is no
/// moment in which another could be put in its place.
///
/// Not asked for: being told of every single write, which would cost a wake-up each and finish
/// nothing.
///
/// One event, in the order of this machine:
/// ```
/// int    number of the watch
/// int    what happened, as bits
/// int    cookie of a rename
/// int    length of the name with its padding, 0 where it is about the folder itself
/// bytes  name, ended by at least one zero
/// ```
final class Inotify implements FolderWatch {
    static final int ATTRIBUTES = 0x4;
    static final int CLOSED_AFTER_WRITING = 0x8;
    static final int MOVED_FROM = 0x40;
    static final int MOVED_TO = 0x80;
    static final int CREATED = 0x100;
    static final int DELETED = 0x200;
    static final int UNMOUNTED = 0x2000;
    static final int LOST = 0x4000;
    static final int ENDED = 0x8000;
    static final int IS_FOLDER = 0x40000000;

    private static final int ONLY_FOLDERS = 0x1000000;
    private static final int NOT_UNLINKED = 0x4000000;
    private static final int MASK =
            ATTRIBUTES | CLOSED_AFTER_WRITING | MOVED_FROM | MOVED_TO | CREATED | DELETED | ONLY_FOLDERS | NOT_UNLINKED;

    private static final int HEADER_BYTES = 16;
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int PATH_ONLY_FOLDER = Libc.PATH_ONLY | Libc.DIRECTORY;

    /// How long watches that were let go stay for whoever adds the folder again, in milliseconds,
    /// while nothing happens.
    private static final int IDLE_MILLIS = 250;

    /// How many of them are ended when it was quiet so long, and how many when there is other work:
    /// each end is an event, and the kernel's queue is short.
    private static final int ENDS_MAX = 512;

    private static final int ENDS_BESIDE = 64;
    private static final long STOP_MILLIS = 10_000;

    private final SignalQueue queue;
    private final int root;
    private final int inotify;
    private final int wake;
    private final Arena memory;
    private final InotifyCalls reading;
    private final Thread reader;

    /// Taken before the queue's. Fair, or the reader would starve while thousands of folders are added.
    private final ReentrantLock lock = new ReentrantLock(true);

    // All below under the lock.
    private final InotifyCalls calls;
    private final Descriptors descriptors = new Descriptors();
    private boolean closed;
    private boolean watchesUsedUp;
    private boolean eventsLost;
    private long skipped;
    private String why = "";

    private record Opened(int root, int inotify, int wake, Arena memory, InotifyCalls calls) {}

    private Inotify(Opened opened, long queueBytes) {
        this.queue = new SignalQueue(queueBytes);
        this.root = opened.root;
        this.inotify = opened.inotify;
        this.wake = opened.wake;
        this.memory = opened.memory;
        this.calls = opened.calls;
        this.reading = new InotifyCalls(memory, BUFFER_BYTES);
        this.reader = Thread.ofPlatform().name("folder-watch").daemon().unstarted(this::run);
    }

    static FolderWatch open(Path root) throws WatchUnavailable {
        return open(root, SignalQueue.BYTES_MAX);
    }

    /// @param queueBytes memory for signals that wait to be taken
    static Inotify open(Path root, long queueBytes) throws WatchUnavailable {
        if (!Libc.isAvailable()) {
            throw new WatchUnavailable("inotify needs Linux with openat2 and native access", false);
        }
        Inotify watch = new Inotify(opened(root), queueBytes);
        watch.reader.start();
        return watch;
    }

    private static Opened opened(Path root) throws WatchUnavailable {
        Arena memory = Arena.ofShared();
        int folder = -1;
        int wake = -1;
        int inotify = -1;
        try {
            InotifyCalls calls = new InotifyCalls(memory, Long.BYTES);
            folder = Libc.openFolder(root.toString());
            wake = must(calls.createWake(), "eventfd");
            // After the others, so that it is not the process that has no descriptors left.
            inotify = must(calls.create(), "inotify_init1");
            // Finds out whether /proc is there.
            must(
                    calls.remove(inotify, must(calls.add(inotify, folder, MASK), "inotify_add_watch")),
                    "inotify_rm_watch");
            return new Opened(folder, inotify, wake, memory, calls);
        } catch (IOException | RuntimeException | LinkageError refused) {
            close(folder, wake, inotify);
            memory.close();
            if (refused instanceof WatchUnavailable unavailable) {
                throw unavailable;
            }
            throw new WatchUnavailable("inotify: " + refused, false);
        }
    }

    private static int must(int result, String call) throws WatchUnavailable {
        if (result >= 0) {
            return result;
        }
        boolean usedUp = call.equals("inotify_init1") && result == -InotifyCalls.EMFILE;
        throw new WatchUnavailable(
                usedUp ? "the limit " + Limit.INSTANCES.setting() + " is reached" : call + ": error " + -result,
                usedUp);
    }

    private static void close(int... files) {
        for (int file : files) {
            if (file >= 0) {
                Libc.close(file);
            }
        }
    }

    @Override
    public Added add(String folder) {
        // A zero would end the path for the kernel.
        if (WatchedFolders.isHidden(folder) || folder.indexOf('\0') >= 0) {
            return Added.NO_FOLDER;
        }
        lock.lock();
        try {
            return closed ? Added.REFUSED : addOpen(folder);
        } finally {
            lock.unlock();
        }
    }

    private Added addOpen(String folder) {
        int opened;
        try {
            opened = Libc.openBeneath(root, folder, PATH_ONLY_FOLDER);
        } catch (NoSuchFileException | NotDirectoryException none) {
            return Added.NO_FOLDER;
        } catch (IOException refused) {
            why = "folder \"" + folder + "\": " + refused;
            return Added.REFUSED;
        }
        try {
            int descriptor = calls.add(inotify, opened, MASK);
            if (descriptor == -InotifyCalls.ENOSPC && descriptors.hasIdle()) {
                end(calls, ENDS_MAX);
                descriptor = calls.add(inotify, opened, MASK);
            }
            return added(folder, descriptor);
        } finally {
            Libc.close(opened);
        }
    }

    private Added added(String folder, int descriptor) {
        watchesUsedUp = descriptor == -InotifyCalls.ENOSPC;
        if (descriptor >= 0) {
            // The lock is held since before the kernel knew of it: its first event finds the folder here.
            descriptors.put(descriptor, folder);
            return Added.WATCHED;
        }
        if (descriptor == -InotifyCalls.ENOENT || descriptor == -InotifyCalls.ENOTDIR) {
            return Added.NO_FOLDER;
        }
        why = "folder \"" + folder + "\": "
                + (watchesUsedUp
                        ? "the limit " + Limit.WATCHES.setting() + " is reached"
                        : "inotify_add_watch: error " + -descriptor);
        return Added.REFUSED;
    }

    @Override
    public void forget(String folder) {
        lock.lock();
        try {
            if (!closed && descriptors.letGo(folder) > 0) {
                // With the lock, which the reader holds while it offers: nothing slips in behind.
                queue.forget(folder);
                calls.wake(wake);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Signal> take(int max, Duration timeout) throws InterruptedException {
        return queue.take(max, timeout);
    }

    @Override
    public State state() {
        lock.lock();
        try {
            Set<Limit> limits = EnumSet.noneOf(Limit.class);
            if (watchesUsedUp) {
                limits.add(Limit.WATCHES);
            }
            if (eventsLost) {
                limits.add(Limit.QUEUED_EVENTS);
            }
            if (queue.wasFilled()) {
                limits.add(Limit.SIGNALS);
            }
            return new State(Kind.INOTIFY, descriptors.size(), limits, queue.overflows(), skipped, why);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                calls.wake(wake);
            }
        } finally {
            lock.unlock();
        }
        queue.close();
        try {
            reader.join(STOP_MILLIS);
        } catch (InterruptedException stopped) {
            // It ends all the same.
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!isClosed()) {
                int ready = reading.await(inotify, wake, hasIdle() ? IDLE_MILLIS : -1);
                if (ready > 0 && reading.secondIsReady()) {
                    // Its count: it shall not wake us again.
                    int ignored = reading.read(wake);
                }
                read(ready);
            }
        } catch (RuntimeException | Error failed) {
            fail(failed);
            throw failed;
        } finally {
            release();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasIdle() {
        lock.lock();
        try {
            return descriptors.hasIdle();
        } finally {
            lock.unlock();
        }
    }

    /// @param ready what the wait returned: 0 when nothing happened
    private void read(int ready) {
        boolean any = ready > 0 && reading.firstIsReady();
        int length = any ? reading.read(inotify) : 0;
        if (length < 0 && length != -InotifyCalls.EAGAIN && length != -InotifyCalls.EINTR) {
            throw new IllegalStateException("inotify: error " + -length);
        }
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (length > 0) {
                tell(reading.bytes(length));
                end(reading, ENDS_BESIDE);
            } else if (ready == 0) {
                end(reading, ENDS_MAX);
            }
        } finally {
            lock.unlock();
        }
    }

    private void end(InotifyCalls by, int max) {
        for (int descriptor : descriptors.end(max)) {
            // Refused where the folder is gone: then the kernel has said its last word already, and it is in the queue.
            int ignored = by.remove(inotify, descriptor);
        }
    }

    private void tell(ByteBuffer events) {
        while (events.remaining() >= HEADER_BYTES) {
            int descriptor = events.getInt();
            int mask = events.getInt();
            int next = events.position() + 2 * Integer.BYTES + events.getInt(events.position() + Integer.BYTES);
            events.position(events.position() + 2 * Integer.BYTES);
            if ((mask & LOST) != 0) {
                eventsLost = true;
                descriptors.lost();
                queue.offer(new Signal.Overflow());
            } else if ((mask & ENDED) != 0) {
                // A folder's end is told by the folder around it. Nothing is around the root.
                String folder = descriptors.ended(descriptor);
                if (folder != null && folder.isEmpty()) {
                    queue.offer(new Signal.Overflow());
                }
            } else {
                String folder = descriptors.heard(descriptor);
                if (folder != null) {
                    tell(folder, mask, events.slice(events.position(), next - events.position()));
                }
            }
            events.position(next);
        }
    }

    private void tell(String folder, int mask, ByteBuffer name) {
        if ((mask & UNMOUNTED) != 0) {
            queue.offer(new Signal.Overflow());
            return;
        }
        if (!name.hasRemaining() || name.get(0) == '.') {
            return;
        }
        String text = text(name);
        if (text == null) {
            skipped++;
            return;
        }
        String path = WatchedFolders.child(folder, text);
        if ((mask & IS_FOLDER) != 0) {
            tellFolder(path, mask);
        } else if ((mask & (CLOSED_AFTER_WRITING | MOVED_TO)) != 0) {
            queue.offer(new Signal.Finished(path));
        } else if ((mask & (CREATED | ATTRIBUTES)) != 0) {
            queue.offer(new Signal.Touched(path));
        } else if ((mask & (DELETED | MOVED_FROM)) != 0) {
            queue.offer(new Signal.Gone(path, false));
        }
    }

    private void tellFolder(String path, int mask) {
        if ((mask & (DELETED | MOVED_FROM)) != 0) {
            // Before anybody can be told of it: what comes from it now would come under a path that is another's.
            descriptors.letGo(path);
            queue.offer(new Signal.Gone(path, true));
        } else if ((mask & (CREATED | MOVED_TO)) != 0) {
            queue.offer(new Signal.FolderCame(path));
        }
    }

    /// @return null where it is not UTF-8
    private static @Nullable String text(ByteBuffer name) {
        int length = 0;
        while (length < name.limit() && name.get(length) != 0) {
            length++;
        }
        byte[] bytes = new byte[length];
        name.get(0, bytes);
        return Utf8.decode(bytes, 0, length);
    }

    private void fail(Throwable failed) {
        lock.lock();
        try {
            closed = true;
            why = "the reader failed: " + failed;
        } finally {
            lock.unlock();
        }
        queue.offer(new Signal.Overflow());
    }

    private void release() {
        lock.lock();
        try {
            close(inotify, wake, root);
            memory.close();
        } finally {
            lock.unlock();
        }
    }
}
