package com.databroker.files;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The bytes of small files that were asked for lately, each good for one version only. Who reads takes no lock; where
/// room is needed, those go first that nobody asked for since they were last in turn.
final class SmallFiles {
    /// Path, entry, and what doors make of it.
    private static final long OVERHEAD = 1200;

    private static final class Held {
        final String path;
        final long version;
        final long modified;
        final OpenFile file;
        final long weight;
        /// Written by readers without a lock: a lost one costs a file that is read again.
        boolean wanted;

        Held(String path, Known known, OpenFile file, int size) {
            this.path = path;
            this.version = known.version();
            this.modified = known.state().modified();
            this.file = file;
            this.weight = size + OVERHEAD;
        }
    }

    private final long bytesMax;
    private final Map<String, Held> held = new ConcurrentHashMap<>();
    private final Queue<Held> turns = new ArrayDeque<>();
    private long bytes;

    SmallFiles(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    @Nullable
    OpenFile get(String path, Known known) {
        Held found = held.get(path);
        if (found == null
                || found.version != known.version()
                || found.modified != known.state().modified()) {
            return null;
        }
        if (!found.wanted) {
            found.wanted = true;
        }
        return found.file;
    }

    synchronized void put(String path, Known known, OpenFile file, int size) {
        if (bytesMax == 0) {
            return;
        }
        Held fresh = new Held(path, known, file, size);
        held.put(path, fresh);
        turns.add(fresh);
        bytes += fresh.weight;
        while (bytes > bytesMax) {
            Held next = turns.remove();
            if (held.get(next.path) == next && next.wanted) {
                next.wanted = false;
                turns.add(next);
            } else {
                held.remove(next.path, next);
                bytes -= next.weight;
            }
        }
    }
}
