package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// Asks the hot and the cold store of a stream the same question, and makes one answer of the two.
///
/// ```
///            arrived:  ◀────────── cold ──────────┤├──────── hot ────────▶ now
///                                               border
/// ```
/// The border is where the hot store begins to be complete: its retention ago, or later where it had to drop a day.
/// The cold store is read only as far as it can hold something newer than the worst hit there is so far.
final class StreamSearch {
    private static final Comparator<StreamQuery.Hit> NEWEST_FIRST =
            Comparator.comparingLong(StreamQuery.Hit::time).reversed().thenComparing(StreamQuery.Hit::id);

    private final HotStore hot;

    StreamSearch(HotStore hot) {
        this.hot = hot;
    }

    /// @throws com.databroker.core.ProblemException where the query is wrong
    StreamAnswer search(Source source, ColdTable table, StreamQuery query) throws IOException {
        StreamQuery.Answer recent = hot.search(source, query);
        // The hot store says itself since when it is complete.
        long border = recent.since();
        ColdHits cold = new ColdHits(source, query, recent.hits());
        ColdScan.Result scanned = table.scan(scan(query, border), cold);
        List<StreamQuery.Hit> all = new ArrayList<>(recent.hits());
        all.addAll(cold.hits());
        all.sort(NEWEST_FIRST);
        List<StreamQuery.Hit> first = all.subList(0, Math.min(query.limit(), all.size()));
        boolean more = all.size() > first.size() || recent.next() != null || cold.more || !scanned.complete();
        return new StreamAnswer(
                first,
                recent.total() + cold.matched,
                recent.exact() && scanned.complete(),
                recent.partial(),
                more && !first.isEmpty() ? first.getLast().cursor() : null,
                border,
                new StreamAnswer.Read(
                        scanned.partitionsRead(), scanned.partitions(), scanned.filesRead(), scanned.files()),
                recent.values(),
                recent.steps());
    }

    private static ColdScan scan(StreamQuery query, long border) {
        ColdScan scan = ColdScan.ALL.arrivedBefore(border);
        if (query.from() != null) {
            scan = scan.since(Arrival.micros(query.from()));
        }
        StreamQuery.Cursor after = query.after();
        Long end = query.to() == null ? null : (Long) Arrival.micros(query.to());
        if (after != null && (end == null || after.time() < end)) {
            // The record at the cursor's own time may be followed by others of that time.
            end = after.time() + 1;
        }
        return end == null ? scan : scan.before(end);
    }

    /// The best hits of the cold store, as many as could be among the first of the answer.
    private static final class ColdHits implements ColdScan.Visitor {
        private final StreamQueryMatcher matcher;
        private final StreamQuery query;
        private final PriorityQueue<StreamQuery.Hit> best = new PriorityQueue<>(NEWEST_FIRST.reversed());
        private final StreamQuery.@Nullable Hit worstOfFull;
        private long matched;

        /// Whether something matched that is not among the best.
        private boolean more;

        /// @param recent where they fill the answer, only what is newer than the last of them is of use
        ColdHits(Source source, StreamQuery query, List<StreamQuery.Hit> recent) {
            this.query = query;
            this.matcher = new StreamQueryMatcher(source.schema(), query);
            this.worstOfFull = recent.size() >= query.limit() ? recent.getLast() : null;
        }

        @Override
        public boolean row(ColdRow row) {
            StreamQuery.Cursor after = query.after();
            if (after != null && !isBehind(row, after)) {
                return true;
            }
            Arrival arrival = row.arrival();
            if (matcher.matches(arrival.record(), arrival.time())) {
                matched++;
                StreamQuery.Hit hit = StreamAnswer.hit(arrival);
                if (worstOfFull == null || NEWEST_FIRST.compare(hit, worstOfFull) < 0) {
                    best.add(hit);
                    if (best.size() > query.limit()) {
                        best.poll();
                        more = true;
                    }
                } else {
                    more = true;
                }
            }
            return true;
        }

        private static boolean isBehind(ColdRow row, StreamQuery.Cursor after) {
            return row.time() < after.time()
                    || (row.time() == after.time() && row.id().compareTo(after.id()) > 0);
        }

        @Override
        public boolean goOn(long latest) {
            if (worstOfFull != null && latest < worstOfFull.time()) {
                return false;
            }
            StreamQuery.Hit worst = best.size() < query.limit() ? null : best.peek();
            return worst == null || latest >= worst.time();
        }

        List<StreamQuery.Hit> hits() {
            return List.copyOf(best);
        }
    }
}
