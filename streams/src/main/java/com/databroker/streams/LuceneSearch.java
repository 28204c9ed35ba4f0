package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.QueryTimeout;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.apache.lucene.search.TopFieldDocs;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// A query of a schema, ready to be asked of any reader of its indexes. Immutable.
final class LuceneSearch {
    /// The stored record: when it happened, when it arrived, in microseconds, 8 bytes each; then its
    /// JSON.
    static final String RECORD = "_record";

    static final int RECORD_HEADER = 16;

    /// The id as a column, for the order of those that happened at the same time.
    static final String ID = "_id";

    /// Up to here the total is exact; counting on would cost more than finding.
    private static final int TOTAL_EXACT_MAX = 10_000;

    private static final Sort NEWEST_FIRST = new Sort(
            new SortField(LuceneDay.TIME, SortField.Type.LONG, true), new SortField(ID, SortField.Type.STRING_VAL));

    private final StreamQuery query;
    private final Query compiled;
    private final FieldType.@Nullable Scalar facetType;

    /// @throws ProblemException where the query is wrong
    LuceneSearch(LuceneFields fields, StreamQuery query) {
        this.query = query;
        compiled = StreamQueryCompiler.compile(fields, query.q()).query();
        facetType =
                query.facet() == null ? null : facetType(fields, query.facet().field());
    }

    /// What stands before the stored JSON.
    static byte[] header(long time, long arrived) {
        return ByteBuffer.allocate(RECORD_HEADER).putLong(time).putLong(arrived).array();
    }

    /// The type of a field whose values can be counted.
    ///
    /// @throws ProblemException where they cannot
    static FieldType.Scalar facetType(LuceneFields fields, String field) {
        FieldType.Scalar type = fields.types().get(field);
        if (type == null) {
            String nearest = Text.nearest(field, fields.types().keySet());
            throw StreamQuery.wrong("there is no field \"" + Text.excerpt(field) + "\" to count the values of"
                    + (nearest.isEmpty() ? "" : ", did you mean " + nearest));
        }
        if (type == FieldType.Scalar.TEXT || type == FieldType.Scalar.JSON || field.equals(LuceneFields.ID)) {
            throw StreamQuery.wrong("field " + field + " has a value of its own in every record: nothing to count");
        }
        return type;
    }

    private Query bounded(long earliestArrival) {
        BooleanQuery.Builder all = new BooleanQuery.Builder().add(compiled, Occur.FILTER);
        all.add(
                NumericDocValuesField.newSlowRangeQuery(LuceneDay.ARRIVED, earliestArrival, Long.MAX_VALUE),
                Occur.FILTER);
        Instant from = query.from();
        Instant to = query.to();
        if (from != null || to != null) {
            long low = from == null ? Long.MIN_VALUE : Arrival.micros(from);
            long high = to == null ? Long.MAX_VALUE : Arrival.micros(to) - 1;
            all.add(NumericDocValuesField.newSlowRangeQuery(LuceneDay.TIME, low, high), Occur.FILTER);
        }
        return all.build();
    }

    /// How many of what arrived at `earliestArrival` or later match.
    long count(IndexReader reader, long earliestArrival) throws IOException {
        return new IndexSearcher(reader).count(bounded(earliestArrival));
    }

    /// How a search is run.
    ///
    /// @param timeout after which it gives what it has
    /// @param counting who helps to count everything; hits are looked for one part after the other, the
    ///     newest first, since with enough of them the others need no look
    record Running(InstantSource clock, Duration timeout, Executor counting) {}

    StreamQuery.Answer answer(IndexReader reader, long earliestArrival, Running how) throws IOException {
        IndexSearcher searcher = new IndexSearcher(reader);
        Instant end = how.clock().instant().plus(how.timeout());
        QueryTimeout late = () -> how.clock().instant().isAfter(end);
        searcher.setTimeout(late);
        Query bounded = bounded(earliestArrival);
        StreamQuery.Cursor after = query.after();
        FieldDoc behind = after == null
                ? null
                : new FieldDoc(Integer.MAX_VALUE, Float.NaN, new Object[] {after.time(), new BytesRef(after.id())});
        // One more tells whether there are more.
        TopFieldDocs top = searcher.search(
                bounded, new TopFieldCollectorManager(NEWEST_FIRST, query.limit() + 1, behind, TOTAL_EXACT_MAX));
        List<StreamQuery.Hit> hits = hits(searcher, top);
        long total = top.totalHits.value();
        boolean exact = top.totalHits.relation() == TotalHits.Relation.EQUAL_TO;
        List<StreamQuery.Count> values = List.of();
        List<StreamQuery.Step> steps = List.of();
        boolean isLate = searcher.timedOut();
        if (query.facet() != null || query.histogram() != null) {
            IndexSearcher counter = new IndexSearcher(reader, how.counting());
            counter.setTimeout(late);
            LuceneFacets facets = counter.search(bounded, new Counting());
            total = facets.total();
            exact = true;
            values = facets.values();
            steps = facets.steps();
            isLate |= counter.timedOut();
        }
        boolean more = top.scoreDocs.length > query.limit();
        return new StreamQuery.Answer(
                hits,
                total,
                exact && !isLate,
                isLate
                        ? "the search took longer than " + how.timeout().toMillis() + " ms and was ended: ask for less"
                        : null,
                more && !hits.isEmpty() ? hits.get(hits.size() - 1).cursor() : null,
                values,
                steps,
                earliestArrival);
    }

    /// Some parts of the index each.
    private final class Counting implements CollectorManager<LuceneFacets, LuceneFacets> {
        @Override
        public LuceneFacets newCollector() {
            return new LuceneFacets(query, facetType);
        }

        @Override
        public LuceneFacets reduce(Collection<LuceneFacets> some) {
            LuceneFacets all = newCollector();
            some.forEach(all::add);
            return all;
        }
    }

    private List<StreamQuery.Hit> hits(IndexSearcher searcher, TopFieldDocs top) throws IOException {
        StoredFields stored = searcher.storedFields();
        List<StreamQuery.Hit> hits = new ArrayList<>();
        for (ScoreDoc each : top.scoreDocs) {
            if (hits.size() < query.limit()) {
                Document document = stored.document(each.doc);
                BytesRef record = java.util.Objects.requireNonNull(document.getBinaryValue(RECORD));
                ByteBuffer header = ByteBuffer.wrap(record.bytes, record.offset, RECORD_HEADER);
                BytesRef id = (BytesRef) ((FieldDoc) each).fields[1];
                hits.add(new StreamQuery.Hit(
                        id.utf8ToString(),
                        header.getLong(),
                        header.getLong(),
                        Bytes.copyOf(record.bytes, record.offset + RECORD_HEADER, record.length - RECORD_HEADER)));
            }
        }
        return hits;
    }
}
