package com.databroker.streams;

import io.delta.kernel.internal.SnapshotImpl;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple7;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/// One run of a view, as a job in batch mode:
///
/// ```
///   files of the cold table ──▶ Count ──▶ sum by day and key ──▶ Top of each day ──┐
///                                         (sorted on the disk)   (terms: Score)    ├─▶ ViewSink
///   files of the view's table ──▶ Kept: other days of the same months ─────────────┘   one transaction
/// ```
/// Flink sorts what does not fit into memory on the disk, so counts are exact however many keys there are;
/// what is kept of a day is bounded by [ViewWork#keysMax], the rest is summed up in one row.
final class ViewJob {
    /// Counts of a day and key, before they are added up. A key begins with [ViewRow#MARK]; all records of
    /// the day are counted under the empty text.
    private static final TypeInformation<Tuple3<Integer, String, Long>> PART =
            Types.TUPLE(Types.INT, Types.STRING, Types.LONG);

    private ViewJob() {}

    static void define(StreamExecutionEnvironment environment, ViewWork work) {
        environment.setRuntimeMode(RuntimeExecutionMode.BATCH);
        environment.setParallelism(1);
        DataStream<Tuple7<Integer, String, Long, Long, Long, Double, Double>> rows = environment
                .fromData(withOne(work.coldFiles()), Types.STRING)
                .name("cold files")
                .flatMap(new Count(work))
                .returns(PART)
                .name("count")
                .keyBy(part -> Tuple2.of(part.f0, part.f1), Types.TUPLE(Types.INT, Types.STRING))
                .reduce((left, right) -> Tuple3.of(left.f0, left.f1, left.f2 + right.f2))
                .name("sum")
                .keyBy(part -> part.f0, Types.INT)
                .process(new Top(work.keysMax()))
                .returns(ViewRow.TYPE)
                .name("top");
        if (work.view().kind() == View.Kind.TERMS) {
            rows = rows.flatMap(new Spread())
                    .returns(Types.TUPLE(Types.INT, ViewRow.TYPE))
                    .name("spread")
                    .keyBy(each -> each.f0, Types.INT)
                    .process(new Score())
                    .returns(ViewRow.TYPE)
                    .name("score");
        }
        DataStream<Tuple7<Integer, String, Long, Long, Long, Double, Double>> kept = environment
                .fromData("kept")
                .flatMap(new Kept(work))
                .returns(ViewRow.TYPE)
                .name("kept days");
        rows.filter(row -> work.isRenewed(row.f0))
                .union(kept)
                .sinkTo(new ViewSink(work))
                .name("table");
    }

    /// Flink takes no list without an element.
    private static List<String> withOne(List<String> paths) {
        return paths.isEmpty() ? List.of("") : paths;
    }

    /// Counts the keys of a file, and adds up what fits into memory.
    private static final class Count extends RichFlatMapFunction<String, Tuple3<Integer, String, Long>> {
        private static final long serialVersionUID = 1;
        private static final int PARTS_MAX = 1 << 16;

        private final ViewWork work;
        private transient @Nullable ColdTable table;
        private transient @Nullable SnapshotImpl snapshot;
        private transient @Nullable Map<String, ColdEntry> files;

        Count(ViewWork work) {
            this.work = work;
        }

        @Override
        public void open(OpenContext context) throws IOException {
            ColdTable opened = ColdTable.open(work.coldLocation(), work.source());
            SnapshotImpl version = opened.at(work.cold());
            files = opened.list(version).files().stream().collect(Collectors.toMap(ColdEntry::path, file -> file));
            table = opened;
            snapshot = version;
        }

        @Override
        public void flatMap(String path, Collector<Tuple3<Integer, String, Long>> out) throws IOException {
            ColdEntry file = Objects.requireNonNull(files).get(path);
            ColdTable opened = Objects.requireNonNull(table);
            SnapshotImpl version = Objects.requireNonNull(snapshot);
            if (file == null) {
                return;
            }
            ViewKeys keys = new ViewKeys(work.source(), work.view());
            Set<Integer> counted = work.counted();
            Map<Tuple2<Integer, String>, long[]> parts = new HashMap<>();
            Set<String> found = new HashSet<>();
            new ColdReader(opened, work.scan().with(keys.columns(), List.of())).files(version, List.of(file), each -> {
                int day = ViewKeys.day(each.time());
                if (counted == null || counted.contains(day)) {
                    found.clear();
                    keys.of(each.record(), found);
                    add(parts, day, "");
                    found.forEach(key -> add(parts, day, ViewRow.MARK + key));
                    if (parts.size() > PARTS_MAX) {
                        emit(parts, out);
                    }
                }
                return true;
            });
            emit(parts, out);
        }

        private static void add(Map<Tuple2<Integer, String>, long[]> parts, int day, String key) {
            parts.computeIfAbsent(Tuple2.of(day, key), none -> new long[1])[0]++;
        }

        private static void emit(
                Map<Tuple2<Integer, String>, long[]> parts, Collector<Tuple3<Integer, String, Long>> out) {
            parts.forEach((key, count) -> out.collect(Tuple3.of(key.f0, key.f1, count[0])));
            parts.clear();
        }
    }

