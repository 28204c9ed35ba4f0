package com.databroker.files;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds what other programs do to the folder: compares it with the index at start, when the watch says
/// that something changed, when the watch lost something, and from time to time.
///
/// A signal only says where to look, and looking twice changes nothing, so that one change is announced
/// once however often it is signalled. A look waits a little: programs that save a file make, rename and
/// delete others on the way, and what is gone again by then was nobody's business.
final class Watcher implements AutoCloseable {
    private static final Duration SETTLE = Duration.ofMillis(8);
    private static final Duration SETTLE_MOST = Duration.ofMillis(60);
    private static final Duration GONE = Duration.ofMillis(150);
    private static final Duration TIDY = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration SCAN_UNWATCHED = Duration.ofSeconds(30);
    private static final Duration TELL = Duration.ofMillis(20);
    private static final int UNCLOSED = 5;
    private static final int SIGNALS = 4096;
    private static final int LOOKS_MAX = 500_000;
    private static final int SLOW_LOOKS = 4;
    private static final long SLOW_BYTES = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);

    /// A look that is to be taken.
    ///
    /// @param first when it was first asked for
    /// @param seen the state that must still be there: then the file is finished; null where it is in any
    ///     case
    private record Look(
            long at, long first, String path, @Nullable FileState seen) {}

    private final FileStore store;
    private final FilesConfig config;
    private final FolderWatch watch;
    private final IgnoredNames ignored;
    private final OddNames odd = new OddNames();
    private final Map<String, Look> looks = new HashMap<>();
    private final PriorityQueue<Look> order = new PriorityQueue<>((a, b) -> Long.signum(a.at - b.at));

    /// Files that changed while they were read; there are no more than looks under way.
    private final Queue<String> again = new ConcurrentLinkedQueue<>();

    private final Semaphore slow = new Semaphore(SLOW_LOOKS);
    private final Thread thread;
    private volatile boolean closed;
    private volatile int waiting;
    private final AtomicLong scans = new AtomicLong();
    private volatile boolean scanning = true;
    private volatile String died = "";
    private boolean unwatched;
    private long scanAt = System.nanoTime();
    private long tidyAt = System.nanoTime();
    private volatile long toldAt = System.nanoTime();

    private Watcher(FileStore store, FilesConfig config) {
        this.store = store;
        this.config = config;
        this.ignored = new IgnoredNames(config);
        this.watch = FolderWatch.open(store.disk.root());
        this.thread = Thread.ofPlatform().name("files-watcher").daemon().unstarted(this::run);
    }

    static Watcher start(FileStore store, FilesConfig config) {
        Watcher watcher = new Watcher(store, config);
        watcher.thread.start();
        return watcher;
    }

    private void run() {
        try {
            guarded("", this::scanAll);
            while (!closed) {
                List<Signal> signals = watch.take(SIGNALS, untilNext());
                guarded("", () -> turn(signals));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (Error fatal) {
            died = "the watcher ended: " + fatal;
            LOG.atError().setCause(fatal).log("files are not watched any more");
            throw fatal;
        } finally {
            scanning = false;
            waiting = 0;
        }
    }

    private void turn(List<Signal> signals) throws IOException {
        signals.forEach(this::heed);
        takeAgain();
        takeLooks();
        tell();
        long now = System.nanoTime();
        if (now - scanAt > 0) {
            scanAll();
        }
        if (now - tidyAt > 0) {
            tidyAt = now + TIDY.toNanos();
            store.journal.forceRest();
            store.journal.keepReserve();
            store.compactIfWordy();
        }
    }

    private Duration untilNext() {
        Look next = order.peek();
        long wait = next == null ? POLL.toNanos() : next.at - System.nanoTime();
        return Duration.ofNanos(Math.clamp(wait, 0, POLL.toNanos()));
    }

    private void heed(Signal signal) {
        long now = System.nanoTime();
        switch (signal) {
            case Signal.Finished finished -> look(finished.path(), now + SETTLE.toNanos(), null);
            case Signal.Touched touched -> touched(touched.path(), now);
            case Signal.Gone gone
            when gone.folder() -> {
                watch.forget(gone.path());
                store.expectMoved(gone.path());
                guarded(gone.path(), () -> scan(gone.path()));
            }
            case Signal.Gone gone -> {
                store.expectMoved(gone.path());
                look(gone.path(), now + GONE.toNanos(), null);
            }
            case Signal.FolderCame came -> guarded(came.path(), () -> scan(came.path()));
            case Signal.Overflow overflow -> {
                // Where a folder was renamed unseen, its watch would tell of the old path.
                watch.forget("");
                scanAll();
            }
        }
    }

    /// Made or written to, and not known to be finished. Where closing is seen, that will be told, but for
    /// a name that was given to a file that is complete: only after a long silence it is looked at all the
    /// same.
    private void touched(String path, long now) {
        try {
            FileState state = store.disk.look(path);
            if (state == null || !state.isFile()) {
                return;
            }
            if (watch.state().kind() != FolderWatch.Kind.INOTIFY) {
                lookWhenQuiet(path, state);
            } else if (store.isQuiet(state, config.quietTime())) {
                look(path, now + SETTLE.toNanos(), state);
            } else {
                look(path, now + UNCLOSED * config.quietTime().toNanos(), state);
            }
        } catch (IOException refused) {
            LOG.atDebug().addKeyValue("path", path).setCause(refused).log("a file could not be looked at");
        }
    }

    private void look(String path, long at, @Nullable FileState seen) {
        if (!FilePath.isValid(path)) {
            odd.tell(path);
            return;
        }
        if (isIgnored(path)) {
            return;
        }
        if (order.size() > LOOKS_MAX) {
            // Comparing everything costs less memory than remembering so much of it.
            scanAt = Math.min(scanAt, System.nanoTime() + config.quietTime().toNanos());
            return;
        }
        Look before = looks.get(path);
        long first = before == null ? System.nanoTime() : before.first;
        // What is written again and again is looked at all the same; a rare look more harms nobody.
        long latest = first + SETTLE_MOST.toNanos();
        long due = seen == null && at - first < GONE.toNanos() ? Math.min(at, Math.max(latest, System.nanoTime())) : at;
        Look look = new Look(due, first, path, seen);
        looks.put(path, look);
        order.add(look);
        waiting = looks.size();
    }

    private boolean isIgnored(String path) {
        // What was uploaded under such a name is one of ours.
        return store.index.get(path) == null && ignored.contain(path);
    }

    private void takeLooks() {
        long now = System.nanoTime();
        while (!order.isEmpty() && order.peek().at - now <= 0) {
            Look look = order.poll();
            if (looks.remove(look.path, look) && !guarded(look.path, () -> take(look))) {
                // A full disk, perhaps: later it may be another.
                lookWhenQuiet(look.path, null);
            }
        }
        waiting = looks.size();
    }

    private void take(Look look) throws IOException {
        FileState state = store.disk.look(look.path);
        if (look.seen != null && state != null && !state.equals(look.seen)) {
            // Still being written: it must be quiet for the whole time.
            lookWhenQuiet(look.path, state);
            return;
        }
        boolean takesLong =
                state != null && state.isFile() && (state.size() > SLOW_BYTES || store.rules.hasValidator(look.path));
        if (!takesLong) {
            observe(look.path);
            return;
        }
        Thread.ofVirtual().start(() -> {
            slow.acquireUninterruptibly();
            try {
                guarded(look.path, () -> {
                    observe(look.path);
                    store.announcements.tell();
                });
            } finally {
                slow.release();
            }
        });
    }

    private void observe(String path) throws IOException {
        if (store.find(path) == FileStore.Observed.MOVING) {
            again.add(path);
        }
        if (System.nanoTime() - toldAt > TELL.toNanos()) {
            tell();
        }
    }

    private void tell() throws IOException {
        store.announcements.tell();
        toldAt = System.nanoTime();
    }

    private void takeAgain() {
        for (String path = again.poll(); path != null; path = again.poll()) {
            String moving = path;
            guarded(path, () -> lookWhenQuiet(moving, store.disk.look(moving)));
        }
    }

    private void lookWhenQuiet(String path, @Nullable FileState seen) {
        look(path, System.nanoTime() + config.quietTime().toNanos(), seen);
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    /// @return whether it went well
    private boolean guarded(String path, Work work) {
        try {
            work.run();
            return true;
        } catch (IOException | RuntimeException refused) {
            if (!closed) {
                LOG.atWarn().addKeyValue("path", path).setCause(refused).log("a change could not be looked at");
            }
            return false;
        }
    }

    private void scanAll() {
        scanning = true;
        unwatched = false;
        guarded("", () -> scan(""));
        guarded("", this::tell);
        scanning = false;
        scans.incrementAndGet();
        guarded("", store.former::sweep);
        Duration interval = unwatched || watch.state().kind() == FolderWatch.Kind.NONE
                ? SCAN_UNWATCHED.compareTo(config.scanInterval()) < 0 ? SCAN_UNWATCHED : config.scanInterval()
                : config.scanInterval();
        scanAt = System.nanoTime() + interval.toNanos();
    }

    /// Compares a folder and all below it with the index: first what is gone, so that what was moved is
    /// known again, then what is new.
    private void scan(String folder) throws IOException {
        List<String> changed = new ArrayList<>();
        Deque<String> folders = new ArrayDeque<>();
        folders.add(folder);
        while (!folders.isEmpty() && !closed) {
            String next = folders.poll();
            scanFolder(next, changed, folders);
        }
        for (String path : changed) {
            if (!closed) {
                guarded(path, () -> lookAtFound(path));
            }
        }
    }

    private void scanFolder(String folder, List<String> changed, Deque<String> folders) throws IOException {
        // Watched first: what happens between here and the look at it is told.
        unwatched |= watch.add(folder) == FolderWatch.Added.REFUSED;
        List<Disk.Child> children;
        try {
            children = store.disk.children(folder);
        } catch (NoSuchFileException | NotDirectoryException gone) {
            vanish(folder);
            return;
        }
        if (!folder.isEmpty()) {
            store.index.putFolder(folder);
        }
        Set<String> files = new HashSet<>();
        Set<String> below = new HashSet<>();
        for (Disk.Child child : children) {
            if (child.state().isFolder()) {
                below.add(child.name());
            } else if (child.state().isFile()) {
                files.add(child.name());
            }
        }
        List<Index.Named> known = store.index.children(folder, "", Integer.MAX_VALUE);
        for (Index.Named named : known == null ? List.<Index.Named>of() : known) {
            String path = FilePath.child(folder, named.name());
            if (named.known() == null && !below.contains(named.name())) {
                vanish(path);
            } else if (named.known() != null && !files.contains(named.name())) {
                observe(path);
            }
        }
        for (Disk.Child child : children) {
            String path = FilePath.child(folder, child.name());
            if (!FilePath.isValid(path)) {
                odd.tell(path);
                continue;
            }
            if (child.state().isFolder()) {
                folders.add(path);
            } else if (child.state().isFile()) {
                Known before = store.index.get(path);
                if (before == null || !before.state().equals(child.state())) {
                    changed.add(path);
                }
            }
        }
    }

    private void lookAtFound(String path) throws IOException {
        FileState state = store.disk.look(path);
        if (state == null || isIgnored(path)) {
            return;
        }
        if (store.isQuiet(state, config.quietTime())) {
            take(new Look(0, 0, path, null));
        } else {
            lookWhenQuiet(path, state);
        }
    }

    /// A folder is gone, and with it all that was known below.
    private void vanish(String folder) throws IOException {
        watch.forget(folder);
        List<String> gone = new ArrayList<>();
        store.index.files(folder, (path, known) -> gone.add(path));
        for (String path : gone) {
            observe(path);
        }
        store.removeFolder(folder);
    }

    FilesStatus.Watching status() {
        FolderWatch.State state = watch.state();
        String limits = String.join(
                ", ",
                state.limits().stream().map(FolderWatch.Limit::setting).sorted().toList());
        String why = limits.isEmpty() ? state.why() : state.why() + " (" + limits + ")";
        return new FilesStatus.Watching(
                state.kind().name().toLowerCase(java.util.Locale.ROOT),
                state.folders(),
                waiting,
                state.overflows(),
                scans.get(),
                scanning,
                died.isEmpty() ? why.strip() : died);
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        boolean interrupted = false;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
            // A long look that is under way ends before the disk is closed under it.
            interrupted = !slow.tryAcquire(SLOW_LOOKS, 10, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            interrupted = true;
        }
        if (interrupted) {
            LOG.warn("a look at a file did not end in time");
        }
    }
}
