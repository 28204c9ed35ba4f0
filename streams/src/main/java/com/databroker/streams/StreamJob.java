package com.databroker.streams;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple6;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/// The job of one stream, the same in this process and on a Flink cluster:
///
/// ```
///   raw topic ──▶ Parsing ──▶ Repeats ──▶ hot store    by id, safe at each checkpoint
///   (committed)      │       (if any)└──▶ cold store   one transaction of the table a checkpoint
///                    └──▶ topic of the dead
/// ```
///
/// @param earlier what the cold table knows
/// @param arrivals the form of an arrival between machines
record StreamJob(
        Source source,
        KafkaAddress kafka,
        Sink<Arrival> hot,
        Sink<Arrival> cold,
        Repeats.Earlier earlier,
        TypeInformation<Arrival> arrivals)
        implements Serializable {

    /// @param cold the folder of the cold table
    /// @param hot how the hot store is reached from where the job runs
    static StreamJob of(Source source, KafkaAddress kafka, String cold, HotStores.Opening hot) {
        return new StreamJob(
                source,
                kafka,
                new HotSink(source, hot),
                new ColdSink(cold, source, "cold"),
                new ColdIds(cold, source),
                new ArrivalType(source.schema()));
    }

    /// Under this name the job's consumers commit how far they are, for those who ask for its lag.
    static String group(Source source) {
        return "databroker-" + source.name();
    }

    /// By this name a cluster knows the job, whoever submitted it.
    static String name(String stream) {
        return "databroker-" + stream;
    }

    /// Adds the job's steps to `environment`.
    void define(StreamExecutionEnvironment environment) {
        KafkaSource<Tuple6<String, byte[], Integer, Long, Long, Long>> raw =
                KafkaSource.<Tuple6<String, byte[], Integer, Long, Long, Long>>builder()
                        .setProperties(kafka.properties())
                        .setBootstrapServers(kafka.bootstrap())
                        .setTopics(source.topic().name())
                        .setGroupId(group(source))
                        .setClientIdPrefix(group(source))
                        .setStartingOffsets(goOn())
                        .setProperty("isolation.level", "read_committed")
                        .setProperty("partition.discovery.interval.ms", "30000")
                        .setProperty("commit.offsets.on.checkpoint", "false")
                        .setDeserializer(new RawRecords())
                        .build();
        SingleOutputStreamOperator<Arrival> parsed = environment
                .fromSource(raw, WatermarkStrategy.noWatermarks(), "raw")
                .uid("raw")
                .process(new Parsing(source, kafka))
                .returns(arrivals)
                .name("parse")
                .uid("parse");
        parsed.getSideOutput(Parsing.DEAD).sinkTo(dead()).name("dead").uid("dead");
        DataStream<Arrival> once = parsed;
        if (source.repeats()) {
            once = parsed.process(new Repeats(earlier, source.granularity()))
                    .returns(arrivals)
                    .name("once")
                    .uid("once");
        }
        once.sinkTo(hot).name("hot").uid("hot");
        once.sinkTo(cold).name("cold").uid("cold");
    }

    /// From where the job was, and from the beginning where it never was. The connector knows the strategy by this name
    /// only.
    @SuppressWarnings("deprecation")
    private static OffsetsInitializer goOn() {
        return OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST);
    }

    /// After a failure some of the dead may come again, under the same key: their place in the raw topic.
    private KafkaSink<Tuple4<String, String, byte[], String>> dead() {
        String topic = source.topic().dead();
        return KafkaSink.<Tuple4<String, String, byte[], String>>builder()
                .setKafkaProducerConfig(kafka.properties())
                .setBootstrapServers(kafka.bootstrap())
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setRecordSerializer(new DeadRecords(topic))
                .build();
    }

    /// The form of the dead: key = place in the raw topic, value = the bytes as they were, headers for reason and id.
    private record DeadRecords(String topic)
            implements KafkaRecordSerializationSchema<Tuple4<String, String, byte[], String>> {
        private static final long serialVersionUID = 1;

        @Override
        public ProducerRecord<byte[], byte[]> serialize(
                Tuple4<String, String, byte[], String> dead, KafkaSinkContext context, Long timestamp) {
            RecordHeaders headers = new RecordHeaders();
            headers.add(DeadLetter.REASON, dead.f1.getBytes(StandardCharsets.UTF_8));
            headers.add(DeadLetter.ID, dead.f3.getBytes(StandardCharsets.UTF_8));
            return new ProducerRecord<>(topic, null, null, dead.f0.getBytes(StandardCharsets.UTF_8), dead.f2, headers);
        }
    }
}
