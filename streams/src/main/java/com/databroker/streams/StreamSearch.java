package com.databroker.streams;

import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks the hot and the cold store of a stream the same question, and makes one answer of the two.
///
/// ```
///            arrived:  ◀────────── cold ──────────┤├──────── hot ────────▶ now
///                                               border
/// ```
/// The border is where the hot store begins to be complete: its retention ago, or later where it had to drop a day.
/// The cold store is read only as far as it can hold something newer than the worst hit there is so far; all of what
/// is asked for where it is to be counted. It is asked in the same words, see [ColdHits].
final class StreamSearch {
    private static final Comparator<StreamQuery.Hit> NEWEST_FIRST =
            Comparator.comparingLong(StreamQuery.Hit::time).reversed().thenComparing(StreamQuery.Hit::id);

    /// While a search is under way, in microseconds.
    private static final long BORDER_MOVES = 60_000_000;

    private final HotStore hot;
    private final InstantSource clock;

    StreamSearch(HotStore hot, InstantSource clock) {
        this.hot = hot;
        this.clock = clock;
    }

    /// @throws com.databroker.core.ProblemException where the query is wrong
    StreamAnswer search(Source source, ColdTable table, StreamQuery query) throws IOException {
        StreamQuery.Answer recent;
        try (Span span = Trace.step("hot.search")) {
            recent = recent(source, table, query);
            span.put("databroker.hits", recent.total());
        }
        // The hot store says itself since when it is complete.
        long border = recent.since();
        ColdHits cold = new ColdHits(source, query, recent.hits(), clock);
        ColdScan.Result scanned;
        try (Span span = Trace.step("delta.read")) {
            scanned = table.scan(cold.scan(border), cold);
            span.put("databroker.files_read", scanned.filesRead()).put("databroker.files", scanned.files());
        }
        List<StreamQuery.Hit> all = new ArrayList<>(recent.hits());
        all.addAll(cold.hits(table));
        all.sort(NEWEST_FIRST);
        List<StreamQuery.Hit> first = all.subList(0, Math.min(query.limit(), all.size()));
        boolean more = all.size() > first.size() || recent.next() != null || cold.more() || !scanned.complete();
        ColdCounts counts = cold.counts();
        return new StreamAnswer(
                first,
                recent.total() + cold.matched(),
                recent.exact() && scanned.complete() && isCounted(table, query, cold, border),
                both(recent.partial(), cold.partial()),
                more && !first.isEmpty() ? first.getLast().cursor() : null,
                border,
                new StreamAnswer.Read(
                        scanned.partitionsRead(), scanned.partitions(), scanned.filesRead(), scanned.files()),
                counts == null ? List.of() : counts.values(recent.values()),
                counts == null ? List.of() : counts.steps(recent.steps()));
    }

    /// Whether the cold store was counted as a whole: on a later page it is looked at only behind the cursor.
    private static boolean isCounted(ColdTable table, StreamQuery query, ColdHits cold, long border)
            throws IOException {
        return query.after() == null
                || cold.counts() != null
                || !table.mayHold(ColdHits.within(query).arrivedBefore(border));
    }

    /// Of the values of a field the cold store may have others that are frequent than the hot one: then
    /// the hot one has to give many, which takes it long, and else no more than are asked for.
    private StreamQuery.Answer recent(Source source, ColdTable table, StreamQuery query) throws IOException {
        if (query.facet() == null) {
            return hot.search(source, query);
        }
        long since = hot.since(source);
        long border = since > Long.MAX_VALUE - BORDER_MOVES ? Long.MAX_VALUE : since + BORDER_MOVES;
        if (!table.mayHold(ColdHits.within(query).arrivedBefore(border))) {
            StreamQuery.Answer recent = hot.search(source, query);
            if (recent.since() <= border) {
                return recent;
            }
        }
        return hot.search(source, ColdCounts.wide(query));
    }

    private static @Nullable String both(@Nullable String one, @Nullable String other) {
        return one == null ? other : other == null ? one : one + "; " + other;
    }
}
