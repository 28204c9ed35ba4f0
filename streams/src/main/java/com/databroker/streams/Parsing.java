package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Text;
import java.time.Instant;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/// The step of the job that makes records of what was collected; what cannot become one goes to the dead, and the
/// job goes on.
final class Parsing extends ProcessFunction<Tuple5<String, byte[], Integer, Long, Long>, Arrival> {
    private static final long serialVersionUID = 1;
    private static final long MICROS_PER_MILLI = 1000;

    /// Those that no record can be made of: their place `topic/partition/offset`, the reason, the bytes.
    static final OutputTag<Tuple3<String, String, byte[]>> DEAD = new OutputTag<>("dead", dead());

    private final Source source;
    private transient @Nullable RecordParser parser;

    Parsing(Source source) {
        this.source = source;
    }

    static TypeInformation<Tuple3<String, String, byte[]>> dead() {
        return Types.TUPLE(Types.STRING, Types.STRING, Types.PRIMITIVE_ARRAY(Types.BYTE));
    }

    @Override
    public void open(OpenContext context) {
        parser = source.parser();
    }

    @Override
    public void processElement(
            Tuple5<String, byte[], Integer, Long, Long> raw, Context context, Collector<Arrival> out) {
        try {
            out.collect(parse(raw));
        } catch (PoisonException poison) {
            context.output(DEAD, Tuple3.of(place(raw), poison.reason(), raw.f1));
        } catch (RuntimeException unforeseen) {
            // A mistake in a parser must not stop the stream for all the records behind.
            context.output(
                    DEAD, Tuple3.of(place(raw), "the parser failed: " + Text.excerpt(unforeseen.toString()), raw.f1));
        }
    }

    private Arrival parse(Tuple5<String, byte[], Integer, Long, Long> raw) throws PoisonException {
        if (raw.f0.isEmpty()) {
            throw new PoisonException("the record has no key; its key is its id");
        }
        RecordParser ready = java.util.Objects.requireNonNull(parser);
        Instant arrived = Instant.ofEpochMilli(raw.f4);
        DataRecord record = ready.parse(new Collected(raw.f0, Bytes.wrap(raw.f1)), arrived);
        long arrivedMicros = raw.f4 * MICROS_PER_MILLI;
        Long time = (Long) record.get(source.timeField());
        return new Arrival(record, time == null ? arrivedMicros : time, arrivedMicros, raw.f2, raw.f3);
    }

    private String place(Tuple5<String, byte[], Integer, Long, Long> raw) {
        return source.topic().name() + "/" + raw.f2 + "/" + raw.f3;
    }
}
