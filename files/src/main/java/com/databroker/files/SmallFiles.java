package com.databroker.files;

import com.databroker.core.Bytes;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The bytes of small files that were asked for last, each good for one version only.
final class SmallFiles {
    static final int FILE_BYTES_MAX = 64 << 10;

    private static final long OVERHEAD = 200;

    private record Held(long version, Bytes bytes) {}

    private final long bytesMax;
    private final Map<String, Held> held = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    SmallFiles(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    synchronized @Nullable Bytes get(String path, long version) {
        Held found = held.get(path);
        return found != null && found.version == version ? found.bytes : null;
    }

    synchronized void put(String path, long version, Bytes content) {
        if (bytesMax == 0) {
            return;
        }
        Held before = held.put(path, new Held(version, content));
        bytes += weight(content) - (before == null ? 0 : weight(before.bytes));
        Iterator<Map.Entry<String, Held>> eldest = held.entrySet().iterator();
        while (bytes > bytesMax && eldest.hasNext()) {
            bytes -= weight(eldest.next().getValue().bytes);
            eldest.remove();
        }
    }

    private static long weight(Bytes content) {
        return content.length() + OVERHEAD;
    }
}
