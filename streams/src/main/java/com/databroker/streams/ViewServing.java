package com.databroker.streams;

import io.delta.kernel.internal.SnapshotImpl;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One view: runs it, and answers for it between two runs. For any number of threads; runs come one after
/// the other.
///
/// ```
///                         arrived before the horizon          then or later
///   in version V          counted by the run                 ┐
///   committed after V     counted from those files, now      ├ counted in the hot store, now
///   not committed yet     counted as soon as it is committed ┘
/// ```
/// V is the version of the cold table that the run read. So each record is counted once, whenever it
/// arrived and for whatever day. Where the hot store does not go back to the horizon, the cold one is asked
/// for what lies between.
final class ViewServing {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int LOOK_AT_CLOCK = 1024;

    /// Terms are compared with the days before, which are all in memory then.
    private static final int TERMS_DAYS_MAX = 92;

    private final Source source;
    private final View view;
    private final ColdTable table;
    private final String tableLocation;
    private final HotStore hot;
    private final String location;
    private final InstantSource clock;

    private @Nullable ViewTable known;
    private Later later = new Later(-1, 0, List.of(), 0, true);

    /// What was committed after a run and arrived before its horizon, as far as the log was read.
    ///
    /// @param to the version up to which it was read
    private record Later(long from, long horizon, List<ColdEntry> files, long to, boolean isComplete) {}

    /// @param tableLocation of `table`, for those who open it elsewhere
    /// @param location of the view's own table
    ViewServing(View view, ColdTable table, String tableLocation, HotStore hot, String location, InstantSource clock) {
        this.tableLocation = tableLocation;
        this.source = table.source();
        this.view = view;
        this.table = table;
        this.hot = hot;
        this.location = location;
        this.clock = clock;
        // A wrong definition is told of at the start.
        new ViewKeys(source, view);
    }

    Source source() {
        return source;
    }

    View view() {
        return view;
    }

    /// Counts everything that arrived before `horizon`, in microseconds.
    void run(Views.Cluster flink, long horizon) throws IOException {
        ViewWork work = ViewWork.plan(table, tableLocation, view, location, horizon);
        if (work.days() != null && work.days().isEmpty()) {
            ViewTable.open(location, view).replace(work.base(), work.months(), List.of(), work.state());
        } else {
            flink.run(work);
        }
        new ColdVacuum(ViewTable.open(location, view), ColdTable.RETENTION_MIN, clock.instant()).run();
    }

    /// The table, null before the first run.
    private synchronized @Nullable ViewTable result() {
        if (known == null) {
            known = ViewTable.find(location, view);
        }
        return known;
    }

    /// What the last run left.
    record Left(Instant horizon, Instant ended, long rows) {}

    /// Null before the first run.
    @Nullable
    Left left() throws IOException {
        ViewTable result = result();
        if (result == null) {
            return null;
        }
        SnapshotImpl snapshot = result.latest();
        ViewTable.State state = ViewTable.state(snapshot);
        long rows = result.entries(snapshot).stream().mapToLong(ColdEntry::rows).sum();
        return state.isNone()
                ? null
                : new Left(
                        Arrival.instant(state.horizon()),
                        Instant.ofEpochMilli(snapshot.getTimestamp(result.engine())),
                        rows);
    }

    ViewAnswer answer(ViewQuery query) throws IOException {
        int from = Math.toIntExact(query.from().toEpochDay());
        int to = Math.toIntExact(query.to().toEpochDay());
        if (view.kind() == View.Kind.TERMS) {
            if (query.key() == null && to - from > TERMS_DAYS_MAX) {
                throw StreamQuery.wrong((to - from) + " days of terms are too many: ask for at most " + TERMS_DAYS_MAX);
            }
            from -= ViewScore.DAYS;
        }
        ViewTable result = result();
        SnapshotImpl snapshot = result == null ? null : result.latest();
        ViewTable.State state = snapshot == null ? ViewTable.State.NONE : ViewTable.state(snapshot);
        HotRange range = new HotRange(state.horizon(), from, to);
        ViewCounts recent = new ViewCounts(source, view, query.key());
        List<String> partial = new ArrayList<>();
        recent(range, state, recent, partial);
        if (recent.isFull()) {
            partial.add("more than " + ViewCounts.KEYS_MAX + " different keys came since the last run: run the view");
        }
        ViewMerge merge = new ViewMerge(view, query, recent);
        if (result != null && snapshot != null) {
            rows(result, snapshot, from, to, merge);
        }
        return new ViewAnswer(
                query,
                state.isNone() ? null : Arrival.instant(state.horizon()),
                state.cold(),
                partial.isEmpty() ? null : String.join("; ", partial),
                merge.answer());
    }

