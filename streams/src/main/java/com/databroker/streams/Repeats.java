package com.databroker.streams;

import java.io.IOException;
import java.io.Serializable;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The step of the job that lets each record through once, however often and from wherever it was collected.
///
/// The cold table is its memory, so it forgets nothing: the ids of a partition of the table are read when the first
/// record for it comes, and kept while there is room. Of a stream whose partitions are longer than a day those of all
/// partitions are read at the first record, since the same id may come with the time of another one. What passed
/// since and is not in the table yet is the step's state, so that after a failure the two together are exactly what
/// passed before the checkpoint:
///
/// ```
///   passed before the checkpoint  =  committed to the table  ∪  pending in the state
/// ```
///
/// All records of one id come through one partition of the raw topic, since the id is its key, and so through one
/// thread of this step: the first one in the topic wins.
final class Repeats extends ProcessFunction<Arrival, Arrival> implements CheckpointedFunction {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(Repeats.class);
    private static final long IDS_BYTES_MAX = 96L << 20;
    private static final int PATIENCE = 16;
    private static final int ASKED_MAX = 8;

    /// What the table knows.
    interface Earlier extends Serializable {
        /// How many records each partition has, by its first day.
        Map<LocalDate, Long> partitions() throws IOException;

        /// Tells every id of the partition that begins at `date`.
        void ids(LocalDate date, Consumer<String> to) throws IOException;

        /// Whether an id is in that partition.
        boolean has(LocalDate date, String id) throws IOException;
    }

    /// Ids that passed before a checkpoint and may not be in the table.
    private record Pending(long checkpoint, Map<LocalDate, List<String>> ids) {}

    private final Earlier earlier;
    private final Granularity granularity;

    private transient boolean recalled;
    private transient @Nullable Map<LocalDate, IdSet> known;
    private transient @Nullable Deque<Pending> pending;
    private transient @Nullable Map<LocalDate, List<String>> passed;
    private transient @Nullable ListState<Tuple3<Long, Integer, String>> state;

    Repeats(Earlier earlier, Granularity granularity) {
        this.earlier = earlier;
        this.granularity = granularity;
    }

    @Override
    public void open(OpenContext context) {
        getRuntimeContext().getMetricGroup().gauge("knownIds", this::knownIds);
    }

    private long knownIds() {
        return known().values().stream().mapToLong(IdSet::size).sum();
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        known = new LinkedHashMap<>(16, 0.75f, true);
        pending = new ArrayDeque<>();
        passed = new LinkedHashMap<>();
        // Every thread gets all of it, since partitions of the topic may have moved between threads.
        state = context.getOperatorStateStore()
                .getUnionListState(
                        new ListStateDescriptor<>("pending", Types.TUPLE(Types.LONG, Types.INT, Types.STRING)));
        Map<Long, Map<LocalDate, List<String>>> restored = new TreeMap<>();
        for (Tuple3<Long, Integer, String> each : state.get()) {
            restored.computeIfAbsent(each.f0, none -> new LinkedHashMap<>())
                    .computeIfAbsent(LocalDate.ofEpochDay(each.f1), none -> new ArrayList<>())
                    .add(each.f2);
        }
        restored.forEach((checkpoint, ids) -> pending().add(new Pending(checkpoint, ids)));
    }

    @Override
    public void processElement(Arrival arrival, Context context, Collector<Arrival> out) throws IOException {
        LocalDate date = granularity.begin(arrival.day());
        String id = arrival.id();
        boolean fresh = isFresh(date, id);
        if (fresh) {
            passed().computeIfAbsent(date, none -> new ArrayList<>()).add(id);
        }
        // One that is replayed is known for the most part: it passes since it replaces what is there.
        if (fresh || arrival.replay()) {
            out.collect(arrival);
        }
    }

