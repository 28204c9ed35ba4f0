package com.databroker.streams;

import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Literal;
import io.delta.kernel.expressions.Predicate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.FieldExistsQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PointRangeQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.NumericUtils;
import org.jspecify.annotations.Nullable;

/// Says quickly of most records whether a query finds them, by looking at their values as they are. Where the
/// answer depends on how a text falls into words it may be [Answer#MAYBE]: then [StreamQueryMatcher] decides.
///
/// It is read off what Lucene would execute, so there is one meaning of a query; what it does not know is a
/// [Answer#MAYBE]. Immutable.
final class ColdFilter {
    /// Whether a record is found.
    enum Answer {
        NO,
        MAYBE,
        YES;

        static Answer of(boolean yes) {
            return yes ? YES : NO;
        }

        Answer not() {
            return this == YES ? NO : this == NO ? YES : MAYBE;
        }
    }

    private interface Test {
        /// @param value the values of a record's fields, by place
        Answer test(ColdField.Values value);
    }

    private static final Test UNKNOWN = value -> Answer.MAYBE;

    private final Schema schema;
    private final Map<String, FieldType.Scalar> types;
    private final Test test;
    private final List<Predicate> conditions = new ArrayList<>();

    ColdFilter(Schema schema, LuceneFields fields, Query query) {
        this.schema = schema;
        this.types = fields.types();
        this.test = test(query);
        conditions(query);
    }

    /// @param value the values of a record's fields, by place; only of those that the query names
    Answer test(ColdField.Values value) {
        return test.test(value);
    }

    /// What every record meets that is found, for parts of files that say what lies within them.
    List<Predicate> conditions() {
        return conditions;
    }

    private Test test(Query query) {
        return switch (query) {
            case MatchAllDocsQuery all -> value -> Answer.YES;
            case MatchNoDocsQuery none -> value -> Answer.NO;
            case ConstantScoreQuery constant -> test(constant.getQuery());
            case BooleanQuery both -> test(both);
            case TermQuery term -> test(term.getTerm());
            case PhraseQuery phrase -> phrase(phrase);
            case PrefixQuery prefix -> prefix(prefix.getPrefix());
            case FieldExistsQuery exists -> exists(exists.getField());
            default -> {
                Span span = Span.of(query);
                yield span == null ? UNKNOWN : range(span);
            }
        };
    }

    private Test test(BooleanQuery query) {
        List<Test> must = new ArrayList<>();
        List<Test> should = new ArrayList<>();
        for (BooleanClause clause : query) {
            Test inner = test(clause.query());
            switch (clause.occur()) {
                case MUST, FILTER -> must.add(inner);
                case MUST_NOT -> must.add(value -> inner.test(value).not());
                case SHOULD -> should.add(inner);
            }
        }
        int least = Math.max(query.getMinimumNumberShouldMatch(), must.isEmpty() ? 1 : 0);
        if (!should.isEmpty() && least > 0) {
            must.add(value -> atLeast(least, should, value));
        }
        return value -> all(must, value);
    }

    private static Answer all(List<Test> tests, ColdField.Values value) {
        Answer least = Answer.YES;
        for (Test each : tests) {
            Answer answer = each.test(value);
            if (answer == Answer.NO) {
                return answer;
            }
            least = answer.compareTo(least) < 0 ? answer : least;
        }
        return least;
    }

    private static Answer atLeast(int least, List<Test> tests, ColdField.Values value) {
        int yes = 0;
        int maybe = 0;
        for (Test each : tests) {
            switch (each.test(value)) {
                case YES -> yes++;
                case MAYBE -> maybe++;
                case NO -> {
                    // It counts for nothing.
                }
            }
            if (yes >= least) {
                return Answer.YES;
            }
        }
        return yes + maybe < least ? Answer.NO : Answer.MAYBE;
    }

    private Test test(Term term) {
        String text = term.text();
        if (term.field().equals(LuceneFields.TEXTS)) {
            ColdField field = ColdField.of(schema, text);
            return value -> Answer.of(field.any(value, each -> true));
        }
        FieldType.Scalar type = types.get(term.field());
        if (type == null) {
            return UNKNOWN;
        }
        ColdField field = ColdField.of(schema, term.field());
        return switch (type) {
            case KEYWORD -> value -> Answer.of(field.any(value, text::equals));
            case BOOL -> value -> Answer.of(field.any(value, each -> text.equals(each.toString())));
            case TEXT -> word(field, text);
            case INT, LONG, TIME, DOUBLE, JSON -> UNKNOWN;
        };
    }

