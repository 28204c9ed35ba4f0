package com.databroker.files;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Tells what other programs do in the folders that it was asked to watch.
///
/// A folder is watched by itself, without what is below it, and links are never followed. Nothing is
/// told of names that begin with a dot. Nobody is told of what was there before: first add a folder,
/// then look at what is in it. To be told of a folder's own fate, watch the folder around it.
///
/// All methods may be called by any thread at any time; after [#close] nothing is added and nothing
/// told.
interface FolderWatch extends AutoCloseable {
    /// How folders are watched.
    enum Kind {
        /// The kernel tells when a file is finished.
        INOTIFY,
        /// Java's own service, which does not see a file being closed: nothing is ever
        /// [Signal.Finished].
        SERVICE,
        /// Nothing can be watched here: look from time to time.
        NONE
    }

    /// What can be used up.
    enum Limit {
        WATCHES("fs.inotify.max_user_watches"),
        INSTANCES("fs.inotify.max_user_instances"),
        QUEUED_EVENTS("fs.inotify.max_queued_events"),
        /// Signals that wait to be taken.
        SIGNALS("signals waiting");

        private final String setting;

        Limit(String setting) {
            this.setting = setting;
        }

        /// The system's name for it, which an operator can look up.
        String setting() {
            return setting;
        }
    }

    /// What came of adding a folder.
    enum Added {
        WATCHED,
        /// There is no such folder (any more), or a link stands on the way, or it is hidden.
        NO_FOLDER,
        /// It may be there, and the system does not let us watch it; [State] says why: look from time
        /// to time.
        REFUSED
    }

    /// How the watch is doing.
    ///
    /// @param folders watched now
    /// @param limits reached: [Limit#WATCHES] by the last folder that was added, the others at any
    ///     time
    /// @param overflows how often signals were lost
    /// @param skipped names that are not UTF-8, for which there is no path, each time they would have
    ///     been told
    /// @param why what was refused last, or why it is not a better kind; empty where all is well
    record State(Kind kind, int folders, Set<Limit> limits, long overflows, long skipped, String why) {
        public State {
            limits = limits.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(limits));
        }
    }

    /// One of the ways to watch.
    @FunctionalInterface
    interface Way {
        /// @throws WatchUnavailable where this system does not have it
        FolderWatch open(Path root) throws WatchUnavailable;
    }

    /// The best watch that this system has. Nothing is watched yet.
    ///
    /// @param root an existing folder
    static FolderWatch open(Path root) {
        return open(root, List.of(Inotify::open, ServiceWatch::open));
    }

    /// The first of `ways` that this system has, or one that refuses every folder.
    static FolderWatch open(Path root, List<Way> ways) {
        Set<Limit> limits = EnumSet.noneOf(Limit.class);
        StringBuilder why = new StringBuilder();
        for (Way way : ways) {
            try {
                FolderWatch watch = way.open(root);
                return why.isEmpty() ? watch : new LesserWatch(watch, why.toString(), limits);
            } catch (WatchUnavailable unavailable) {
                why.append(why.isEmpty() ? "" : "; ").append(unavailable.getMessage());
                limits.addAll(unavailable.limits());
            }
        }
        return new LesserWatch(new NoWatch(), why.toString(), limits);
    }

    /// Begins to watch one folder. One that is watched already keeps its watch and is told of under
    /// this path from now on; what is below it must be added again, too.
    ///
    /// @param folder relative to the root; empty for the root itself
    Added add(String folder);

    /// Stops watching a folder and all that is below it. When it returns, nothing more is told of what
    /// is in it, not even what happened before, until it is added again.
    void forget(String folder);

    /// Waits for signals, in the order in which they came, with not more than one about the same thing.
    ///
    /// @param max how many at most, at least 2: one path may need two
    /// @param timeout how long to wait for the first
    /// @return empty when none came, and at once when the watch is closed
    List<Signal> take(int max, Duration timeout) throws InterruptedException;

    State state();

    @Override
    void close();
}
