package com.databroker.files;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Second names for versions of files, for another program that opens a file a moment after it was told to:
/// the path may have a new version by then, such a name never has. Kept for as long as it is asked for, and
/// a little longer.
public final class PinnedFiles {
    private static final int FILES_MAX = 10_000;
    private static final long KEPT_NANOS = 60_000_000_000L;

    private final FilePlane plane;
    private final Map<Long, PinnedFile> pins = new LinkedHashMap<>(16, 0.75f, true);

    public PinnedFiles(FilePlane plane) {
        this.plane = plane;
    }

    /// @return null where nobody asked for the version of `entry` lately: [#pin] it
    public synchronized @Nullable PinnedFile find(FileEntry entry) {
        PinnedFile there = pins.get(entry.version());
        if (there != null && !there.entry().modified().equals(entry.modified())) {
            // The same bytes under another time.
            there = new PinnedFile(entry, there.name());
            pins.put(entry.version(), there);
        }
        if (there != null) {
            there.use();
        }
        return there;
    }

    /// @return as [#find]; null where the version of `entry` is not the file's any more
    public @Nullable PinnedFile pin(FileEntry entry) {
        if (entry.version() == 0) {
            return null;
        }
        PinnedFile there = find(entry);
        if (there != null) {
            return there;
        }
        String name = "p-" + Long.toHexString(entry.version());
        if (!plane.lend(entry.path(), entry.version(), name)) {
            return null;
        }
        PinnedFile pinned = new PinnedFile(entry, name);
        List<PinnedFile> surplus = new ArrayList<>();
        synchronized (this) {
            pins.put(entry.version(), pinned);
            while (pins.size() > FILES_MAX) {
                surplus.add(pins.remove(pins.keySet().iterator().next()));
            }
        }
        surplus.forEach(this::giveBack);
        return pinned;
    }

    /// Gives up the names that nobody asked for lately.
    public void sweep() {
        List<PinnedFile> old = new ArrayList<>();
        synchronized (this) {
            while (!pins.isEmpty()) {
                Map.Entry<Long, PinnedFile> eldest = pins.entrySet().iterator().next();
                if (!eldest.getValue().isUnusedFor(KEPT_NANOS)) {
                    break;
                }
                old.add(pins.remove(eldest.getKey()));
            }
        }
        old.forEach(this::giveBack);
    }

    private void giveBack(PinnedFile pinned) {
        plane.giveBack(pinned.entry().path(), pinned.name());
    }
}
