package com.databroker.streams;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What was found broken of a stream, one sentence for a day, until the day is past the retention.
final class LuceneDamage {
    private final Map<LocalDate, String> days = new TreeMap<>();

    synchronized void found(LocalDate date, String what) {
        days.put(date, date + ": " + what);
    }

    synchronized void gone(LocalDate date) {
        days.remove(date);
    }

    synchronized List<String> sentences() {
        return List.copyOf(days.values());
    }

    /// Why an answer may lack something, null where nothing is known to be missing.
    synchronized @Nullable String missing() {
        return days.isEmpty() ? null : String.join("; ", days.values());
    }
}
