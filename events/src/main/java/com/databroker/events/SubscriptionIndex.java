package com.databroker.events;

import com.databroker.core.Pattern;
import com.databroker.core.Topic;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which subscribers asked for a topic: a trie of segments for patterns, a table by length for byte prefixes.
///
/// A look-up costs by the topic and by the wildcards on its way, not by the number of subscriptions. Of one event loop.
final class SubscriptionIndex {
    private final Node root = new Node("");
    private final Map<String, Set<Subscriber>> prefixes = new HashMap<>();
    private final Map<Integer, Integer> prefixesOfLength = new HashMap<>();
    private final BitSet lengths = new BitSet();

    void add(Filter filter, Subscriber subscriber) {
        switch (filter) {
            case Filter.Glob(Pattern pattern) -> {
                Node node = root;
                for (String segment : pattern.segments()) {
                    node = node.children.computeIfAbsent(segment, Node::new);
                }
                node.subscribers.add(subscriber);
            }
            case Filter.Prefix(String bytes) -> {
                Set<Subscriber> set = prefixes.get(bytes);
                if (set == null) {
                    set = new LinkedHashSet<>();
                    prefixes.put(bytes, set);
                    prefixesOfLength.merge(bytes.length(), 1, Integer::sum);
                    lengths.set(bytes.length());
                }
                set.add(subscriber);
            }
        }
    }

    void remove(Filter filter, Subscriber subscriber) {
        switch (filter) {
            case Filter.Glob(Pattern pattern) -> remove(root, pattern.segments(), subscriber);
            case Filter.Prefix(String bytes) -> {
                Set<Subscriber> set = prefixes.get(bytes);
                if (set != null && set.remove(subscriber) && set.isEmpty()) {
                    prefixes.remove(bytes);
                    if (prefixesOfLength.merge(bytes.length(), -1, Integer::sum) == 0) {
                        lengths.clear(bytes.length());
                    }
                }
            }
        }
    }

    /// @return whether `node` is of no more use
    private static boolean remove(Node node, List<String> segments, Subscriber subscriber) {
        if (segments.isEmpty()) {
            node.subscribers.remove(subscriber);
        } else {
            Node child = node.children.get(segments.getFirst());
            if (child != null && remove(child, segments.subList(1, segments.size()), subscriber)) {
                node.children.remove(segments.getFirst());
            }
        }
        return node.children.isEmpty() && node.subscribers.isEmpty();
    }

    /// Everyone who asked for `topic`, each once.
    Set<Subscriber> matching(Topic topic) {
        Set<Subscriber> found = new LinkedHashSet<>();
        if (!root.children.isEmpty()) {
            // Several ** on one way could reach a node again and again; each (node, segment) is visited once.
            collect(root, topic.text().split("/", -1), 0, found, new HashMap<>());
        }
        if (!lengths.isEmpty()) {
            String bytes = Filter.Prefix.latin1(topic);
            for (int length = lengths.nextSetBit(0);
                    length >= 0 && length <= bytes.length();
                    length = lengths.nextSetBit(length + 1)) {
                Set<Subscriber> set = prefixes.get(bytes.substring(0, length));
                if (set != null) {
                    found.addAll(set);
                }
            }
        }
        return found;
    }

    private static void collect(Node node, String[] segments, int at, Set<Subscriber> found, Map<Node, BitSet> seen) {
        BitSet visited = seen.computeIfAbsent(node, absent -> new BitSet());
        if (visited.get(at)) {
            return;
        }
        visited.set(at);
        if (at == segments.length) {
            found.addAll(node.subscribers);
        } else {
            descend(node.children.get(segments[at]), segments, at + 1, found, seen);
            descend(node.children.get("*"), segments, at + 1, found, seen);
        }
        // A ** takes nothing, or one segment and stays where it is: each place is reached once, in one step.
        descend(node.children.get("**"), segments, at, found, seen);
        if (node.any && at < segments.length) {
            collect(node, segments, at + 1, found, seen);
        }
    }

    private static void descend(
            @Nullable Node node, String[] segments, int at, Set<Subscriber> found, Map<Node, BitSet> seen) {
        if (node != null) {
            collect(node, segments, at, found, seen);
        }
    }

    private static final class Node {
        final Map<String, Node> children = new HashMap<>(2);
        final Set<Subscriber> subscribers = new LinkedHashSet<>(2);

        /// Whether it stands for any number of segments.
        final boolean any;

        Node(String segment) {
            any = segment.equals("**");
        }
    }
}
