package com.databroker.streams;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple6;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/// Takes records of the raw topic into the job as they are: id, JSON, partition, offset, time stamp in milliseconds,
/// and of those that are replayed when they arrived at first.
///
/// It never refuses one, since a failure here would be repeated for ever: what is wrong with a record is said by
/// [Parsing], which knows where the dead go.
final class RawRecords implements KafkaRecordDeserializationSchema<Tuple6<String, byte[], Integer, Long, Long, Long>> {
    private static final long serialVersionUID = 1;
    private static final byte[] NOTHING = new byte[0];

    /// The header of a record that is replayed: when it arrived at first, in milliseconds since 1970, as digits. The
    /// time stamp cannot say so: by it Kafka decides when a record is old enough to go.
    static final String REPLAY = "replay";

    /// Of a record that is not replayed.
    static final long NO_REPLAY = -1;

    private static final int RECORDS_PER_LOOK = 256;

    private transient int untilLook;

    @Override
    public void deserialize(
            ConsumerRecord<byte[], byte[]> record, Collector<Tuple6<String, byte[], Integer, Long, Long, Long>> out) {
        if (--untilLook < 0) {
            untilLook = RECORDS_PER_LOOK;
            if (Backlog.isMuch()) {
                Backlog.letPass();
            }
        }
        String id = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        byte[] json = record.value() == null ? NOTHING : record.value();
        out.collect(Tuple6.of(id, json, record.partition(), record.offset(), record.timestamp(), replay(record)));
    }

    private static long replay(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(REPLAY);
        if (header == null) {
            return NO_REPLAY;
        }
        String digits = new String(header.value(), StandardCharsets.US_ASCII);
        return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : NO_REPLAY;
    }

    @Override
    public TypeInformation<Tuple6<String, byte[], Integer, Long, Long, Long>> getProducedType() {
        return Types.TUPLE(
                Types.STRING, Types.PRIMITIVE_ARRAY(Types.BYTE), Types.INT, Types.LONG, Types.LONG, Types.LONG);
    }
}
