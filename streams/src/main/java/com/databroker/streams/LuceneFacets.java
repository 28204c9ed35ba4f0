package com.databroker.streams;

import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedNumericDocValues;
import org.apache.lucene.search.CollectionTerminatedException;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.DocIdStream;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Weight;
import org.jspecify.annotations.Nullable;

/// Counts everything that matches: all of it, by the values of one field, and by time.
///
/// What is in a part of the index that matches as a whole is counted without a look at each record.
/// Words are counted by their numbers in each part, so memory is bounded by how many different ones
/// there are in the index.
final class LuceneFacets implements Collector {
    /// The most frequent first; of those as frequent, the first in their order.
    static final Comparator<StreamQuery.Count> ORDER =
            Comparator.comparingLong(StreamQuery.Count::count).reversed().thenComparing(StreamQuery.Count::value);

    static final String STEPS = "steps of time: longer ones";
    private static final int NUMBERS_MAX = 1_000_000;

    private final StreamQuery.@Nullable Facet facet;
    private final FieldType.@Nullable Scalar type;
    private final @Nullable LuceneSteps steps;
    private final @Nullable LuceneWords words;
    private final Map<Long, long[]> numbers = new HashMap<>();
    private @Nullable Weight weight;
    private long total;

    /// @param type of the facet's field, null where none is asked for
    LuceneFacets(StreamQuery query, FieldType.@Nullable Scalar type) {
        facet = query.facet();
        this.type = type;
        Duration histogram = query.histogram();
        steps = histogram == null ? null : new LuceneSteps(histogram.toNanos() / 1000);
        boolean isWord = type == FieldType.Scalar.KEYWORD || type == FieldType.Scalar.BOOL;
        words = facet != null && isWord ? new LuceneWords(facet.field()) : null;
    }

    @Override
    public ScoreMode scoreMode() {
        return ScoreMode.COMPLETE_NO_SCORES;
    }

    @Override
    public void setWeight(Weight of) {
        weight = of;
    }

    @Override
    public LeafCollector getLeafCollector(LeafReaderContext context) throws IOException {
        LeafReader reader = context.reader();
        Leaf leaf = new Leaf(reader);
        if (!reader.hasDeletions() && weight != null && weight.count(context) == reader.maxDoc()) {
            leaf.all(reader);
            throw new CollectionTerminatedException();
        }
        return leaf;
    }

    private final class Leaf implements LeafCollector {
        private final LuceneSteps.@Nullable Leaf times;
        private final LuceneWords.@Nullable Part values;
        private final @Nullable SortedNumericDocValues numeric;

        Leaf(LeafReader reader) throws IOException {
            times = steps == null ? null : steps.leaf(reader);
            values = words == null ? null : words.part(reader);
            numeric = facet != null && words == null ? DocValues.getSortedNumeric(reader, facet.field()) : null;
        }

        void all(LeafReader reader) throws IOException {
            total += reader.maxDoc();
            if (times != null) {
                times.add(0, reader.maxDoc());
                times.finish();
            }
            if (values != null && facet != null) {
                values.addAll(reader, facet.field(), reader.maxDoc());
            }
            for (int doc = 0; numeric != null && doc < reader.maxDoc(); doc++) {
                value(doc);
            }
        }

        @Override
        public void setScorer(Scorable none) {}

        @Override
        public void collect(int doc) throws IOException {
            total++;
            if (times != null) {
                times.add(doc);
            }
            value(doc);
        }

        @Override
        public void collect(DocIdStream docs) throws IOException {
            if (values != null || numeric != null) {
                docs.forEach(this::collect);
            } else if (times == null) {
                total += docs.count();
            } else {
                total += times.add(docs);
            }
        }

        @Override
        public void collectRange(int begin, int end) throws IOException {
            total += end - begin;
            if (times != null) {
                times.add(begin, end);
            }
            for (int doc = begin; (values != null || numeric != null) && doc < end; doc++) {
                value(doc);
            }
        }

        private void value(int doc) throws IOException {
            if (values != null) {
                values.add(doc);
            } else if (numeric != null && numeric.advanceExact(doc)) {
                collectNumbers(numeric);
            }
        }

        @Override
        public void finish() {
            if (times != null) {
                times.finish();
            }
        }
    }

    /// A value that stands twice in a list counts once, as words do.
    private void collectNumbers(SortedNumericDocValues all) throws IOException {
        long before = 0;
        int count = all.docValueCount();
        for (int i = 0; i < count; i++) {
            long value = all.nextValue();
            if (i == 0 || value != before) {
                add(numbers, value, 1, NUMBERS_MAX);
            }
            before = value;
        }
    }

    static com.databroker.core.ProblemException tooMany(int max, String what) {
        return StreamQuery.wrong("there are more than " + max + " " + what + " or a narrower query will do");
    }

    private static void add(Map<Long, long[]> counts, long key, long more, int max) {
        long[] count = counts.get(key);
        if (count == null) {
            if (counts.size() >= max) {
                throw tooMany(max, "values to count: another field");
            }
            count = new long[1];
            counts.put(key, count);
        }
        count[0] += more;
    }

    /// Takes in what was counted of other parts of the index.
    void add(LuceneFacets other) {
        total += other.total;
        if (steps != null && other.steps != null) {
            steps.addAll(other.steps);
        }
        if (words != null && other.words != null) {
            words.addAll(other.words);
        }
        other.numbers.forEach((value, count) -> add(numbers, value, count[0], NUMBERS_MAX));
    }

    long total() {
        return total;
    }

    List<StreamQuery.Step> steps() {
        return steps == null ? List.of() : steps.steps();
    }

    /// The most frequent values; of those as frequent, the first in their order.
    List<StreamQuery.Count> values() throws IOException {
        if (facet == null || type == null) {
            return List.of();
        }
        if (words != null) {
            return words.top(facet.top());
        }
        Top top = new Top(facet.top());
        numbers.forEach((value, count) -> top.add(LuceneFields.label(type, value), count[0]));
        return top.sorted();
    }

    /// The first of what is given to it.
    static final class Top {
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
