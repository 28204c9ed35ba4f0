package com.databroker.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Every known file and folder, as a tree: names only, so that a path costs its last segment. Safe for
/// threads; who changes a path holds its lock.
final class Index {
    private sealed interface Node {}

    private record Leaf(Known known) implements Node {}

    private static final class Folder implements Node {
        final NavigableMap<String, Node> children = new ConcurrentSkipListMap<>();
    }

    /// A name in a folder.
    ///
    /// @param known null for a folder
    record Named(String name, @Nullable Known known) {}

    private final Folder root = new Folder();
    /// Files whose place was taken by a folder, or whose folder's place by a file, and of which nobody was
    /// told yet.
    private final Map<String, Known> displaced = new ConcurrentHashMap<>();

    private final AtomicLong files = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    private @Nullable Node node(String path) {
        Node at = root;
        int start = 0;
        while (start <= path.length() && !path.isEmpty()) {
            if (!(at instanceof Folder folder)) {
                return null;
            }
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            at = folder.children.get(path.substring(start, end));
            start = end + 1;
        }
        return at;
    }

    /// Null where there is no such file.
    @Nullable
    Known get(String path) {
        return node(path) instanceof Leaf leaf ? leaf.known : null;
    }

    boolean isFolder(String path) {
        return node(path) instanceof Folder;
    }

    /// @return what was known before
    @Nullable
    Known put(String path, Known known) {
        int slash = path.lastIndexOf('/');
        Folder folder = folder(slash < 0 ? "" : path.substring(0, slash));
        Node before = folder.children.put(path.substring(slash + 1), new Leaf(known));
        Known replaced = before instanceof Leaf leaf ? leaf.known : null;
        if (before instanceof Folder gone) {
            files(path + "/", gone, this::displace);
        }
        files.addAndGet(replaced == null ? 1 : 0);
        bytes.addAndGet(
                known.state().size() - (replaced == null ? 0 : replaced.state().size()));
        return replaced;
    }

    /// Makes the folder known, and those above it.
    private Folder folder(String path) {
        if (!path.isEmpty() && node(path) instanceof Folder known) {
            return known;
        }
        Folder at = root;
        int end = 0;
        for (String segment : path.isEmpty() ? new String[0] : path.split("/", -1)) {
            end += segment.length();
            Node below = at.children.computeIfAbsent(segment, _ -> new Folder());
            if (below instanceof Leaf gone) {
                displace(path.substring(0, end), gone.known);
                below = new Folder();
                at.children.put(segment, below);
            }
            at = (Folder) below;
            end++;
        }
        return at;
    }

    private void displace(String path, Known known) {
        displaced.put(path, known);
        files.decrementAndGet();
        bytes.addAndGet(-known.state().size());
    }

    /// Paths of files that are not there any more, because something else took their place.
    List<String> displaced() {
        return displaced.isEmpty() ? List.of() : List.copyOf(displaced.keySet());
    }

    /// What was known of such a file, which from now on is told.
    @Nullable
    Known takeDisplaced(String path) {
        return displaced.remove(path);
    }

    void putFolder(String path) {
        folder(path);
    }

    /// @return what was known
    @Nullable
    Known remove(String path) {
        if (!(parent(path) instanceof Folder folder)) {
            return null;
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (folder.children.get(name) instanceof Leaf leaf) {
            folder.children.remove(name);
            files.decrementAndGet();
            bytes.addAndGet(-leaf.known.state().size());
            return leaf.known;
        }
        return null;
    }

    /// Forgets a folder that has no known files below it.
    void removeFolder(String path) {
        if (parent(path) instanceof Folder folder) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (folder.children.get(name) instanceof Folder gone && isBare(gone)) {
                folder.children.remove(name);
            }
        }
    }

    private static boolean isBare(Folder folder) {
        return folder.children.values().stream().allMatch(child -> child instanceof Folder below && isBare(below));
    }

    private @Nullable Node parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? root : node(path.substring(0, slash));
    }

    /// Names in a folder after `after`, in order of their UTF-16 code units; at most `max`.
    ///
    /// @return null where there is no such folder
    @Nullable
    List<Named> children(String path, String after, int max) {
        if (!(node(path) instanceof Folder folder)) {
            return null;
        }
        List<Named> named = new ArrayList<>();
        for (Map.Entry<String, Node> child :
                folder.children.tailMap(after, false).entrySet()) {
            if (named.size() == max) {
                break;
            }
            named.add(new Named(child.getKey(), child.getValue() instanceof Leaf leaf ? leaf.known : null));
        }
        return named;
    }

    /// Calls `each` for every known file below a folder.
    void files(String path, BiConsumer<String, Known> each) {
        if (node(path) instanceof Folder folder) {
            files(path.isEmpty() ? "" : path + "/", folder, each);
        }
    }

    private static void files(String prefix, Folder folder, BiConsumer<String, Known> each) {
        folder.children.forEach((name, child) -> {
            switch (child) {
                case Leaf leaf -> each.accept(prefix + name, leaf.known);
                case Folder below -> files(prefix + name + "/", below, each);
            }
        });
    }

    long files() {
        return files.get();
    }

    long bytes() {
        return bytes.get();
    }
}
