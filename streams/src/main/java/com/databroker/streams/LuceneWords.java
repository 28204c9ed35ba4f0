package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// Counts the values of a field of words by their numbers in each part of the index, and finds the most
/// frequent of all parts.
///
/// Few of the values become text (three-phase uniform threshold, TPUT: Cao and Wang, 2004):
///
/// ```
///   1. of each part its most frequent values        ─▶ what the last of the answer has at least
///   2. of each part whatever has that, divided by the number of parts: nothing else can be in the answer
///   3. of those, what the other parts have of them
/// ```
/// Where nothing is frequent, all that was seen are merged.
final class LuceneWords {
    /// To look a value up costs so many times what it costs to go on to the next.
    private static final int LOOKUP_COST = 8;

    private final String field;
    private final List<Part> parts = new ArrayList<>();

    LuceneWords(String field) {
        this.field = field;
    }

    /// A part of the index, and how often each value was seen in it.
    static final class Part {
        private final SortedSetDocValues values;
        private final @Nullable SortedDocValues single;
        private final int[] counts;
        private @Nullable TermsEnum terms;
        private int at = -1;
        private int seen;

        private Part(SortedSetDocValues values) {
            this.values = values;
            this.single = DocValues.unwrapSingleton(values);
            this.counts = new int[Math.toIntExact(values.getValueCount())];
        }

        void add(int doc) throws IOException {
            SortedDocValues one = single;
            if (one != null) {
                if (one.advanceExact(doc)) {
                    counts[one.ordValue()]++;
                }
            } else if (values.advanceExact(doc)) {
                for (int i = values.docValueCount(); i > 0; i--) {
                    counts[(int) values.nextOrd()]++;
                }
            }
        }

        /// Counts all there are. How many records have a value stands in the index, too.
        ///
        /// @param size records, none of which is deleted
        void addAll(LeafReader reader, String field, int size) throws IOException {
            Terms all = reader.terms(field);
            if (all == null || all.size() != counts.length || (long) counts.length * LOOKUP_COST > size) {
                for (int doc = 0; doc < size; doc++) {
                    add(doc);
                }
                return;
            }
            TermsEnum each = all.iterator();
            for (int i = 0; i < counts.length && each.next() != null; i++) {
                counts[i] += each.docFreq();
            }
        }

        /// How many different ones were seen.
        private int seen() {
            int different = 0;
            for (int count : counts) {
                different += count > 0 ? 1 : 0;
            }
            return different;
        }

        /// The numbers of the most frequent, in no order.
        private int[] first(int size) {
            PriorityQueue<Integer> best = new PriorityQueue<>(Comparator.comparingInt(ord -> counts[ord]));
            int least = 0;
            for (int ord = 0; ord < counts.length; ord++) {
                if (counts[ord] > least) {
                    best.add(ord);
                    if (best.size() > size) {
                        best.remove();
                        least = counts[best.element()];
                    }
                }
            }
            return best.stream().mapToInt(Integer::intValue).toArray();
        }

        private BytesRef text(int ord) throws IOException {
            return BytesRef.deepCopyOf(values.lookupOrd(ord));
        }

        private int count(BytesRef term) throws IOException {
            long ord = values.lookupTerm(term);
            return ord < 0 ? 0 : counts[(int) ord];
        }

        /// Moves to the next value that was seen.
        private boolean next() throws IOException {
            TermsEnum all = terms == null ? values.termsEnum() : terms;
            terms = all;
            int from = at;
            do {
                at++;
            } while (at < counts.length && counts[at] == 0);
            if (at >= counts.length) {
                return false;
            }
            if (at == from + 1 && from >= 0) {
                all.next();
            } else {
                all.seekExact((long) at);
            }
            return true;
        }

        private BytesRef term() {
            try {
                return java.util.Objects.requireNonNull(terms).term();
            } catch (IOException unread) {
                throw new java.io.UncheckedIOException(unread);
            }
        }
    }

    /// What was found of a value so far.
    private static final class Sum {
        private long count;
        private int parts;

        private void add(long more) {
            count += more;
            parts++;
        }
    }

    void addAll(LuceneWords other) {
        parts.addAll(other.parts);
    }

    Part part(LeafReader reader) throws IOException {
        Part part = new Part(DocValues.getSortedSet(reader, field));
        parts.add(part);
        return part;
    }

    /// The most frequent values; of those as frequent, the first in their order.
    List<StreamQuery.Count> top(int size) throws IOException {
        parts.forEach(part -> part.seen = part.seen());
        parts.removeIf(part -> part.seen == 0);
        long all = parts.stream().mapToLong(part -> part.seen).sum();
        Map<BytesRef, Sum> few = all > (long) size * LOOKUP_COST * parts.size() ? candidates(size, all) : null;
        LuceneFacets.Top top = new LuceneFacets.Top(size);
        if (few == null) {
            merge(top);
        } else {
            for (BytesRef term : few.keySet()) {
                long count = 0;
                for (Part part : parts) {
                    count += part.count(term);
                }
                top.add(term.utf8ToString(), count);
            }
        }
        return top.sorted();
    }

    /// Those that may be in the answer; null where they are so many that it is cheaper to go through all.
    private @Nullable Map<BytesRef, Sum> candidates(int size, long all) throws IOException {
        Map<BytesRef, Sum> sums = new HashMap<>();
        for (Part part : parts) {
            for (int ord : part.first(size)) {
                sums.computeIfAbsent(part.text(ord), none -> new Sum()).add(part.counts[ord]);
            }
        }
        long least = Math.ceilDiv(last(sums, size), parts.size());
        long looked = all / LOOKUP_COST;
        sums.clear();
        for (Part part : parts) {
            for (int ord = 0; ord < part.counts.length; ord++) {
                if (part.counts[ord] >= least && part.counts[ord] > 0) {
                    sums.computeIfAbsent(part.text(ord), none -> new Sum()).add(part.counts[ord]);
                    if (--looked < 0) {
                        return null;
                    }
                }
            }
        }
        // A part that did not name it has less of it.
        long last = last(sums, size);
        sums.values().removeIf(sum -> sum.count + (parts.size() - sum.parts) * (least - 1) < last);
        return (long) sums.size() * parts.size() > all / LOOKUP_COST ? null : sums;
    }

    /// What the last of the first `size` has at least.
    private static long last(Map<BytesRef, Sum> sums, int size) {
        return sums.size() < size
                ? 1
                : sums.values().stream()
                        .map(sum -> sum.count)
                        .sorted(Comparator.reverseOrder())
                        .skip(size - 1L)
                        .findFirst()
                        .orElse(1L);
    }

    private void merge(LuceneFacets.Top top) throws IOException {
        PriorityQueue<Part> merge = new PriorityQueue<>(Comparator.comparing(Part::term));
        for (Part part : parts) {
            if (part.next()) {
                merge.add(part);
            }
        }
        while (!merge.isEmpty()) {
            BytesRef term = BytesRef.deepCopyOf(merge.element().term());
            long count = 0;
            while (!merge.isEmpty() && merge.element().term().equals(term)) {
                Part part = merge.remove();
                count += part.counts[part.at];
                if (part.next()) {
                    merge.add(part);
                }
            }
            if (top.takes(count)) {
                top.add(term.utf8ToString(), count);
            }
        }
    }
}
