package com.databroker.core;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How far somebody has heard of the changes of each store: `crm:2-1,shop:7-8812`. Empty text where there
/// is no store.
///
/// Each row that comes is held against several of them, so they lie in arrays, sorted by the names of the stores.
public final class ObjectPosition {
    public static final ObjectPosition NONE = new ObjectPosition(Map.of());

    private static final int LENGTH_MAX = 4096;

    private final String[] names;
    private final Position[] positions;

    /// @param stores of each store, by its name, the number of changes in this life of its outbox
    public ObjectPosition(Map<String, Position> stores) {
        Map<String, Position> sorted = stores.size() < 2 ? stores : new TreeMap<>(stores);
        this.names = sorted.keySet().toArray(new String[0]);
        this.positions = sorted.values().toArray(new Position[0]);
    }

    /// @throws ProblemException [Problem#POSITION_INVALID]
    public static ObjectPosition parse(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        Map<String, Position> stores = new TreeMap<>();
        for (int from = 0; from <= text.length() && text.length() <= LENGTH_MAX; ) {
            int comma = text.indexOf(',', from);
            int end = comma < 0 ? text.length() : comma;
            int colon = text.indexOf(':', from);
            if (colon <= from
                    || colon >= end
                    || stores.put(text.substring(from, colon), Position.parse(text.substring(colon + 1, end)))
                            != null) {
                throw invalid(text);
            }
            from = end + 1;
        }
        if (stores.isEmpty()) {
            throw invalid(text);
        }
        return new ObjectPosition(stores);
    }

    /// Of each store, by its name, the number of changes in this life of its outbox.
    public Map<String, Position> stores() {
        Map<String, Position> stores = new TreeMap<>();
        for (int i = 0; i < names.length; i++) {
            stores.put(names[i], positions[i]);
        }
        return Collections.unmodifiableMap(stores);
    }

    /// Whether whoever stands here has heard of everything before `other`; false where an epoch differs,
    /// since then nobody knows.
    public boolean covers(ObjectPosition other) {
        int mine = 0;
        for (int i = 0; i < other.names.length; i++) {
            String name = other.names[i];
            while (mine < names.length && !names[mine].equals(name)) {
                mine++;
            }
            Position its = other.positions[i];
            if (mine == names.length
                    || positions[mine].epoch() != its.epoch()
                    || positions[mine].offset() < its.offset()) {
                return false;
            }
        }
        return true;
    }

    /// Where whoever stands here and then hears of some stores stands.
    public ObjectPosition with(ObjectPosition some) {
        if (some.names.length == 0) {
            return this;
        }
        Map<String, Position> all = new TreeMap<>(stores());
        all.putAll(some.stores());
        return new ObjectPosition(all);
    }

    private static ProblemException invalid(String text) {
        return new ProblemException(
                Problem.POSITION_INVALID,
                "position \"" + Text.excerpt(text) + "\" is not <store>:<epoch>-<number>, as shop:7-8812");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ObjectPosition position
                && Arrays.equals(names, position.names)
                && Arrays.equals(positions, position.positions);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(names) + Arrays.hashCode(positions);
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < names.length; i++) {
            out.append(i == 0 ? "" : ",").append(names[i]).append(':').append(positions[i]);
        }
        return out.toString();
    }
}
