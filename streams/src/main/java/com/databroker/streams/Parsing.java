package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Text;
import java.time.Instant;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple6;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/// The step of the job that makes records of what was collected; what cannot become one goes to the dead, and the
/// job goes on.
final class Parsing extends ProcessFunction<Tuple6<String, byte[], Integer, Long, Long, Long>, Arrival>
        implements CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1;
    private static final long MICROS_PER_MILLI = 1000;

    /// Those that no record can be made of: their place `topic/partition/offset`, the reason, the bytes,
    /// the id.
    static final OutputTag<Tuple4<String, String, byte[], String>> DEAD = new OutputTag<>("dead", dead());

    private final Source source;
    private final KafkaAddress kafka;
    private transient @Nullable RecordParser parser;
    private transient @Nullable SafeOffsets safe;
    private transient @Nullable ListState<Tuple2<Integer, Long>> state;

    Parsing(Source source, KafkaAddress kafka) {
        this.source = source;
        this.kafka = kafka;
    }

    static TypeInformation<Tuple4<String, String, byte[], String>> dead() {
        return Types.TUPLE(Types.STRING, Types.STRING, Types.PRIMITIVE_ARRAY(Types.BYTE), Types.STRING);
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        state = context.getOperatorStateStore()
                .getUnionListState(new ListStateDescriptor<>("safe", Types.TUPLE(Types.INT, Types.LONG)));
        SafeOffsets offsets = new SafeOffsets(source, kafka);
        safe = offsets;
        if (getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0) {
            offsets.restored(state.get());
        }
    }

    @Override
    public void open(OpenContext context) {
        parser = source.parser();
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        Objects.requireNonNull(state).update(safe().checkpoint(context.getCheckpointId()));
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
        safe().complete(checkpoint);
    }

    private SafeOffsets safe() {
        return Objects.requireNonNull(safe);
    }

    @Override
    public void close() {
        if (safe != null) {
            safe.close();
        }
    }

    @Override
    public void processElement(
            Tuple6<String, byte[], Integer, Long, Long, Long> raw, Context context, Collector<Arrival> out) {
        safe().passed(raw.f2, raw.f3);
        try {
            out.collect(parse(raw));
        } catch (PoisonException poison) {
            context.output(DEAD, Tuple4.of(place(raw), poison.reason(), raw.f1, raw.f0));
        } catch (RuntimeException unforeseen) {
            // A mistake in a parser must not stop the stream for all the records behind.
            String reason = "the parser failed: " + Text.excerpt(unforeseen.toString());
            context.output(DEAD, Tuple4.of(place(raw), reason, raw.f1, raw.f0));
        }
    }

    private Arrival parse(Tuple6<String, byte[], Integer, Long, Long, Long> raw) throws PoisonException {
        if (raw.f0.isEmpty()) {
            throw new PoisonException("the record has no key; its key is its id");
        }
        RecordParser ready = Objects.requireNonNull(parser);
        boolean replay = raw.f5 != RawRecords.NO_REPLAY;
        long millis = replay ? raw.f5 : raw.f4;
        DataRecord record = ready.parse(new Collected(raw.f0, Bytes.wrap(raw.f1)), Instant.ofEpochMilli(millis));
        long arrived = millis * MICROS_PER_MILLI;
        Long time = (Long) record.get(source.timeField());
        return new Arrival(record, time == null ? arrived : time, arrived, raw.f2, raw.f3, replay);
    }

    private String place(Tuple6<String, byte[], Integer, Long, Long, Long> raw) {
        return source.topic().name() + "/" + raw.f2 + "/" + raw.f3;
    }
}
