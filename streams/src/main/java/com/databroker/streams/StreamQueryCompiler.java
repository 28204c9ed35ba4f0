package com.databroker.streams;

import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.queryparser.flexible.core.QueryNodeException;
import org.apache.lucene.queryparser.flexible.core.nodes.AndQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.BoostQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.FieldQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.FuzzyQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.GroupQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.ModifierQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.OrQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.QueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.QuotedFieldQueryNode;
import org.apache.lucene.queryparser.flexible.core.nodes.SlopQueryNode;
import org.apache.lucene.queryparser.flexible.standard.nodes.IntervalQueryNode;
import org.apache.lucene.queryparser.flexible.standard.nodes.MinShouldMatchNode;
import org.apache.lucene.queryparser.flexible.standard.nodes.RegexpQueryNode;
import org.apache.lucene.queryparser.flexible.standard.nodes.TermRangeQueryNode;
import org.apache.lucene.queryparser.flexible.standard.parser.StandardSyntaxParser;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.jspecify.annotations.Nullable;

/// Makes what Lucene executes of what people write.
///
/// Lucene's own grammar takes the text apart; what its parts mean is decided here, by the types of the
/// schema. `AND` binds closer than `OR`, and words side by side must all occur, since answers come by
/// time: with any of them, the newest would seldom be meant. What a query means depends on nothing but
/// the schema, never on what the index holds, so that one record alone can be asked in the same way, see
/// [StreamQueryMatcher].
final class StreamQueryCompiler {
    /// Words, phrases and ranges of a query.
    static final int CLAUSES_MAX = 256;

    private static final int DEPTH_MAX = 64;

    /// Clauses times fields, and words of a text that has no blanks.
    private static final int LUCENE_CLAUSES_MAX = 1 << 16;

    static {
        IndexSearcher.setMaxClauseCount(LUCENE_CLAUSES_MAX);
    }

    private final StreamQueryTerms terms;
    private int clauses;

    private StreamQueryCompiler(LuceneFields fields) {
        terms = new StreamQueryTerms(fields);
    }

    /// @param fields that the query looks at, beside `id`
    record Compiled(Query query, Set<String> fields) {
        Compiled {
            fields = Set.copyOf(fields);
        }
    }

    /// @throws ProblemException [com.databroker.core.Problem#BAD_REQUEST] with what is wrong, and where
    static Compiled compile(LuceneFields fields, String q) {
        if (q.isBlank()) {
            return new Compiled(MatchAllDocsQuery.INSTANCE, Set.of());
        }
        try {
            QueryNode tree = new StandardSyntaxParser().parse(q, "");
            StreamQueryCompiler compiler = new StreamQueryCompiler(fields);
            Query query = compiler.query(tree, 0);
            return new Compiled(new ConstantScoreQuery(query), new HashSet<>(compiler.terms.seen()));
        } catch (QueryNodeException unreadable) {
            throw StreamQuery.wrong("the query \"" + Text.excerpt(q) + "\" cannot be read: " + reason(unreadable));
        } catch (IndexSearcher.TooManyClauses tooMany) {
            throw StreamQuery.wrong("the query asks for too much at once: fewer words, or a field for each");
        }
    }

    /// The grammar's own words, in one line, without the list of everything that would have been
    /// possible.
    private static String reason(QueryNodeException unreadable) {
        String message = String.valueOf(unreadable.getMessage());
        int place = message.indexOf("Encountered");
        int end = message.indexOf("Was expecting");
        String reason = message.substring(Math.max(place, 0), end > place ? end : message.length());
        reason = reason.replaceAll("\\s+", " ").strip();
        return Text.excerpt(
                reason.isEmpty() ? "close what is open, and put a backslash before + - ! ( ) : / \"" : reason);
    }

