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

    private record Pin(String path, String name, long used) {}

    private final FilePlane plane;
    private final Map<Long, Pin> pins = new LinkedHashMap<>(16, 0.75f, true);

    public PinnedFiles(FilePlane plane) {
        this.plane = plane;
    }

    /// @return where the version of `entry` is below the root, null where nobody asked for it lately: [#pin] it
    public synchronized @Nullable String find(FileEntry entry) {
        Pin there = pins.get(entry.version());
        if (there == null) {
            return null;
        }
        pins.put(entry.version(), new Pin(there.path, there.name, System.nanoTime()));
        return Disk.DRAFTS + "/" + there.name;
    }

    /// @return as [#find]; null where the version of `entry` is not the file's any more
    public @Nullable String pin(FileEntry entry) {
        if (entry.version() == 0) {
            return null;
        }
        String there = find(entry);
        if (there != null) {
            return there;
        }
        String name = "p-" + Long.toHexString(entry.version());
        if (!plane.lend(entry.path(), entry.version(), name)) {
            return null;
        }
        List<Pin> surplus = new ArrayList<>();
        synchronized (this) {
            pins.put(entry.version(), new Pin(entry.path(), name, System.nanoTime()));
            while (pins.size() > FILES_MAX) {
                surplus.add(pins.remove(pins.keySet().iterator().next()));
            }
        }
        surplus.forEach(pin -> plane.giveBack(pin.path, pin.name));
        return Disk.DRAFTS + "/" + name;
    }

    /// Gives up the names that nobody asked for lately.
    public void sweep() {
        List<Pin> old = new ArrayList<>();
        synchronized (this) {
            long now = System.nanoTime();
            while (!pins.isEmpty()) {
                Map.Entry<Long, Pin> eldest = pins.entrySet().iterator().next();
                if (now - eldest.getValue().used < KEPT_NANOS) {
                    break;
                }
                old.add(pins.remove(eldest.getKey()));
            }
        }
        old.forEach(pin -> plane.giveBack(pin.path, pin.name));
    }
}