    /// Keeps the most frequent keys of each day. Batch mode shows one day after the other.
    private static final class Top
            extends KeyedProcessFunction<
                    Integer, Tuple3<Integer, String, Long>, Tuple7<Integer, String, Long, Long, Long, Double, Double>> {
        private static final long serialVersionUID = 1;
        private static final Comparator<Tuple2<String, Long>> LEAST_FIRST = Comparator.comparingLong(
                        (Tuple2<String, Long> each) -> each.f1)
                .thenComparing(each -> each.f0, Comparator.reverseOrder());

        private final int keysMax;
        private transient @Nullable PriorityQueue<Tuple2<String, Long>> best;
        private transient long records;
        private transient long others;
        private transient long otherKeys;

        Top(int keysMax) {
            this.keysMax = keysMax;
        }

        @Override
        public void processElement(
                Tuple3<Integer, String, Long> part,
                Context context,
                Collector<Tuple7<Integer, String, Long, Long, Long, Double, Double>> out) {
            context.timerService().registerEventTimeTimer(Long.MAX_VALUE);
            if (part.f1.isEmpty()) {
                records = part.f2;
                return;
            }
            PriorityQueue<Tuple2<String, Long>> kept = best();
            kept.add(Tuple2.of(part.f1, part.f2));
            if (kept.size() > keysMax) {
                others += kept.remove().f1;
                otherKeys++;
            }
        }

        private PriorityQueue<Tuple2<String, Long>> best() {
            if (best == null) {
                best = new PriorityQueue<>(LEAST_FIRST);
            }
            return best;
        }

        @Override
        public void onTimer(
                long end,
                OnTimerContext context,
                Collector<Tuple7<Integer, String, Long, Long, Long, Double, Double>> out) {
            int day = context.getCurrentKey();
            best().forEach(each -> out.collect(Tuple7.of(day, each.f0, each.f1, 1L, records, Double.NaN, Double.NaN)));
            // Days without a key tell how many records they had, too.
            if (otherKeys > 0 || best().isEmpty()) {
                out.collect(Tuple7.of(day, "", others, otherKeys, records, Double.NaN, Double.NaN));
            }
            best().clear();
            records = 0;
            others = 0;
            otherKeys = 0;
        }
    }

    /// Shows the rows of a day to the days that are compared with it.
    private static final class Spread
            implements FlatMapFunction<
                    Tuple7<Integer, String, Long, Long, Long, Double, Double>,
                    Tuple2<Integer, Tuple7<Integer, String, Long, Long, Long, Double, Double>>> {
        private static final long serialVersionUID = 1;

        @Override
        public void flatMap(
                Tuple7<Integer, String, Long, Long, Long, Double, Double> row,
                Collector<Tuple2<Integer, Tuple7<Integer, String, Long, Long, Long, Double, Double>>> out) {
            for (int later = 0; later <= ViewScore.DAYS; later++) {
                out.collect(Tuple2.of(row.f0 + later, row));
            }
        }
    }

    /// Compares the rows of a day with those of the days before.
    private static final class Score
            extends KeyedProcessFunction<
                    Integer,
                    Tuple2<Integer, Tuple7<Integer, String, Long, Long, Long, Double, Double>>,
                    Tuple7<Integer, String, Long, Long, Long, Double, Double>> {
        private static final long serialVersionUID = 1;

        private transient @Nullable List<ViewRow> rows;

        @Override
        public void processElement(
                Tuple2<Integer, Tuple7<Integer, String, Long, Long, Long, Double, Double>> each,
                Context context,
                Collector<Tuple7<Integer, String, Long, Long, Long, Double, Double>> out) {
            context.timerService().registerEventTimeTimer(Long.MAX_VALUE);
            rows().add(ViewRow.of(each.f1));
        }

        private List<ViewRow> rows() {
            if (rows == null) {
                rows = new ArrayList<>();
            }
            return rows;
        }

        @Override
        public void onTimer(
                long end,
                OnTimerContext context,
                Collector<Tuple7<Integer, String, Long, Long, Long, Double, Double>> out) {
            int day = context.getCurrentKey();
            Map<String, Long> before = rows().stream()
                    .filter(row -> row.day() < day && row.key() != null)
                    .collect(Collectors.toMap(ViewRow::key, ViewRow::count, Long::sum));
            Map<Integer, Long> records = rows().stream()
                    .filter(row -> row.day() < day)
                    .collect(Collectors.toMap(ViewRow::day, ViewRow::records, Math::max));
            long recordsBefore =
                    records.values().stream().mapToLong(each -> each).sum();
            for (ViewRow row : rows()) {
                if (row.day() == day) {
                    double expected = row.key() == null
                            ? Double.NaN
                            : ViewScore.expected(row.records(), before.getOrDefault(row.key(), 0L), recordsBefore);
                    out.collect(row.scored(expected).tuple());
                }
            }
            rows().clear();
        }
    }

    /// The rows of days that stay as they are, of months in which others do not.
    private static final class Kept
            implements FlatMapFunction<String, Tuple7<Integer, String, Long, Long, Long, Double, Double>> {
        private static final long serialVersionUID = 1;

        private final ViewWork work;

        Kept(ViewWork work) {
            this.work = work;
        }

        @Override
        public void flatMap(String once, Collector<Tuple7<Integer, String, Long, Long, Long, Double, Double>> out)
                throws IOException {
            var months = work.months();
            if (months == null) {
                return;
            }
            ViewTable table = ViewTable.open(work.viewLocation(), work.view());
            var snapshot = table.at(work.base());
            List<ColdEntry> files = table.entries(snapshot).stream()
                    .filter(file -> months.contains(file.date()))
                    .toList();
            table.read(snapshot, files, row -> {
                if (!work.isRenewed(row.day())) {
                    out.collect(row.tuple());
                }
            });
        }
    }
}
