package com.databroker.streams;

import com.databroker.core.Bytes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What came since a view's last run, by day and key; in memory, so the number of keys is bounded. Not
/// thread-safe.
final class ViewCounts implements HotRange.Visitor {
    static final int KEYS_MAX = 250_000;

    private final Source source;
    private final ViewKeys keys;
    private final @Nullable String only;
    private final Map<Integer, Day> days = new TreeMap<>();
    private final Set<String> found = new HashSet<>();
    private int size;
    private boolean full;

    /// One day.
    static final class Day {
        private final Map<String, Long> counts = new HashMap<>();
        private long records;
        private long total;

        Map<String, Long> counts() {
            return counts;
        }

        long records() {
            return records;
        }

        /// Of all keys.
        long total() {
            return total;
        }
    }

    /// @param only the key that is kept; null for all
    ViewCounts(Source source, View view, @Nullable String only) {
        this.source = source;
        this.keys = new ViewKeys(source, view);
        this.only = only;
    }

    Map<Integer, Day> days() {
        return days;
    }

    /// Whether there were more keys than fit.
    boolean isFull() {
        return full;
    }

    /// The fields that are read of a record.
    Set<String> columns() {
        return keys.columns();
    }

    @Override
    public void begin() {
        days.clear();
        size = 0;
        full = false;
    }

    @Override
    public void record(long time, Bytes json) {
        record(time, RecordJson.read(source.schema(), json));
    }

    void record(long time, DataRecord record) {
        int day = ViewKeys.day(time);
        found.clear();
        keys.of(record, found);
        count(day, null, 1);
        found.forEach(key -> count(day, key, 1));
    }

    @Override
    public void count(int number, @Nullable String key, long count) {
        Day day = days.computeIfAbsent(number, none -> new Day());
        if (key == null) {
            day.records += count;
            return;
        }
        day.total += count;
        if (only == null || only.equals(key)) {
            Long before = day.counts.get(key);
            if (before != null || size < KEYS_MAX) {
                size += before == null ? 1 : 0;
                day.counts.put(key, (before == null ? 0 : before) + count);
            } else {
                full = true;
            }
        }
    }
}
