package com.databroker.streams;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a query finds in the cold store: the places of the best hits, as many as could be among the first of the
/// answer, and counts.
///
/// ```
///   1. of all files that may match: id, times, and what the query looks at    ─▶ places of hits, counts
///   2. of the files in which the best hits are: those rows, whole             ─▶ hits
/// ```
/// Both steps end in time; what was not looked at then is said.
final class ColdHits implements ColdScan.Visitor {
    /// For each of the steps.
    static final Duration TIME_MAX = Duration.ofSeconds(10);

    private static final int ROWS_PER_LOOK = 256;

    /// The newest first; of the same time in the order of their ids.
    private static final Comparator<Place> NEWEST_FIRST =
            Comparator.comparingLong(Place::time).reversed().thenComparing(Place::id);

    private final Schema schema;
    private final StreamQuery query;
    private final StreamQueryMatcher matcher;
    private final @Nullable ColdCounts counts;
    private final PriorityQueue<Place> best = new PriorityQueue<>(NEWEST_FIRST.reversed());
    private final @Nullable Place worstOfFull;
    private final InstantSource clock;
    private Instant end;
    private int untilLook = ROWS_PER_LOOK;
    private @Nullable ColdEntry file;
    private long reached = Long.MAX_VALUE;
    private long matched;
    private boolean more;
    private @Nullable String partial;

    /// Where a hit is.
    ///
    /// @param file null for one of the hot store
    private record Place(long time, String id, @Nullable ColdEntry file) {}

    /// @param recent where they fill the answer, only what is newer than the last of them is of use
    ColdHits(Source source, StreamQuery query, List<StreamQuery.Hit> recent, InstantSource clock) {
        this.schema = source.schema();
        this.query = query;
        this.matcher = new StreamQueryMatcher(schema, query);
        this.counts = ColdCounts.wanted(query) ? new ColdCounts(schema, matcher.fields(), query) : null;
        StreamQuery.Hit last = recent.size() >= query.limit() ? recent.getLast() : null;
        this.worstOfFull = last == null ? null : new Place(last.time(), last.id(), null);
        this.clock = clock;
        this.end = clock.instant().plus(TIME_MAX);
    }

    /// What is read of the cold store for it.
    ///
    /// @param border only what arrived before
    ColdScan scan(long border) {
        Set<String> fields = new HashSet<>();
        for (String name : matcher.names()) {
            if (!name.equals(LuceneFields.TEXTS)) {
                fields.add(schema.field(ColdField.of(schema, name).column()).name());
            }
        }
        if (counts != null && counts.column() >= 0) {
            fields.add(schema.field(counts.column()).name());
        }
        ColdScan scan = within(query)
                .arrivedBefore(border)
                .with(fields, matcher.filter().conditions());
        StreamQuery.Cursor after = query.after();
        if (after != null && counts == null && (scan.to() == null || after.time() < scan.to())) {
            // The record at the cursor's own time may be followed by others of that time.
            return scan.before(after.time() + 1);
        }
        return scan;
    }

    /// The time that is asked for.
    static ColdScan within(StreamQuery query) {
        ColdScan scan = query.from() == null ? ColdScan.ALL : ColdScan.ALL.since(Arrival.micros(query.from()));
        return query.to() == null ? scan : scan.before(Arrival.micros(query.to()));
    }

    @Override
    public boolean goOn(long latest) {
        if (isLate()) {
            return false;
        }
        reached = latest;
        if (counts != null) {
            return true;
        }
        if (worstOfFull != null && latest < worstOfFull.time()) {
            return false;
        }
        Place worst = best.size() < query.limit() ? null : best.peek();
        return worst == null || latest >= worst.time();
    }

    @Override
    public void file(ColdEntry next) {
        file = next;
    }

    @Override
    public boolean row(ColdRow row) {
        if (--untilLook == 0) {
            untilLook = ROWS_PER_LOOK;
            if (isLate()) {
                return false;
            }
        }
        boolean behind = isBehind(row);
        if ((behind || counts != null) && matcher.matches(row)) {
            matched++;
            if (counts != null) {
                counts.add(row::value, row.time());
            }
            if (behind) {
                keep(row.time(), row);
            }
        }
        return true;
    }

    private void keep(long time, ColdRow row) {
        Place worst = best.size() < query.limit() ? worstOfFull : best.peek();
        if (worst != null && time < worst.time()) {
            more = true;
            return;
        }
        Place place = new Place(time, row.id(), file);
        if (worst != null && NEWEST_FIRST.compare(place, worst) >= 0) {
            more = true;
            return;
        }
        best.add(place);
        if (best.size() > query.limit()) {
            best.poll();
            more = true;
        }
    }

    private boolean isBehind(ColdRow row) {
        StreamQuery.Cursor after = query.after();
        return after == null
                || row.time() < after.time()
                || (row.time() == after.time() && row.id().compareTo(after.id()) > 0);
    }

    private boolean isLate() {
        if (partial != null) {
            return true;
        }
        if (clock.instant().isAfter(end)) {
            partial = "the cold store was read for " + TIME_MAX.toSeconds() + " s and not to its end"
                    + (reached == Long.MAX_VALUE
                            ? ""
                            : "; of what happened before " + RecordJson.time(reached) + " some may be missing")
                    + ": ask for less time, or with a field before each word";
            return true;
        }
        return false;
    }

    /// Reads the records that were found.
    List<StreamQuery.Hit> hits(ColdTable table) throws IOException {
        end = clock.instant().plus(TIME_MAX);
        Map<ColdEntry, Map<String, Place>> files = new HashMap<>();
        for (Place place : best) {
            files.computeIfAbsent(java.util.Objects.requireNonNull(place.file()), none -> new HashMap<>())
                    .put(place.id(), place);
        }
        List<StreamQuery.Hit> hits = new ArrayList<>();
        for (Map.Entry<ColdEntry, Map<String, Place>> each : files.entrySet()) {
            if (clock.instant().isAfter(end)) {
                partial = "not every record of the cold store was read in time: ask for fewer at once";
                break;
            }
            hits.addAll(read(table, each.getKey(), each.getValue()));
        }
        return hits;
    }

    private static List<StreamQuery.Hit> read(ColdTable table, ColdEntry file, Map<String, Place> wanted)
            throws IOException {
        List<StreamQuery.Hit> hits = new ArrayList<>();
        long least = wanted.values().stream().mapToLong(Place::time).min().orElseThrow();
        long greatest = wanted.values().stream().mapToLong(Place::time).max().orElseThrow();
        ColdScan scan = ColdScan.ALL.since(least);
        table.read(file, greatest == Long.MAX_VALUE ? scan : scan.before(greatest + 1), row -> {
            Place place = wanted.get(row.id());
            if (place != null && place.time() == row.time()) {
                wanted.remove(row.id());
                hits.add(StreamAnswer.hit(row.arrival()));
            }
            return !wanted.isEmpty();
        });
        return hits;
    }

    @Nullable
    ColdCounts counts() {
        return counts;
    }

    /// How many match of what was read.
    long matched() {
        return matched;
    }

    /// Whether something matched that is not among the best.
    boolean more() {
        return more;
    }

    /// Why something may be missing; null where nothing is.
    @Nullable
    String partial() {
        return partial;
    }
}
