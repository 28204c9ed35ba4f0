package com.databroker.streams;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.FieldExistsQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.IndexOrDocValuesQuery;
import org.apache.lucene.search.IndexSortSortedNumericDocValuesRangeQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PointRangeQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.RegexpQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermRangeQuery;
import org.apache.lucene.search.WildcardQuery;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Writes what [StreamQueryCompiler] made of a query in the language of Elasticsearch: the same parts in the same
/// way, so that a query means the same wherever it is asked.
///
/// Not for more than one thread.
final class ElasticQuery {
    /// So deep it may be taken apart by a cluster that was not told otherwise, with what stands around it.
    static final int DEPTH_MAX = 28;

    private final ElasticForm form;
    private final JsonGenerator json;

    ElasticQuery(ElasticForm form, JsonGenerator json) {
        this.form = form;
        this.json = json;
    }

    /// @throws com.databroker.core.ProblemException where it is nested too deeply
    void write(Query query) {
        write(query, 0);
    }

    private void write(Query query, int depth) {
        if (depth > DEPTH_MAX) {
            throw StreamQuery.wrong("the query has more than " + DEPTH_MAX
                    + " alternations of AND, OR and NOT within one another, which Elasticsearch does not take");
        }
        switch (query) {
            case ConstantScoreQuery constant -> write(constant.getQuery(), depth);
            case BooleanQuery all
            when isOne(all) -> write(all.clauses().getFirst().query(), depth);
            case BooleanQuery all -> combined(all, depth);
            case MatchAllDocsQuery all -> inside("match_all", () -> {});
            case MatchNoDocsQuery none -> inside("match_none", () -> {});
            case TermQuery term -> term(term.getTerm());
            case PhraseQuery phrase -> phrase(phrase);
            case PrefixQuery prefix -> field("prefix", prefix.getPrefix(), () -> {});
            case WildcardQuery wildcard -> field("wildcard", wildcard.getTerm(), () -> {});
            case RegexpQuery regexp ->
                field("regexp", regexp.getRegexp(), () -> {
                    json.writeStringProperty("flags", "NONE");
                    json.writeNumberProperty("max_determinized_states", StreamQueryTerms.REGEXP_WORK_MAX);
                });
            case FuzzyQuery fuzzy ->
                field("fuzzy", fuzzy.getTerm(), () -> {
                    json.writeNumberProperty("fuzziness", fuzzy.getMaxEdits());
                    json.writeNumberProperty("prefix_length", fuzzy.getPrefixLength());
                    json.writeBooleanProperty("transpositions", true);
                    // All words that are near, not the best of them.
                    json.writeStringProperty("rewrite", "constant_score");
                });
            case TermRangeQuery range -> range(range);
            case IndexSortSortedNumericDocValuesRangeQuery range -> write(range.getFallbackQuery(), depth);
            case IndexOrDocValuesQuery either -> write(either.getIndexQuery(), depth);
            case PointRangeQuery range ->
                numbers(
                        range.getField(),
                        LongPoint.decodeDimension(range.getLowerPoint(), 0),
                        LongPoint.decodeDimension(range.getUpperPoint(), 0));
            case FieldExistsQuery exists -> exists(exists.getField());
            default -> throw new IllegalStateException("no form in Elasticsearch for " + query.getClass());
        }
    }

    private static boolean isOne(BooleanQuery all) {
        return all.clauses().size() == 1 && all.clauses().getFirst().occur() != BooleanClause.Occur.MUST_NOT;
    }

    private void combined(BooleanQuery all, int depth) {
        List<Query> filters = new ArrayList<>(all.getClauses(BooleanClause.Occur.FILTER));
        filters.addAll(all.getClauses(BooleanClause.Occur.MUST));
        List<Query> either = List.copyOf(all.getClauses(BooleanClause.Occur.SHOULD));
        int least = Math.max(all.getMinimumNumberShouldMatch(), filters.isEmpty() && !either.isEmpty() ? 1 : 0);
        inside("bool", () -> {
            all("filter", filters, depth);
            all("must_not", List.copyOf(all.getClauses(BooleanClause.Occur.MUST_NOT)), depth);
            all("should", either, depth);
            if (!either.isEmpty()) {
                json.writeNumberProperty("minimum_should_match", least);
            }
        });
    }

    private void all(String occur, List<Query> parts, int depth) {
        if (!parts.isEmpty()) {
            json.writeName(occur);
            json.writeStartArray();
            parts.forEach(part -> write(part, depth + 1));
            json.writeEndArray();
        }
    }

    private void term(Term term) {
        if (term.field().equals(LuceneFields.TEXTS)) {
            exists(term.text());
        } else {
            field("term", term, () -> {});
        }
    }

    private void exists(String field) {
        inside("exists", () -> json.writeStringProperty("field", form.place(field)));
    }

    private void field(String kind, Term term, Runnable more) {
        inside(kind, () -> {
            json.writeName(form.place(term.field()));
            json.writeStartObject();
            json.writeStringProperty("value", term.text());
            more.run();
            json.writeEndObject();
        });
    }

    private void phrase(PhraseQuery phrase) {
        inside("match_phrase", () -> {
            json.writeName(form.place(phrase.getField()));
            json.writeStartObject();
            json.writeStringProperty(
                    "query", Arrays.stream(phrase.getTerms()).map(Term::text).collect(Collectors.joining(" ")));
            json.writeNumberProperty("slop", phrase.getSlop());
            json.writeEndObject();
        });
    }

    private void range(TermRangeQuery range) {
        inside("range", () -> {
            json.writeName(form.place(range.getField()));
            json.writeStartObject();
            bound(range.includesLower() ? "gte" : "gt", range.getLowerTerm());
            bound(range.includesUpper() ? "lte" : "lt", range.getUpperTerm());
            json.writeEndObject();
        });
    }

    private void bound(String name, @Nullable BytesRef term) {
        if (term != null) {
            json.writeStringProperty(name, term.utf8ToString());
        }
    }

    private void numbers(String field, long low, long high) {
        // A bound that its type cannot hold would be refused.
        boolean small = form.fields().types().get(field) == FieldType.Scalar.INT;
        long from = small ? Math.max(low, Integer.MIN_VALUE) : low;
        long to = small ? Math.min(high, Integer.MAX_VALUE) : high;
        if (from > to) {
            inside("match_none", () -> {});
        } else {
            longs(form.place(field), from, to);
        }
    }

    /// Numbers of a field of documents from `low` to `high`, both included.
    void longs(String place, long low, long high) {
        inside("range", () -> {
            json.writeName(place);
            json.writeStartObject();
            json.writeNumberProperty("gte", low);
            json.writeNumberProperty("lte", high);
            json.writeEndObject();
        });
    }

    private void inside(String kind, Runnable content) {
        json.writeStartObject();
        json.writeName(kind);
        json.writeStartObject();
        content.run();
        json.writeEndObject();
        json.writeEndObject();
    }
}
