package com.databroker.streams;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.util.BytesRef;

/// Goes through a range of the records of an index in whatever order they lie: to count them by day, or to
/// show them.
final class LuceneDays {
    private final HotRange range;
    private final HotRange.Visitor to;
    private final InstantSource clock;
    private final Duration timeout;

    LuceneDays(HotRange range, HotRange.Visitor to, InstantSource clock, Duration timeout) {
        this.range = range;
        this.to = to;
        this.clock = clock;
        this.timeout = timeout;
    }

    /// Counts by day the records, and the values of a field of words.
    HotRange.Seen count(IndexReader reader, long earliest, String field) throws IOException {
        return run(reader, earliest, leaf -> new Values(leaf, field, to));
    }

    /// Shows the records.
    HotRange.Seen each(IndexReader reader, long earliest) throws IOException {
        return run(reader, earliest, leaf -> new Records(leaf, to));
    }

    private interface Leaf {
        LeafCollector of(LeafReaderContext leaf) throws IOException;
    }

    private HotRange.Seen run(IndexReader reader, long earliest, Leaf leaves) throws IOException {
        to.begin();
        long since = Math.max(earliest, range.since());
        IndexSearcher searcher = new IndexSearcher(reader);
        Instant end = clock.instant().plus(timeout);
        searcher.setTimeout(() -> clock.instant().isAfter(end));
        Query all = new BooleanQuery.Builder()
                .add(NumericDocValuesField.newSlowRangeQuery(LuceneDay.ARRIVED, since, Long.MAX_VALUE), Occur.FILTER)
                .add(
                        NumericDocValuesField.newSlowRangeQuery(LuceneDay.TIME, range.fromMicros(), range.lastMicros()),
                        Occur.FILTER)
                .build();
        searcher.search(all, new OneThread(leaves));
        return new HotRange.Seen(
                since,
                searcher.timedOut()
                        ? "counting what arrived since the last run took longer than " + timeout.toMillis()
                                + " ms and was ended: run the view"
                        : null);
    }

    /// One thread searches, so there is one collector.
    private record OneThread(Leaf leaves) implements CollectorManager<All, Boolean> {
        @Override
        public All newCollector() {
            return new All(leaves);
        }

        @Override
        public Boolean reduce(java.util.Collection<All> one) {
            return true;
        }
    }

    private record All(Leaf leaves) implements Collector {
        @Override
        public LeafCollector getLeafCollector(LeafReaderContext leaf) throws IOException {
            return leaves.of(leaf);
        }

        @Override
        public ScoreMode scoreMode() {
            return ScoreMode.COMPLETE_NO_SCORES;
        }
    }

    /// Counts the values of a part of the index by their numbers; each becomes text once for each day.
    private static final class Values implements LeafCollector {
        private static final int RECORDS = -1;

        private final SortedSetDocValues values;
        private final NumericDocValues times;
        private final HotRange.Visitor to;
        private final LuceneTally tally = new LuceneTally();

        Values(LeafReaderContext leaf, String field, HotRange.Visitor to) throws IOException {
            this.values = DocValues.getSortedSet(leaf.reader(), field);
            this.times = DocValues.getNumeric(leaf.reader(), LuceneDay.TIME);
            this.to = to;
        }

        @Override
        public void setScorer(Scorable none) {}

        @Override
        public void collect(int doc) throws IOException {
            if (times.advanceExact(doc)) {
                int day = ViewKeys.day(times.longValue());
                tally.add(day, RECORDS);
                if (values.advanceExact(doc)) {
                    for (int i = values.docValueCount(); i > 0; i--) {
                        tally.add(day, Math.toIntExact(values.nextOrd()));
                    }
                }
            }
        }

        @Override
        public void finish() throws IOException {
            tally.each((day, number, count) -> to.count(
                    day, number == RECORDS ? null : values.lookupOrd(number).utf8ToString(), count));
        }
    }

    private static final class Records implements LeafCollector {
        private final StoredFields stored;
        private final HotRange.Visitor to;

        Records(LeafReaderContext leaf, HotRange.Visitor to) throws IOException {
            this.stored = leaf.reader().storedFields();
            this.to = to;
        }

        @Override
        public void setScorer(Scorable none) {}

        @Override
        public void collect(int doc) throws IOException {
            BytesRef record = Objects.requireNonNull(
                    stored.document(doc, java.util.Set.of(LuceneSearch.RECORD)).getBinaryValue(LuceneSearch.RECORD));
            ByteBuffer header = ByteBuffer.wrap(record.bytes, record.offset, LuceneSearch.RECORD_HEADER);
            to.record(
                    header.getLong(),
                    Bytes.copyOf(
                            record.bytes,
                            record.offset + LuceneSearch.RECORD_HEADER,
                            record.length - LuceneSearch.RECORD_HEADER));
        }
    }
}
