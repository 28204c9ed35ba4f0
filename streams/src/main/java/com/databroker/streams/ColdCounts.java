package com.databroker.streams;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.lucene.util.NumericUtils;
import org.jspecify.annotations.Nullable;

/// Counts records of the cold store by the values of a field and by time, as [LuceneFacets] does those of the hot
/// one, and adds the two.
final class ColdCounts {
    private static final int VALUES_MAX = 1_000_000;
    private static final Comparator<StreamQuery.Count> MOST_FIRST =
            Comparator.comparingLong(StreamQuery.Count::count).reversed().thenComparing(StreamQuery.Count::value);

    private final StreamQuery query;
    private final @Nullable ColdField field;
    private final FieldType.@Nullable Scalar type;
    private final long step;
    private final Map<String, long[]> values = new HashMap<>();
    private final Map<Long, long[]> steps = new TreeMap<>();

    /// Of one record, where it has several values: each counts once.
    private final Set<Object> several = new HashSet<>();

    /// @param query of which the hot store has found that it is right
    ColdCounts(Schema schema, LuceneFields fields, StreamQuery query) {
        this.query = query;
        StreamQuery.Facet facet = query.facet();
        field = facet == null ? null : ColdField.of(schema, facet.field());
        type = facet == null ? null : fields.types().get(facet.field());
        step = query.histogram() == null ? 0 : query.histogram().toNanos() / 1000;
    }

    /// Whether all that matches is to be counted.
    static boolean wanted(StreamQuery query) {
        return query.facet() != null || query.histogram() != null;
    }

    /// The same, with as many values from the hot store as it gives: one of them may be frequent in the cold one.
    static StreamQuery wide(StreamQuery query) {
        StreamQuery.Facet facet = query.facet();
        return facet == null ? query : query.facet(facet.field(), StreamQuery.FACET_MAX);
    }

    /// The column that it looks at, -1 for none.
    int column() {
        return field == null ? -1 : field.column();
    }

    void add(ColdField.Values record, long time) {
        if (step > 0) {
            add(steps, Math.floorDiv(time, step), StreamQuery.STEPS_MAX, "steps of time: longer ones");
        }
        if (field != null && type != null) {
            several.clear();
            field.any(record, value -> {
                if (isCounted(value) && several.add(value)) {
                    add(values, label(type, value), VALUES_MAX, "values to count: another field");
                }
                return false;
            });
        }
    }

    private static boolean isCounted(Object value) {
        if (value instanceof Double number) {
            return !number.isNaN();
        }
        return !(value instanceof String word)
                || word.length() <= LuceneFields.KEYWORD_BYTES_MAX / 3
                || word.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= LuceneFields.KEYWORD_BYTES_MAX;
    }

    private static String label(FieldType.Scalar type, Object value) {
        return switch (value) {
            case Double number -> LuceneFields.label(type, NumericUtils.doubleToSortableLong(number + 0.0));
            case Number number -> LuceneFields.label(type, number.longValue());
            default -> value.toString();
        };
    }

    private static <K> void add(Map<K, long[]> counts, K key, int max, String what) {
        long[] count = counts.get(key);
        if (count == null) {
            if (counts.size() >= max) {
                throw StreamQuery.wrong("there are more than " + max + " " + what + " or a narrower query will do");
            }
            count = new long[1];
            counts.put(key, count);
        }
        count[0]++;
    }

    /// With those of the hot store, the most frequent first.
    List<StreamQuery.Count> values(List<StreamQuery.Count> hot) {
        StreamQuery.Facet facet = query.facet();
        if (facet == null) {
            return List.of();
        }
        Map<String, Long> all = new HashMap<>();
        hot.forEach(each -> all.put(each.value(), each.count()));
        values.forEach((value, count) -> all.merge(value, count[0], Long::sum));
        List<StreamQuery.Count> sorted = new ArrayList<>();
        all.forEach((value, count) -> sorted.add(new StreamQuery.Count(value, count)));
        sorted.sort(MOST_FIRST);
        return sorted.subList(0, Math.min(facet.top(), sorted.size()));
    }

    /// With those of the hot store, in order.
    List<StreamQuery.Step> steps(List<StreamQuery.Step> hot) {
        Map<java.time.Instant, Long> all = new TreeMap<>();
        hot.forEach(each -> all.put(each.begin(), each.count()));
        steps.forEach((number, count) -> all.merge(Arrival.instant(number * step), count[0], Long::sum));
        if (all.size() > StreamQuery.STEPS_MAX) {
            throw StreamQuery.wrong("there are more than " + StreamQuery.STEPS_MAX
                    + " steps of time: longer ones or a narrower query will do");
        }
        List<StreamQuery.Step> sorted = new ArrayList<>();
        all.forEach((begin, count) -> sorted.add(new StreamQuery.Step(begin, count)));
        return sorted;
    }
}
