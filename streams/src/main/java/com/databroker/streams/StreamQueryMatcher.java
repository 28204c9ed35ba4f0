package com.databroker.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.memory.MemoryIndex;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.jspecify.annotations.Nullable;

/// Says of one record whether a query finds it, as the hot store would: for records that are in no index.
///
/// It makes an index of that one record, and of those of its fields only that the query looks at. Not for
/// more than one thread.
final class StreamQueryMatcher {
    private final LuceneFields fields;
    private final Set<String> names;
    private final ColdFilter filter;
    private final StreamQueryCompiler.@Nullable Compiled compiled;
    private final Predicate<String> wanted;
    private final long from;
    private final long to;
    private final MemoryIndex index = new MemoryIndex();
    private final List<IndexableField> parts = new ArrayList<>();

    /// @throws com.databroker.core.ProblemException where the query is wrong
    StreamQueryMatcher(Schema schema, StreamQuery query) {
        fields = new LuceneFields(schema);
        StreamQueryCompiler.Compiled all = StreamQueryCompiler.compile(fields, query.q());
        compiled = all.query() instanceof MatchAllDocsQuery ? null : all;
        names = all.fields();
        filter = new ColdFilter(schema, fields, all.query());
        wanted = names::contains;
        from = query.from() == null ? Long.MIN_VALUE : Arrival.micros(query.from());
        to = query.to() == null ? Long.MAX_VALUE : Arrival.micros(query.to());
    }

    LuceneFields fields() {
        return fields;
    }

    /// The fields that the query looks at.
    Set<String> names() {
        return names;
    }

    /// What tells quickly of most records.
    ColdFilter filter() {
        return filter;
    }

    /// @param row with the fields that the query looks at, and within its bounds of time
    boolean matches(ColdRow row) {
        return switch (filter.test(row::value)) {
            case YES -> true;
            case NO -> false;
            case MAYBE -> isIndexed(row.record());
        };
    }

    /// @param time when it happened, as [Arrival#time]
    boolean matches(DataRecord record, long time) {
        // Who asks for everything until the end of time means the last moment, too.
        if (time < from || (time >= to && to != Long.MAX_VALUE)) {
            return false;
        }
        return isIndexed(record);
    }

    private boolean isIndexed(DataRecord record) {
        if (compiled == null) {
            return true;
        }
        index.reset();
        parts.clear();
        fields.add(record, wanted, parts);
        for (IndexableField part : parts) {
            index.addField(part, LuceneText.ANALYZER);
        }
        return index.search(compiled.query()) > 0;
    }
}
