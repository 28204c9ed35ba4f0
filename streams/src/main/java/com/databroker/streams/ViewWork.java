package com.databroker.streams;

import io.delta.kernel.internal.SnapshotImpl;
import java.io.IOException;
import java.io.Serializable;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What one run of a view has to do. It goes to other machines with the job.
///
/// @param coldLocation of the stream's table, in its version `cold`
/// @param horizon only what arrived before is counted, in microseconds
/// @param days whose rows are made anew; null for all there are
/// @param coldFiles paths of files that may hold something of them
/// @param viewLocation of the view's table, in its version `base`
/// @param definition see [ViewTable.State]
record ViewWork(
        Source source,
        View view,
        String coldLocation,
        long cold,
        long horizon,
        @Nullable HashSet<Integer> days,
        ArrayList<String> coldFiles,
        String viewLocation,
        long base,
        String definition)
        implements Serializable {
    /// Beyond so many, the keys of a day are one row.
    int keysMax() {
        return view.kind() == View.Kind.VALUES ? 10_000 : 2_000;
    }

    /// Changes with everything that decides what is counted.
    static String definition(View view) {
        return view.kind() + " " + String.join(" ", view.fields()) + " 1";
    }

    /// What the table says when it is done.
    ViewTable.State state() {
        return new ViewTable.State(cold, horizon, definition);
    }

    boolean isRenewed(int day) {
        return days == null || days.contains(day);
    }

    /// The days that are counted: of terms also those with which the renewed ones are compared.
    @Nullable
    Set<Integer> counted() {
        if (days == null || view.kind() == View.Kind.VALUES) {
            return days;
        }
        Set<Integer> counted = new HashSet<>();
        for (int day : days) {
            for (int before = 0; before <= ViewScore.DAYS; before++) {
                counted.add(day - before);
            }
        }
        return counted;
    }

    /// Months whose files are replaced; null for all.
    @Nullable
    Set<LocalDate> months() {
        if (days == null) {
            return null;
        }
        Set<LocalDate> months = new TreeSet<>();
        days.forEach(day -> months.add(ViewTable.month(day)));
        return months;
    }

    /// Finds out what has to be done, by what came since the last run.
    ///
    /// A day is counted anew where a row came for it: one that was committed since, or one that was there
    /// and arrived too late for the last run's horizon.
    static ViewWork plan(ColdTable table, String coldLocation, View view, String viewLocation, long horizon)
            throws IOException {
        ViewTable result = ViewTable.open(viewLocation, view);
        var present = result.latest();
        ViewTable.State before = ViewTable.state(present);
        var snapshot = table.latest();
        List<ColdEntry> files = table.list(snapshot).files();
        String definition = definition(view);
        HashSet<Integer> days = null;
        boolean goesOn = !before.isNone() && before.definition().equals(definition) && before.horizon() <= horizon;
        ColdChanges changes =
                goesOn ? ColdChanges.between(table, before.cold(), snapshot.getVersion()) : ColdChanges.UNKNOWN;
        if (changes.isComplete()) {
            days = changed(table, snapshot, changes.added(), before.horizon());
            if (view.kind() == View.Kind.TERMS) {
                // What comes for a day changes what is expected of those that follow.
                for (int day : List.copyOf(days)) {
                    for (int later = 1; later <= ViewScore.DAYS; later++) {
                        days.add(day + later);
                    }
                }
            }
        }
        ViewWork work = new ViewWork(
                table.source(),
                view,
                coldLocation,
                snapshot.getVersion(),
                horizon,
                days,
                new ArrayList<>(),
                viewLocation,
                present.getVersion(),
                definition);
        ColdScan scan = work.scan();
        files.stream()
                .filter(file -> scan.mayMatch(table.source().granularity(), file))
                .map(ColdEntry::path)
                .forEach(work.coldFiles::add);
        return work;
    }

    private static HashSet<Integer> changed(ColdTable table, SnapshotImpl snapshot, List<ColdEntry> added, long horizon)
            throws IOException {
        HashSet<Integer> days = new HashSet<>();
        ColdReader times = new ColdReader(table, ColdScan.ALL.ids());
        times.files(snapshot, added, row -> {
            days.add(ViewKeys.day(row.time()));
            return true;
        });
        Set<String> paths = added.stream().map(ColdEntry::path).collect(Collectors.toSet());
        List<ColdEntry> late = table.list(snapshot).files().stream()
                .filter(file -> file.arrived().greatest() >= horizon && !paths.contains(file.path()))
                .toList();
        times.files(snapshot, late, row -> {
            if (row.arrived() >= horizon) {
                days.add(ViewKeys.day(row.time()));
            }
            return true;
        });
        return days;
    }

    /// What is read of the cold table; within its bounds not every day is counted.
    ColdScan scan() {
        ColdScan scan = ColdScan.ALL.arrivedBefore(horizon);
        Set<Integer> counted = counted();
        if (counted == null) {
            return scan;
        }
        int first = counted.stream().mapToInt(day -> day).min().orElse(0);
        int last = counted.stream().mapToInt(day -> day).max().orElse(-1);
        return scan.since(ViewKeys.micros(first)).before(ViewKeys.micros(last + 1));
    }
}
