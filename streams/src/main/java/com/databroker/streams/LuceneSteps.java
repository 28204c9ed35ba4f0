package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.DocValuesSkipper;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.DocIdStream;
import org.jspecify.annotations.Nullable;

/// Counts what matches by time, in steps of one length.
///
/// Records lie about in the order in which they came. The index knows of every 4096 neighbours, of 8
/// times as many, and so on, when the first and the last happened: where both are in one step the
/// records are counted together, and nobody looks when each of them happened.
final class LuceneSteps {
    /// So many steps of a part of the index are counted in an array.
    private static final int ARRAY_MAX = 1 << 14;

    private static final int BLOCK = 512;

    private final long step;
    private final Map<Long, long[]> all = new TreeMap<>();

    /// @param step in microseconds
    LuceneSteps(long step) {
        this.step = step;
    }

    Leaf leaf(LeafReader reader) throws IOException {
        return new Leaf(reader);
    }

    /// Those that hold something, in order.
    List<StreamQuery.Step> steps() {
        List<StreamQuery.Step> steps = new ArrayList<>();
        all.forEach((number, count) -> steps.add(new StreamQuery.Step(Arrival.instant(number * step), count[0])));
        return steps;
    }

    void addAll(LuceneSteps other) {
        other.all.forEach((number, count) -> add(number, count[0]));
    }

    private void add(long number, long count) {
        long[] sum = all.get(number);
        if (sum == null) {
            if (all.size() >= StreamQuery.STEPS_MAX) {
                throw LuceneFacets.tooMany(StreamQuery.STEPS_MAX, LuceneFacets.STEPS);
            }
            sum = new long[1];
            all.put(number, sum);
        }
        sum[0] += count;
    }

    /// A part of the index; its documents come in their order.
    final class Leaf {
        private final NumericDocValues times;
        private final @Nullable DocValuesSkipper skipper;
        private final long first;
        private final int[] counts;
        private final int[] docs = new int[BLOCK];
        private final long[] values = new long[BLOCK];

        /// Up to there, inclusive, all are in step `number` where `together`, else each is looked at.
        private int upTo = -1;

        private boolean together;
        private long number;
        private long seen;

        Leaf(LeafReader reader) throws IOException {
            times = DocValues.getNumeric(reader, LuceneDay.TIME);
            skipper = reader.getDocValuesSkipper(LuceneDay.TIME);
            first = skipper == null ? 0 : Math.floorDiv(skipper.minValue(), step);
            long last = skipper == null ? Long.MAX_VALUE : Math.floorDiv(skipper.maxValue(), step);
            counts = last - first >= 0 && last - first < ARRAY_MAX ? new int[(int) (last - first) + 1] : new int[0];
        }

        void add(int doc) throws IOException {
            if (doc > upTo) {
                reach(doc);
            }
            if (together) {
                count(number, 1);
            } else {
                look(doc);
            }
        }

        /// How many they were.
        long add(DocIdStream some) throws IOException {
            long before = seen;
            while (true) {
                int end = upTo + 1;
                if (together) {
                    count(number, some.count(end));
                } else {
                    some.forEach(end, this::look);
                }
                if (!some.mayHaveRemaining()) {
                    return seen - before;
                }
                reach(end);
            }
        }

        /// @param end exclusive
        void add(int begin, int end) throws IOException {
            int at = begin;
            while (at < end) {
                if (at > upTo) {
                    reach(at);
                }
                int until = (int) Math.min(end, upTo + 1L);
                if (together) {
                    count(number, until - at);
                } else {
                    look(at, until);
                }
                at = until;
            }
        }

        private void look(int doc) throws IOException {
            if (times.advanceExact(doc)) {
                count(Math.floorDiv(times.longValue(), step), 1);
            }
        }

        private void look(int begin, int end) throws IOException {
            for (int at = begin; at < end; at += BLOCK) {
                int size = Math.min(BLOCK, end - at);
                for (int i = 0; i < size; i++) {
                    docs[i] = at + i;
                }
                times.longValues(size, docs, values, 0);
                for (int i = 0; i < size; i++) {
                    count(Math.floorDiv(values[i], step), 1);
                }
            }
        }

        private void reach(int doc) throws IOException {
            together = false;
            if (skipper == null) {
                upTo = DocIdSetIterator.NO_MORE_DOCS - 1;
                return;
            }
            if (doc > skipper.maxDocID(0)) {
                skipper.advance(doc);
            }
            if (skipper.minDocID(0) > doc) {
                // Between two blocks there is none, behind the last one neither.
                upTo = skipper.minDocID(0) - 1;
                return;
            }
            upTo = skipper.maxDocID(0);
            for (int level = 0; level < skipper.numLevels() && isTogether(level); level++) {
                upTo = skipper.maxDocID(level);
                number = Math.floorDiv(skipper.minValue(level), step);
                together = true;
            }
        }

        private boolean isTogether(int level) {
            return skipper != null
                    && skipper.docCount(level) == skipper.maxDocID(level) - skipper.minDocID(level) + 1
                    && Math.floorDiv(skipper.minValue(level), step) == Math.floorDiv(skipper.maxValue(level), step);
        }

        private void count(long which, int more) {
            seen += more;
            if (counts.length > 0) {
                counts[(int) (which - first)] += more;
            } else if (more > 0) {
                LuceneSteps.this.add(which, more);
            }
        }

        void finish() {
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] > 0) {
                    LuceneSteps.this.add(first + i, counts[i]);
                }
            }
        }
    }
}
