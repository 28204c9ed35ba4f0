package com.databroker.streams;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedNumericDocValues;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// Counts everything that matches: all of it, by the values of one field, and by time.
///
/// Words are counted by their numbers in each part of the index, and only the most frequent ever become
/// text, so memory is bounded by how many different ones there are in the index.
final class LuceneFacets extends SimpleCollector {
    /// The most frequent first; of those as frequent, the first in their order.
    static final Comparator<StreamQuery.Count> ORDER =
            Comparator.comparingLong(StreamQuery.Count::count).reversed().thenComparing(StreamQuery.Count::value);

    static final String STEPS = "steps of time: longer ones";
    private static final int NUMBERS_MAX = 1_000_000;

    private final StreamQuery.@Nullable Facet facet;
    private final FieldType.@Nullable Scalar type;
    private final long step;

    private final List<Words> words = new ArrayList<>();
    private final Map<Long, long[]> numbers = new HashMap<>();
    private final Map<Long, long[]> steps = new TreeMap<>();
    private long total;

    private @Nullable SortedSetDocValues values;
    private int[] counts = {};
    private @Nullable SortedNumericDocValues numeric;
    private @Nullable NumericDocValues times;

    /// @param type of the facet's field, null where none is asked for
    LuceneFacets(StreamQuery query, FieldType.@Nullable Scalar type) {
        facet = query.facet();
        this.type = type;
        Duration histogram = query.histogram();
        step = histogram == null ? 0 : histogram.toNanos() / 1000;
    }

    /// The values of a part of the index, and how often each was seen.
    private static final class Words {
        private final int[] counts;
        private final TermsEnum terms;
        private @Nullable BytesRef term;

        Words(SortedSetDocValues values, int[] counts) throws IOException {
            this.counts = counts;
            terms = values.termsEnum();
        }

        /// Moves to the next value that was seen.
        boolean next() throws IOException {
            do {
                term = terms.next();
            } while (term != null && counts[(int) terms.ord()] == 0);
            return term != null;
        }

        BytesRef term() {
            return java.util.Objects.requireNonNull(term);
        }

        int count() throws IOException {
            return counts[(int) terms.ord()];
        }
    }

    @Override
    public ScoreMode scoreMode() {
        return ScoreMode.COMPLETE_NO_SCORES;
    }

    @Override
    protected void doSetNextReader(LeafReaderContext leaf) throws IOException {
        values = null;
        numeric = null;
        times = step == 0 ? null : DocValues.getNumeric(leaf.reader(), LuceneDay.TIME);
        if (facet != null && (type == FieldType.Scalar.KEYWORD || type == FieldType.Scalar.BOOL)) {
            SortedSetDocValues all = DocValues.getSortedSet(leaf.reader(), facet.field());
            values = all;
            counts = new int[Math.toIntExact(all.getValueCount())];
            words.add(new Words(all, counts));
        } else if (facet != null) {
            numeric = DocValues.getSortedNumeric(leaf.reader(), facet.field());
        }
    }

    @Override
    public void collect(int doc) throws IOException {
        total++;
        if (values != null && values.advanceExact(doc)) {
            for (int i = values.docValueCount(); i > 0; i--) {
                counts[(int) values.nextOrd()]++;
            }
        }
        if (numeric != null && numeric.advanceExact(doc)) {
            collectNumbers(numeric);
        }
        if (times != null && times.advanceExact(doc)) {
            add(steps, Math.floorDiv(times.longValue(), step), StreamQuery.STEPS_MAX, STEPS);
        }
    }

    /// A value that stands twice in a list counts once, as words do.
    private void collectNumbers(SortedNumericDocValues all) throws IOException {
        long before = 0;
        int count = all.docValueCount();
        for (int i = 0; i < count; i++) {
            long value = all.nextValue();
            if (i == 0 || value != before) {
                add(numbers, value, NUMBERS_MAX, "values to count: another field");
            }
            before = value;
        }
    }

    static com.databroker.core.ProblemException tooMany(int max, String what) {
        return StreamQuery.wrong("there are more than " + max + " " + what + " or a narrower query will do");
    }

    private static void add(Map<Long, long[]> counts, long key, int max, String what) {
        long[] count = counts.get(key);
        if (count == null) {
            if (counts.size() >= max) {
                throw tooMany(max, what);
            }
            count = new long[1];
            counts.put(key, count);
        }
        count[0]++;
    }

    long total() {
        return total;
    }

    List<StreamQuery.Step> steps() {
        List<StreamQuery.Step> all = new ArrayList<>();
        steps.forEach((number, count) -> all.add(new StreamQuery.Step(Arrival.instant(number * step), count[0])));
        return all;
    }

    /// The most frequent values; of those as frequent, the first in their order.
    List<StreamQuery.Count> values() throws IOException {
        if (facet == null || type == null) {
            return List.of();
        }
        Top top = new Top(facet.top());
        numbers.forEach((value, count) -> top.add(LuceneFields.label(type, value), count[0]));
        PriorityQueue<Words> merge = new PriorityQueue<>(Comparator.comparing(Words::term));
        for (Words part : words) {
            if (part.next()) {
                merge.add(part);
            }
        }
        while (!merge.isEmpty()) {
            BytesRef term = BytesRef.deepCopyOf(merge.element().term());
            long count = 0;
            while (!merge.isEmpty() && merge.element().term().equals(term)) {
                Words part = merge.remove();
                count += part.count();
                if (part.next()) {
                    merge.add(part);
                }
            }
            if (top.takes(count)) {
                top.add(term.utf8ToString(), count);
            }
        }
        return top.sorted();
    }

    private static final class Top {
        private final int size;
        private final PriorityQueue<StreamQuery.Count> best = new PriorityQueue<>(ORDER.reversed());

        Top(int size) {
            this.size = size;
        }

        boolean takes(long count) {
            return best.size() < size || count >= best.element().count();
        }

        void add(String value, long count) {
            best.add(new StreamQuery.Count(value, count));
            if (best.size() > size) {
                best.remove();
            }
        }

        List<StreamQuery.Count> sorted() {
            return best.stream().sorted(ORDER).toList();
        }
    }
}
