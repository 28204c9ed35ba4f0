package com.databroker.streams;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Adds what came since to the rows of a view's table, and takes of each day what comes first. Not
/// thread-safe.
final class ViewMerge {
    private static final Comparator<ViewAnswer.Row> MOST_FIRST =
            Comparator.comparingLong(ViewAnswer.Row::count).reversed().thenComparing(ViewAnswer.Row::key);
    private static final Comparator<ViewAnswer.Row> HIGHEST_FIRST = Comparator.<ViewAnswer.Row>comparingDouble(
                    row -> row.score() == null ? 0 : row.score())
            .reversed()
            .thenComparing(MOST_FIRST);

    private final View view;
    private final ViewQuery query;
    private final ViewCounts recent;
    private final Map<Integer, Day> days = new TreeMap<>(Comparator.reverseOrder());

    private static final class Day {
        private long records;
        private long total;

        /// Whether the table has keys that it did not keep one by one.
        private boolean others;

        /// Of a view of values those that come first, of terms all.
        private PriorityQueue<ViewAnswer.Row> rows = new PriorityQueue<>(MOST_FIRST.reversed());
    }

    /// @param recent is used up
    ViewMerge(View view, ViewQuery query, ViewCounts recent) {
        this.view = view;
        this.query = query;
        this.recent = recent;
    }

    private Day day(int number) {
        return days.computeIfAbsent(number, none -> new Day());
    }

    /// Takes a row of the table.
    void row(ViewRow row) {
        Day day = day(row.day());
        // Every row of the day says it.
        day.records = row.records();
        day.total += row.count();
        if (row.key() == null) {
            day.others |= row.keys() > 0;
            return;
        }
        ViewCounts.Day since = recent.days().get(row.day());
        Long more = since == null ? null : since.counts().remove(row.key());
        offer(day, row.key(), row.count() + (more == null ? 0 : more), false);
    }

    private void offer(Day day, String key, long count, boolean atLeast) {
        if (query.key() != null && !query.key().equals(key)) {
            return;
        }
        day.rows.add(new ViewAnswer.Row(key, count, atLeast, null, null));
        if (view.kind() == View.Kind.VALUES && day.rows.size() > query.limit()) {
            day.rows.remove();
        }
    }

    /// Behind the last row.
    List<ViewAnswer.Day> answer() {
        recent.days().forEach((number, since) -> {
            Day day = day(number);
            day.records += since.records();
            day.total += since.total();
            since.counts().forEach((key, count) -> offer(day, key, count, day.others));
        });
        List<ViewAnswer.Day> all = new ArrayList<>();
        days.forEach((number, day) -> {
            LocalDate date = LocalDate.ofEpochDay(number);
            if (!date.isBefore(query.from()) && date.isBefore(query.to())) {
                List<ViewAnswer.Row> rows = rows(number, day);
                long shown = rows.stream().mapToLong(ViewAnswer.Row::count).sum();
                all.add(new ViewAnswer.Day(date, day.records, day.total - shown, rows));
            }
        });
        return all;
    }

    private List<ViewAnswer.Row> rows(int number, Day day) {
        if (view.kind() == View.Kind.VALUES) {
            return day.rows.stream().sorted(MOST_FIRST).toList();
        }
        Map<String, Long> before = new HashMap<>();
        long records = 0;
        for (int i = 1; i <= ViewScore.DAYS; i++) {
            Day earlier = days.get(number - i);
            if (earlier != null) {
                records += earlier.records;
                earlier.rows.forEach(row -> before.merge(row.key(), row.count(), Long::sum));
            }
        }
        long recordsBefore = records;
        return day.rows.stream()
                .filter(row -> query.key() != null || !ViewScore.isCommon(row.count(), day.records))
                .map(row -> scored(row, day.records, before.get(row.key()), recordsBefore))
                .sorted(HIGHEST_FIRST)
                .limit(query.limit())
                .toList();
    }

    private static ViewAnswer.Row scored(ViewAnswer.Row row, long records, @Nullable Long before, long recordsBefore) {
        double expected = ViewScore.expected(records, before == null ? 0 : before, recordsBefore);
        return Double.isNaN(expected)
                ? row
                : new ViewAnswer.Row(
                        row.key(), row.count(), row.atLeast(), expected, ViewScore.of(row.count(), expected));
    }
}