    private static void rows(ViewTable result, SnapshotImpl snapshot, int from, int to, ViewMerge into)
            throws IOException {
        LocalDate first = ViewTable.month(from);
        LocalDate end = LocalDate.ofEpochDay(to);
        List<ColdEntry> entries = result.entries(snapshot).stream()
                .filter(entry -> !entry.date().isBefore(first) && entry.date().isBefore(end))
                .toList();
        result.read(snapshot, entries, row -> {
            if (row.day() >= from && row.day() < to) {
                into.row(row);
            }
        });
    }

    /// What came since the run. The hot store is asked first: what it says is true of whatever version the
    /// cold one is in afterwards.
    private void recent(HotRange range, ViewTable.State state, ViewCounts into, List<String> partial)
            throws IOException {
        HotRange.Seen seen = view.kind() == View.Kind.VALUES
                ? hot.days(source, range, view.fields().getFirst(), into)
                : hot.each(source, range, into);
        if (seen.partial() != null) {
            partial.add(seen.partial());
        }
        if (state.isNone()) {
            partial.add("the view was not run yet, so only what arrived since " + Arrival.instant(seen.since())
                    + " is counted");
            return;
        }
        SnapshotImpl snapshot = table.latest();
        Later late = later(state, snapshot);
        if (!late.isComplete()) {
            partial.add("what was stored since the last run cannot be told apart any more: run the view");
        }
        Instant end = clock.instant().plus(PATIENCE);
        ColdScan scan = scan(range);
        boolean all = read(scan.arrivedBefore(state.horizon()), snapshot, late.files(), Long.MIN_VALUE, into, end);
        if (seen.since() > state.horizon()) {
            List<ColdEntry> between = table.list(snapshot).files().stream()
                    .filter(file -> file.arrived().greatest() >= state.horizon())
                    .toList();
            all &= read(scan.arrivedBefore(seen.since()), snapshot, between, state.horizon(), into, end);
        }
        if (!all) {
            partial.add("counting what was stored since the last run took longer than " + PATIENCE.toSeconds()
                    + " s and was ended: run the view");
        }
    }

    private static ColdScan scan(HotRange range) {
        ColdScan scan = ColdScan.ALL;
        if (range.fromMicros() > Long.MIN_VALUE) {
            scan = scan.since(range.fromMicros());
        }
        return range.lastMicros() < Long.MAX_VALUE ? scan.before(range.lastMicros() + 1) : scan;
    }

    private boolean read(
            ColdScan scan, SnapshotImpl snapshot, List<ColdEntry> files, long arrived, ViewCounts into, Instant end)
            throws IOException {
        int[] seen = new int[1];
        return new ColdReader(table, scan.with(into.columns(), List.of())).files(snapshot, files, each -> {
            if (each.arrived() >= arrived) {
                into.record(each.time(), each.record());
            }
            return ++seen[0] % LOOK_AT_CLOCK != 0 || clock.instant().isBefore(end);
        });
    }

    /// The log is read on from where it was read before: there is a commit for each checkpoint of the
    /// stream's job.
    private synchronized Later later(ViewTable.State state, SnapshotImpl snapshot) throws IOException {
        Later before = later;
        if (before.from() != state.cold() || before.horizon() != state.horizon()) {
            before = new Later(state.cold(), state.horizon(), List.of(), state.cold(), true);
        }
        if (before.to() < snapshot.getVersion() && before.isComplete()) {
            ColdChanges changes = ColdChanges.between(table, before.to(), snapshot.getVersion());
            List<ColdEntry> files = Stream.concat(
                            before.files().stream(),
                            changes.added().stream()
                                    .filter(file -> file.arrived().least() < state.horizon()))
                    .toList();
            before = new Later(state.cold(), state.horizon(), files, snapshot.getVersion(), changes.isComplete());
        }
        later = before;
        return before;
    }
}
