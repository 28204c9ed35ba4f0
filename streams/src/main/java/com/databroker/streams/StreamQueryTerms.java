package com.databroker.streams;

import com.databroker.core.Text;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.lucene.index.Term;
import org.apache.lucene.queryparser.flexible.core.nodes.FieldQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.FuzzyQueryNode;
import org.apache.lucene.queryparser.flexible.core.util.UnescapedCharSequence;
import org.apache.lucene.queryparser.flexible.standard.nodes.TermRangeQueryNode;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.FieldExistsQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.MultiTermQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.RegexpQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermRangeQuery;
import org.apache.lucene.search.WildcardQuery;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.QueryBuilder;
import org.apache.lucene.util.automaton.LevenshteinAutomata;
import org.apache.lucene.util.automaton.RegExp;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.jspecify.annotations.Nullable;

/// The single conditions of a query: a word, a phrase, a range, in one field or in all that hold words.
///
/// Not for more than one thread.
final class StreamQueryTerms {
    private static final int REGEXP_LENGTH_MAX = 256;
    static final int REGEXP_WORK_MAX = 10_000;
    private static final int WILDCARDS_MAX = 16;

    /// Of a word that is only nearly known, the first character is.
    private static final int FUZZY_PREFIX = 1;

    private static final QueryBuilder WORDS = new QueryBuilder(LuceneText.ANALYZER);

    private final Map<String, FieldType.Scalar> types;
    private final Set<String> seen = new HashSet<>();

    StreamQueryTerms(LuceneFields fields) {
        types = fields.types();
    }

    /// The fields that were asked about.
    Set<String> seen() {
        return seen;
    }

    private FieldType.Scalar type(String field) {
        FieldType.Scalar type = types.get(field);
        if (type == null) {
            String nearest = Text.nearest(field, types.keySet());
            throw StreamQuery.wrong("there is no field \"" + Text.excerpt(field) + "\""
                    + (nearest.isEmpty()
                            ? "; there are " + String.join(", ", types.keySet())
                            : ", did you mean " + nearest)
                    + "; where the colon belongs to a word, write \\: or put the word in quotes");
        }
        if (type == FieldType.Scalar.JSON) {
            throw StreamQuery.wrong("field " + field + " is kept, but not searched");
        }
        seen.add(field);
        return type;
    }

    /// What `condition` makes of a field; where none is named, of every field that holds words, any of
    /// which will do.
    private Query each(@Nullable String field, BiFunction<String, FieldType.Scalar, Query> condition) {
        if (field != null && !field.isEmpty()) {
            return condition.apply(field, type(field));
        }
        BooleanQuery.Builder any = new BooleanQuery.Builder();
        types.forEach((name, type) -> {
            if (type == FieldType.Scalar.TEXT || type == FieldType.Scalar.KEYWORD) {
                seen.add(name);
                any.add(condition.apply(name, type), Occur.SHOULD);
            }
        });
        return any.build();
    }

    Query word(FieldQueryNode node) {
        CharSequence text = node.getText();
        if (text.toString().equals("*") && !isEscaped(text, 0)) {
            String field = node.getFieldAsString();
            return field.isEmpty() || field.equals("*") ? MatchAllDocsQuery.INSTANCE : exists(field);
        }
        int wildcard = wildcard(text, 0);
        if (wildcard < 0) {
            String value = text.toString();
            return each(node.getFieldAsString(), (field, type) -> value(field, type, value));
        }
        if (wildcard == 0) {
            throw StreamQuery.wrong("\"" + Text.excerpt(text.toString())
                    + "\" begins with a wildcard, so every word would have to be looked at: begin with a letter");
        }
        return each(node.getFieldAsString(), (field, type) -> wildcards(field, type, text));
    }

    private Query exists(String field) {
        FieldType.Scalar type = type(field);
        if (type == FieldType.Scalar.TEXT) {
            seen.add(LuceneFields.TEXTS);
            return new TermQuery(new Term(LuceneFields.TEXTS, new BytesRef(field)));
        }
        return field.equals(LuceneFields.ID) ? MatchAllDocsQuery.INSTANCE : new FieldExistsQuery(field);
    }

