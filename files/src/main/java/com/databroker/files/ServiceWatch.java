package com.databroker.files;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/// Watches folders with what every JDK has. It does not see files being closed, so nothing is ever
/// finished here.
///
/// One thread carries what the service tells into a queue of our own, because the service keeps few
/// events for each folder. The service takes paths and follows links; links are looked for before and
/// after, which a program that swaps folders for links fast enough can get around: then names outside
/// the root are told, and never a content.
final class ServiceWatch implements FolderWatch {
    private static final long STOP_MILLIS = 10_000;

    /// What Java makes of bytes that are no text in the file system's encoding.
    private static final char NO_TEXT = '\uFFFD';

    private final SignalQueue queue;
    private final Path root;
    private final WatchService service;
    private final Thread reader;

    /// Taken before the queue's. Fair, or the reader would starve while thousands of folders are added.
    private final ReentrantLock lock = new ReentrantLock(true);

    // All below under the lock.
    private final WatchedFolders<WatchKey> folders = new WatchedFolders<>();
    private boolean closed;
    private boolean watchesUsedUp;
    private long skipped;
    private String why = "";

    private ServiceWatch(Path root, WatchService service, long queueBytes) {
        this.queue = new SignalQueue(queueBytes);
        this.root = root;
        this.service = service;
        this.reader = Thread.ofPlatform().name("folder-watch").daemon().unstarted(this::run);
    }

    static FolderWatch open(Path root) throws WatchUnavailable {
        return open(root, SignalQueue.BYTES_MAX);
    }

    /// @param queueBytes memory for signals that wait to be taken
    static ServiceWatch open(Path root, long queueBytes) throws WatchUnavailable {
        try {
            ServiceWatch watch = new ServiceWatch(root, root.getFileSystem().newWatchService(), queueBytes);
            watch.reader.start();
            return watch;
        } catch (IOException | UnsupportedOperationException refused) {
            throw new WatchUnavailable("Java's watch service: " + refused.getMessage(), false);
        }
    }

    @Override
    public Added add(String folder) {
        if (WatchedFolders.isHidden(folder)) {
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
        try {
            if (!isPlain(folder)) {
                return Added.NO_FOLDER;
            }
            WatchKey key = root.resolve(folder)
                    .register(
                            service,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_MODIFY,
                            StandardWatchEventKinds.ENTRY_DELETE);
            watchesUsedUp = false;
            if (!isPlain(folder)) {
                // It may be the watch of another folder, too: that one's fate is told by the folder around it.
                folders.remove(key);
                key.cancel();
                return Added.NO_FOLDER;
            }
            WatchKey replaced = folders.put(key, folder);
            if (replaced != null) {
                replaced.cancel();
            }
            return Added.WATCHED;
        } catch (NoSuchFileException | NotDirectoryException | InvalidPathException none) {
            return Added.NO_FOLDER;
        } catch (IOException | ClosedWatchServiceException refused) {
            why = "folder \"" + folder + "\": " + refused.getMessage();
            // The JDK has no type for it: what Linux says when the watches are used up, as the JDK words it.
            watchesUsedUp = why.contains("limit of inotify watches") || why.contains("No space left on device");
            return Added.REFUSED;
        }
    }

    /// Whether folders stand all the way, and no link.
    private boolean isPlain(String folder) {
        Path at = root;
        for (String segment : folder.isEmpty() ? new String[0] : folder.split("/", -1)) {
            at = at.resolve(segment);
            if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void forget(String folder) {
        lock.lock();
        try {
            if (letGo(folder)) {
                queue.forget(folder);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean letGo(String folder) {
        List<WatchKey> keys = folders.removeTree(folder);
        keys.forEach(WatchKey::cancel);
        return !keys.isEmpty();
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
            if (queue.wasFilled()) {
                limits.add(Limit.SIGNALS);
            }
            return new State(Kind.SERVICE, folders.size(), limits, queue.overflows(), skipped, why);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        queue.close();
        try {
            service.close();
            reader.join(STOP_MILLIS);
        } catch (IOException refused) {
            // Nothing is asked of it any more.
            reader.interrupt();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (true) {
                WatchKey key = service.take();
                lock.lock();
                try {
                    tell(key);
                } finally {
                    lock.unlock();
                }
            }
        } catch (ClosedWatchServiceException | InterruptedException closing) {
            // The end of this watch.
        } catch (RuntimeException | Error failed) {
            fail(failed);
            throw failed;
        }
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

    private void tell(WatchKey key) {
        List<WatchEvent<?>> events = key.pollEvents();
        for (WatchEvent<?> event : events) {
            // Asked each time: an event may be the end of this very folder.
            String folder = folders.path(key);
            if (folder != null) {
                tell(folder, event);
            }
        }
        // A folder's end is told by the folder around it, which needs to know that it was one. Nothing is around the
        // root.
        if (!key.reset() && "".equals(folders.path(key))) {
            folders.remove(key);
            queue.offer(new Signal.Overflow());
        }
    }

    private void tell(String folder, WatchEvent<?> event) {
        if (!(event.context() instanceof Path context)) {
            queue.offer(new Signal.Overflow());
            return;
        }
        String name = context.toString();
        if (name.startsWith(".")) {
            return;
        }
        if (name.indexOf(NO_TEXT) >= 0) {
            skipped++;
            return;
        }
        String path = WatchedFolders.child(folder, name);
        if (event.kind().equals(StandardWatchEventKinds.ENTRY_DELETE)) {
            // All that is known of what it was is whether it was watched.
            queue.offer(new Signal.Gone(path, letGo(path)));
        } else if (event.kind().equals(StandardWatchEventKinds.ENTRY_CREATE)) {
            tellNew(path);
        } else if (!folders.contains(path)) {
            // A folder that is modified is one in which something happened: that is told by itself.
            queue.offer(new Signal.Touched(path));
        }
    }

    private void tellNew(String path) {
        try {
            boolean isFolder = Files.readAttributes(
                            root.resolve(path), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isDirectory();
            queue.offer(isFolder ? new Signal.FolderCame(path) : new Signal.Touched(path));
        } catch (IOException goneMeanwhile) {
            // To be looked at all the same: something else may be there in a moment, and this may have replaced a file.
            queue.offer(new Signal.Touched(path));
        }
    }
}
