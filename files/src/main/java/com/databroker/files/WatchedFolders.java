package com.databroker.files;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which folder a watch is on, and which watch is on a folder: never two of either.
///
/// Not for several threads.
///
/// @param <K> what the system calls a watch
final class WatchedFolders<K> {
    private final Map<K, String> paths = new HashMap<>();
    private final TreeMap<String, K> watches = new TreeMap<>();

    /// A name in a folder; the empty folder is the root.
    static String child(String folder, String name) {
        return folder.isEmpty() ? name : folder + "/" + name;
    }

    /// Whether the path has a segment that begins with a dot.
    static boolean isHidden(String path) {
        return path.startsWith(".") || path.contains("/.");
    }

    /// @return the watch that was on this path until now, where it is another: nothing is told of it
    ///     any more
    @Nullable
    K put(K watch, String folder) {
        String before = paths.put(watch, folder);
        if (before != null && !before.equals(folder)) {
            watches.remove(before);
        }
        K replaced = watches.put(folder, watch);
        if (replaced == null || replaced.equals(watch)) {
            return null;
        }
        paths.remove(replaced);
        return replaced;
    }

    /// @return null for a watch that is not known (any more)
    @Nullable
    String path(K watch) {
        return paths.get(watch);
    }

    boolean contains(String folder) {
        return watches.containsKey(folder);
    }

    /// @return where it was
    @Nullable
    String remove(K watch) {
        String folder = paths.remove(watch);
        if (folder != null) {
            watches.remove(folder);
        }
        return folder;
    }

    /// Removes a folder and all below it.
    ///
    /// @return their watches
    List<K> removeTree(String folder) {
        List<K> removed = new ArrayList<>();
        if (folder.isEmpty()) {
            removed.addAll(paths.keySet());
            watches.clear();
        } else {
            K itself = watches.remove(folder);
            if (itself != null) {
                removed.add(itself);
            }
            // '0' is what comes after the slash.
            Map<String, K> below = watches.subMap(folder + '/', folder + '0');
            removed.addAll(below.values());
            below.clear();
        }
        removed.forEach(paths::remove);
        return removed;
    }

    int size() {
        return paths.size();
    }
}