    private Query query(QueryNode node, int depth) {
        if (depth > DEPTH_MAX) {
            throw StreamQuery.wrong("the query has more than " + DEPTH_MAX + " parentheses within one another");
        }
        return switch (node) {
            case GroupQueryNode group -> query(group.getChild(), depth + 1);
            case BoostQueryNode boost -> query(boost.getChild(), depth + 1);
            case ModifierQueryNode modifier -> conjunction(List.of(modifier), depth);
            case OrQueryNode or -> disjunction(children(or), depth, 1);
            case AndQueryNode and -> conjunction(children(and), depth);
            case MinShouldMatchNode atLeast -> atLeast(atLeast, depth);
            case TermRangeQueryNode range -> counted(terms.range(range));
            case RegexpQueryNode regexp ->
                counted(terms.regexp(regexp.getFieldAsString(), regexp.getText().toString()));
            case SlopQueryNode slop ->
                counted(terms.phrase((FieldQueryNode) slop.getChild(), Math.max(0, slop.getValue())));
            case FuzzyQueryNode fuzzy -> counted(terms.fuzzy(fuzzy));
            case QuotedFieldQueryNode phrase -> counted(terms.phrase(phrase, 0));
            case FieldQueryNode word -> counted(terms.word(word));
            case IntervalQueryNode interval ->
                throw StreamQuery.wrong("functions (fn:) are not part of this language: use \"a phrase\"~5");
            default -> {
                List<QueryNode> children = children(node);
                if (children.isEmpty()) {
                    throw StreamQuery.wrong(
                            "the query has a part that has no meaning here: " + Text.excerpt(node.toString()));
                }
                yield conjunction(children, depth);
            }
        };
    }

    private static List<QueryNode> children(QueryNode node) {
        List<QueryNode> children = node.getChildren();
        return children == null ? List.of() : children;
    }

    private Query counted(Query query) {
        clauses++;
        if (clauses > CLAUSES_MAX) {
            throw StreamQuery.wrong("the query has more than " + CLAUSES_MAX + " words, phrases and ranges");
        }
        return query;
    }

    /// All of them, but those that are negated.
    private Query conjunction(List<QueryNode> parts, int depth) {
        BooleanQuery.Builder all = new BooleanQuery.Builder();
        boolean positive = false;
        for (QueryNode part : parts) {
            QueryNode negated = negated(part);
            if (negated != null) {
                all.add(query(negated, depth + 1), Occur.MUST_NOT);
            } else {
                all.add(query(unmodified(part), depth + 1), Occur.FILTER);
                positive = true;
            }
        }
        if (!positive) {
            all.add(MatchAllDocsQuery.INSTANCE, Occur.FILTER);
        }
        return all.build();
    }

    private Query disjunction(List<QueryNode> parts, int depth, int atLeast) {
        BooleanQuery.Builder any = new BooleanQuery.Builder().setMinimumNumberShouldMatch(atLeast);
        for (QueryNode part : parts) {
            any.add(
                    negated(part) == null ? query(unmodified(part), depth + 1) : conjunction(List.of(part), depth + 1),
                    Occur.SHOULD);
        }
        return any.build();
    }

    private Query atLeast(MinShouldMatchNode node, int depth) {
        QueryNode group = node.groupQueryNode.getChild();
        List<QueryNode> parts = children(group);
        if (group instanceof FieldQueryNode || parts.isEmpty()) {
            parts = List.of(group);
        }
        if (node.minShouldMatch < 1) {
            throw StreamQuery.wrong("at least " + node.minShouldMatch + " of a group means nothing: write @1 or more");
        }
        if (node.minShouldMatch > parts.size()) {
            parts.forEach(part -> query(unmodified(part), depth + 1));
            return new MatchNoDocsQuery("fewer parts than asked for");
        }
        return disjunction(new ArrayList<>(parts), depth, node.minShouldMatch);
    }

    private static @Nullable QueryNode negated(QueryNode part) {
        return part instanceof ModifierQueryNode modifier
                        && modifier.getModifier() == ModifierQueryNode.Modifier.MOD_NOT
                ? modifier.getChild()
                : null;
    }

    private static QueryNode unmodified(QueryNode part) {
        return part instanceof ModifierQueryNode modifier ? modifier.getChild() : part;
    }
}