    private static Query value(String field, FieldType.Scalar type, String value) {
        return switch (type) {
            case TEXT -> orNone(WORDS.createBooleanQuery(field, value, Occur.MUST));
            case KEYWORD -> new TermQuery(new Term(field, value));
            case BOOL -> new TermQuery(new Term(field, truth(field, value)));
            case INT, LONG -> range(field, StreamQueryValues.whole(field, value));
            case TIME -> range(field, StreamQueryValues.time(field, value));
            case DOUBLE -> {
                double number = StreamQueryValues.real(field, value);
                yield LuceneFields.range(field, number, number);
            }
            case JSON -> none();
        };
    }

    private static String truth(String field, String value) {
        String truth = value.toLowerCase(Locale.ROOT);
        if (!truth.equals("true") && !truth.equals("false")) {
            throw StreamQuery.wrong("field " + field + " is true or false, not \"" + Text.excerpt(value) + "\"");
        }
        return truth;
    }

    private static Query range(String field, StreamQueryValues.Span span) {
        return span.isEmpty() ? none() : LuceneFields.range(field, span.low(), span.high());
    }

    private static Query orNone(@Nullable Query query) {
        return query == null ? none() : query;
    }

    private static Query none() {
        return new MatchNoDocsQuery("no value can be that");
    }

    /// `"quick fox"~2`: of a field without words, it is the value as it stands between the quotes.
    Query phrase(FieldQueryNode node, int slop) {
        String text = node.getTextAsString();
        return each(
                node.getFieldAsString(),
                (field, type) -> type == FieldType.Scalar.TEXT
                        ? orNone(WORDS.createPhraseQuery(field, text, slop))
                        : value(field, type, text));
    }

    Query fuzzy(FuzzyQueryNode node) {
        float similarity = node.getSimilarity();
        String text = node.getTextAsString();
        int length = text.codePointCount(0, text.length());
        // Older queries give a part of the word's length.
        int edits = (int) (similarity >= 1 ? similarity : (1 - similarity) * length);
        int bounded = Math.min(edits, LevenshteinAutomata.MAXIMUM_SUPPORTED_DISTANCE);
        return each(node.getFieldAsString(), (field, type) -> nearly(field, type, text, bounded));
    }

    private static Query nearly(String field, FieldType.Scalar type, String text, int edits) {
        String word = known(field, type, text, "~");
        int prefix =
                Math.min(word.length(), Character.charCount(word.isEmpty() ? 'a' : word.codePointAt(0)) * FUZZY_PREFIX);
        if (word.length() <= prefix || edits == 0) {
            return new TermQuery(new Term(field, word));
        }
        // All words that are near, not the best of those that an index happens to hold.
        return new FuzzyQuery(
                new Term(field, word),
                edits,
                FUZZY_PREFIX,
                FuzzyQuery.defaultMaxExpansions,
                true,
                MultiTermQuery.CONSTANT_SCORE_REWRITE);
    }

    /// A word of which only a part is known, as the index writes it.
    private static String known(String field, FieldType.Scalar type, String text, String sign) {
        return switch (type) {
            case TEXT -> LuceneText.ANALYZER.normalize(field, text).utf8ToString();
            case KEYWORD -> text;
            default -> throw StreamQuery.wrong("field " + field + " holds no words: " + sign + " has no meaning there");
        };
    }

    Query regexp(String field, String text) {
        if (text.length() > REGEXP_LENGTH_MAX) {
            throw StreamQuery.wrong(
                    "a regular expression has " + text.length() + " characters, more than " + REGEXP_LENGTH_MAX);
        }
        return each(field, (name, type) -> {
            known(name, type, "", "/");
            try {
                return new RegexpQuery(
                        new Term(name, text), RegExp.NONE, RegexpQuery.DEFAULT_PROVIDER, REGEXP_WORK_MAX);
            } catch (TooComplexToDeterminizeException tooComplex) {
                throw StreamQuery.wrong("the regular expression /" + Text.excerpt(text) + "/ is too complex");
            } catch (IllegalArgumentException | StackOverflowError unreadable) {
                throw StreamQuery.wrong("the regular expression /" + Text.excerpt(text) + "/ cannot be read: "
                        + Text.excerpt(String.valueOf(unreadable.getMessage())));
            }
        });
    }

