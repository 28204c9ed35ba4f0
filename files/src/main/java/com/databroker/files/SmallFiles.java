package com.databroker.files;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The bytes of small files that were asked for last, each good for one version only.
final class SmallFiles {

    private static final long OVERHEAD = 200;

    private record Held(long version, long modified, OpenFile file, int size) {}

    private final long bytesMax;
    private final Map<String, Held> held = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    SmallFiles(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    synchronized @Nullable OpenFile get(String path, Known known) {
        Held found = held.get(path);
        return found != null
                        && found.version == known.version()
                        && found.modified == known.state().modified()
                ? found.file
                : null;
    }

    synchronized void put(String path, Known known, OpenFile file, int size) {
        if (bytesMax == 0) {
            return;
        }
        Held before = held.put(path, new Held(known.version(), known.state().modified(), file, size));
        bytes += weight(size) - (before == null ? 0 : weight(before.size));
        Iterator<Map.Entry<String, Held>> eldest = held.entrySet().iterator();
        while (bytes > bytesMax && eldest.hasNext()) {
            bytes -= weight(eldest.next().getValue().size);
            eldest.remove();
        }
    }

    private static long weight(int size) {
        return size + OVERHEAD;
    }
}
