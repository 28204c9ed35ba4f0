package com.databroker.access;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a principal can do; what it may do it to is the pattern of a [Grant].
public enum Action {
    /// Send events; the pattern is of topics.
    PUBLISH,
    /// Receive events; the pattern is of topics.
    SUBSCRIBE,
    /// Read and list files; the pattern is of paths.
    READ,
    /// Create and replace files; the pattern is of paths.
    WRITE,
    /// Delete files; the pattern is of paths.
    DELETE,
    /// Read objects; the pattern is of store and type.
    OBJECTS_READ,
    /// Change objects; the pattern is of store and type.
    OBJECTS_WRITE,
    /// Call methods of objects; the pattern is of store and type.
    OBJECTS_CALL,
    /// Query streams; the pattern is of stream names.
    SEARCH,
    /// Run the broker; the pattern is of areas, as `users` or `metrics`. On `**` it makes an administrator.
    ADMIN;

    /// What a grant says for every action at once.
    static final String ALL = "all";

    private static final Map<String, Action> BY_WORD = new TreeMap<>();

    static {
        for (Action action : values()) {
            BY_WORD.put(action.word, action);
        }
    }

    private final String word;

    Action() {
        word = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// As it stands in the users file: `publish`, `objects-read`.
    public String word() {
        return word;
    }

    /// The action of that word, or null where there is none; `all` is none.
    public static @Nullable Action ofWord(String word) {
        return BY_WORD.get(word);
    }

    /// All words, in alphabetical order, for "did you mean".
    static Iterable<String> words() {
        return BY_WORD.keySet();
    }
}