    private boolean isFresh(LocalDate date, String id) throws IOException {
        boolean slow = granularity != Granularity.DAY;
        if (slow && !recalled) {
            recall();
            recalled = true;
        }
        IdSet own = known().get(date);
        if (own == null) {
            own = load(date);
        }
        IdSet.Print print = own.print(id);
        if (slow) {
            for (IdSet ids : known().values()) {
                if (ids.has(print)) {
                    return false;
                }
            }
        }
        return own.add(print);
    }

    /// Reads the ids of as many partitions as there is room for, of the newest ones; the oldest of these are the first
    /// to be forgotten.
    private void recall() throws IOException {
        NavigableMap<LocalDate, Long> counts = new TreeMap<>(earlier.partitions());
        for (Pending each : pending()) {
            each.ids().forEach((date, ids) -> counts.merge(date, (long) ids.size(), Long::sum));
        }
        Deque<LocalDate> newest = new ArrayDeque<>();
        long bytes = 0;
        for (Map.Entry<LocalDate, Long> each : counts.descendingMap().entrySet()) {
            bytes += IdSet.bytesAtMost(each.getValue());
            if (bytes > IDS_BYTES_MAX) {
                LOG.atWarn()
                        .addKeyValue("known", newest.size())
                        .addKeyValue("partitions", counts.size())
                        .log("an id is looked for in so many partitions of the cold table: there is no room for more");
                break;
            }
            newest.addFirst(each.getKey());
        }
        for (LocalDate date : newest) {
            load(date);
        }
    }

    private IdSet load(LocalDate date) throws IOException {
        IdSet ids = new IdSet();
        earlier.ids(date, ids::add);
        for (Pending each : pending()) {
            each.ids().getOrDefault(date, List.of()).forEach(ids::add);
        }
        passed().getOrDefault(date, List.of()).forEach(ids::add);
        makeRoom(ids.bytes());
        known().put(date, ids);
        return ids;
    }

    /// Partitions that nobody asked for lately are forgotten, and read again when somebody does.
    private void makeRoom(long bytes) {
        long held = known().values().stream().mapToLong(IdSet::bytes).sum();
        var oldest = known().values().iterator();
        while (held + bytes > IDS_BYTES_MAX && oldest.hasNext()) {
            held -= oldest.next().bytes();
            oldest.remove();
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        if (!passed().isEmpty()) {
            pending().add(new Pending(context.getCheckpointId(), new LinkedHashMap<>(passed())));
            passed().clear();
        }
        forgetCommitted();
        List<Tuple3<Long, Integer, String>> all = new ArrayList<>();
        for (Pending each : pending()) {
            each.ids()
                    .forEach((date, ids) ->
                            ids.forEach(id -> all.add(Tuple3.of(each.checkpoint(), (int) date.toEpochDay(), id))));
        }
        Objects.requireNonNull(state).update(all);
    }

    /// A checkpoint's records are committed together, so where one of them is in the table, all are.
    private void forgetCommitted() throws IOException {
        while (!pending().isEmpty()) {
            if (!isCommitted(pending().getFirst())) {
                return;
            }
            pending().removeFirst();
        }
    }

    /// One id tells. Where that takes long, it may be one that was replayed and now lies in another partition, so
    /// others are asked, too.
    private boolean isCommitted(Pending each) throws IOException {
        int asked = pending().size() > PATIENCE ? ASKED_MAX : 1;
        for (Map.Entry<LocalDate, List<String>> ids : each.ids().entrySet()) {
            for (String id : ids.getValue()) {
                if (asked-- == 0) {
                    return false;
                }
                if (earlier.has(ids.getKey(), id)) {
                    return true;
                }
            }
        }
        return false;
    }

    private Map<LocalDate, IdSet> known() {
        return Objects.requireNonNull(known);
    }

    private Deque<Pending> pending() {
        return Objects.requireNonNull(pending);
    }

    private Map<LocalDate, List<String>> passed() {
        return Objects.requireNonNull(passed);
    }
}