    private Test word(ColdField field, String stem) {
        ColdWord word = ColdWord.of(stem);
        return word == null
                ? UNKNOWN
                : value -> field.any(value, each -> word.mayBeIn((String) each)) ? Answer.MAYBE : Answer.NO;
    }

    private Test phrase(PhraseQuery phrase) {
        List<Test> words = new ArrayList<>();
        for (Term term : phrase.getTerms()) {
            words.add(test(term));
        }
        return value -> all(words, value) == Answer.NO ? Answer.NO : Answer.MAYBE;
    }

    private Test prefix(Term prefix) {
        FieldType.Scalar type = types.get(prefix.field());
        ColdField field = ColdField.of(schema, prefix.field());
        String begin = prefix.text();
        if (type == FieldType.Scalar.KEYWORD) {
            // A value that is too long is in no index, whatever it begins with.
            return value -> field.any(value, each -> ((String) each).startsWith(begin) && isShort((String) each))
                    ? Answer.YES
                    : field.any(value, each -> ((String) each).startsWith(begin)) ? Answer.MAYBE : Answer.NO;
        }
        return type == FieldType.Scalar.TEXT ? word(field, begin) : UNKNOWN;
    }

    private static boolean isShort(String value) {
        return value.length() <= LuceneFields.KEYWORD_BYTES_MAX / 3;
    }

    /// A value that is there may still be in no index: one that is too long, or is no number.
    private Test exists(String name) {
        ColdField field = ColdField.of(schema, name);
        return value -> field.any(value, each -> true) ? Answer.MAYBE : Answer.NO;
    }

    private Test range(Span span) {
        FieldType.Scalar type = types.get(span.field);
        ColdField field = ColdField.of(schema, span.field);
        if (type == FieldType.Scalar.DOUBLE) {
            double low = NumericUtils.sortableLongToDouble(span.low);
            double high = NumericUtils.sortableLongToDouble(span.high);
            // Of the two zeroes the index knows one, and adding it to the other makes that one.
            return value ->
                    Answer.of(field.any(value, each -> (double) each + 0.0 >= low && (double) each + 0.0 <= high));
        }
        return value -> Answer.of(field.any(
                value, each -> ((Number) each).longValue() >= span.low && ((Number) each).longValue() <= span.high));
    }

    /// Numbers from `low` to `high`, in the order in which an index keeps them.
    private record Span(String field, long low, long high) {
        /// Null where a query is no range of numbers.
        static @Nullable Span of(Query query) {
            List<PointRangeQuery> found = new ArrayList<>();
            query.visit(new QueryVisitor() {
                @Override
                public void visitLeaf(Query leaf) {
                    if (leaf instanceof PointRangeQuery range) {
                        found.add(range);
                    }
                }
            });
            if (found.size() != 1 || found.getFirst().getBytesPerDim() != Long.BYTES) {
                return null;
            }
            PointRangeQuery range = found.getFirst();
            return new Span(
                    range.getField(),
                    NumericUtils.sortableBytesToLong(range.getLowerPoint(), 0),
                    NumericUtils.sortableBytesToLong(range.getUpperPoint(), 0));
        }
    }

    private void conditions(Query query) {
        switch (query) {
            case ConstantScoreQuery constant -> conditions(constant.getQuery());
            case BooleanQuery both ->
                both.clauses().stream().filter(BooleanClause::isRequired).forEach(clause -> conditions(clause.query()));
            case TermQuery term -> {
                if (isColumn(term.getTerm().field(), FieldType.Scalar.KEYWORD)) {
                    conditions.add(new Predicate(
                            "=",
                            new Column(term.getTerm().field()),
                            Literal.ofString(term.getTerm().text())));
                }
            }
            default -> {
                Span span = Span.of(query);
                if (span != null && isColumn(span.field, FieldType.Scalar.LONG)) {
                    conditions(span, Literal.ofLong(span.low), Literal.ofLong(span.high));
                } else if (span != null && isColumn(span.field, FieldType.Scalar.TIME)) {
                    conditions(span, Literal.ofTimestamp(span.low), Literal.ofTimestamp(span.high));
                }
            }
        }
    }

    private void conditions(Span span, Literal low, Literal high) {
        if (span.low > Long.MIN_VALUE) {
            conditions.add(new Predicate(">=", new Column(span.field), low));
        }
        if (span.high < Long.MAX_VALUE) {
            conditions.add(new Predicate("<=", new Column(span.field), high));
        }
    }

    private boolean isColumn(String name, FieldType.Scalar type) {
        int place = schema.place(name);
        return place >= 0 && schema.field(place).type().equals(type);
    }
}
