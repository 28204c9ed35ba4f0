package com.databroker.core;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// How far somebody has heard of the changes of each store: `crm:2-1,shop:7-8812`. Empty text where there
/// is no store.
///
/// @param stores of each store, by its name, the number of changes in this life of its outbox
public record ObjectPosition(Map<String, Position> stores) {
    public static final ObjectPosition NONE = new ObjectPosition(Map.of());

    private static final int LENGTH_MAX = 4096;

    public ObjectPosition {
        stores = Collections.unmodifiableMap(new TreeMap<>(stores));
    }

    /// @throws ProblemException [Problem#POSITION_INVALID]
    public static ObjectPosition parse(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        Map<String, Position> stores = new TreeMap<>();
        if (text.length() <= LENGTH_MAX) {
            for (String part : text.split(",", -1)) {
                int colon = part.indexOf(':');
                if (colon <= 0
                        || stores.put(part.substring(0, colon), Position.parse(part.substring(colon + 1))) != null) {
                    throw invalid(text);
                }
            }
            return new ObjectPosition(stores);
        }
        throw invalid(text);
    }

    /// Whether whoever stands here has heard of everything before `other`; false where an epoch differs,
    /// since then nobody knows.
    public boolean covers(ObjectPosition other) {
        if (other.stores.isEmpty()) {
            return true;
        }
        for (Map.Entry<String, Position> entry : other.stores.entrySet()) {
            Position mine = stores.get(entry.getKey());
            Position its = entry.getValue();
            if (mine == null || mine.epoch() != its.epoch() || mine.offset() < its.offset()) {
                return false;
            }
        }
        return true;
    }

    /// Where whoever stands here and then hears of some stores stands.
    public ObjectPosition with(ObjectPosition some) {
        if (some.stores.isEmpty()) {
            return this;
        }
        Map<String, Position> all = new TreeMap<>(stores);
        all.putAll(some.stores);
        return new ObjectPosition(all);
    }

    private static ProblemException invalid(String text) {
        return new ProblemException(
                Problem.POSITION_INVALID,
                "position \"" + Text.excerpt(text) + "\" is not <store>:<epoch>-<number>, as shop:7-8812");
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        stores.forEach((store, position) ->
                out.append(out.isEmpty() ? "" : ",").append(store).append(':').append(position));
        return out.toString();
    }
}