    Query range(TermRangeQueryNode node) {
        String low = bound(node.getLowerBound());
        String high = bound(node.getUpperBound());
        boolean withLow = node.isLowerInclusive();
        boolean withHigh = node.isUpperInclusive();
        String name = String.valueOf(node.getField());
        if (name.isEmpty()) {
            throw StreamQuery.wrong("a range needs a field before it: field:[a TO b]");
        }
        FieldType.Scalar type = type(name);
        return switch (type) {
            case KEYWORD ->
                new TermRangeQuery(
                        name,
                        low == null ? null : new BytesRef(low),
                        high == null ? null : new BytesRef(high),
                        low != null && withLow,
                        high != null && withHigh);
            case INT, LONG ->
                range(
                        name,
                        StreamQueryValues.between(
                                low == null ? null : StreamQueryValues.whole(name, low),
                                withLow,
                                high == null ? null : StreamQueryValues.whole(name, high),
                                withHigh));
            case TIME ->
                range(
                        name,
                        StreamQueryValues.between(
                                low == null ? null : StreamQueryValues.time(name, low),
                                withLow,
                                high == null ? null : StreamQueryValues.time(name, high),
                                withHigh));
            case DOUBLE -> reals(name, low, withLow, high, withHigh);
            case TEXT, BOOL, JSON ->
                throw StreamQuery.wrong("field " + name + " has no order: a range has no meaning there");
        };
    }

    private static Query reals(
            String name, @Nullable String low, boolean withLow, @Nullable String high, boolean withHigh) {
        double from = low == null ? Double.NEGATIVE_INFINITY : StreamQueryValues.real(name, low);
        double to = high == null ? Double.POSITIVE_INFINITY : StreamQueryValues.real(name, high);
        // Zero has one form in the index, so that the next above minus zero is above zero.
        from = low == null || withLow ? from : Math.nextUp(from);
        to = high == null || withHigh ? to : Math.nextDown(to);
        return from > to ? none() : LuceneFields.range(name, from, to);
    }

    /// Null where there is none.
    private static @Nullable String bound(FieldQueryNode node) {
        CharSequence text = node.getText();
        boolean open = text.isEmpty() || (text.toString().equals("*") && !isEscaped(text, 0));
        return open ? null : text.toString();
    }

    private static boolean isEscaped(CharSequence text, int place) {
        return text instanceof UnescapedCharSequence escapes && escapes.wasEscaped(place);
    }

    private static int wildcard(CharSequence text, int from) {
        for (int i = from; i < text.length(); i++) {
            if ((text.charAt(i) == '*' || text.charAt(i) == '?') && !isEscaped(text, i)) {
                return i;
            }
        }
        return -1;
    }

    private static Query wildcards(String field, FieldType.Scalar type, CharSequence text) {
        StringBuilder pattern = new StringBuilder();
        int begin = 0;
        int count = 0;
        for (int at = wildcard(text, 0); at >= 0; at = wildcard(text, begin)) {
            String part = known(field, type, text.subSequence(begin, at).toString(), "*");
            if (at == text.length() - 1 && text.charAt(at) == '*' && count == 0) {
                return new PrefixQuery(new Term(field, part));
            }
            literal(part, pattern);
            pattern.append(text.charAt(at));
            begin = at + 1;
            count++;
        }
        if (count > WILDCARDS_MAX) {
            throw StreamQuery.wrong(
                    "\"" + Text.excerpt(text.toString()) + "\" has more than " + WILDCARDS_MAX + " wildcards");
        }
        literal(known(field, type, text.subSequence(begin, text.length()).toString(), "*"), pattern);
        try {
            return new WildcardQuery(new Term(field, pattern.toString()), REGEXP_WORK_MAX);
        } catch (TooComplexToDeterminizeException tooComplex) {
            throw StreamQuery.wrong("the wildcards of \"" + Text.excerpt(text.toString()) + "\" are too complex");
        }
    }

    /// Adds what is no wildcard, whatever it looks like.
    private static void literal(String text, StringBuilder pattern) {
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            if (each == WildcardQuery.WILDCARD_STRING
                    || each == WildcardQuery.WILDCARD_CHAR
                    || each == WildcardQuery.WILDCARD_ESCAPE) {
                pattern.append(WildcardQuery.WILDCARD_ESCAPE);
            }
            pattern.append(each);
        }
    }
}
