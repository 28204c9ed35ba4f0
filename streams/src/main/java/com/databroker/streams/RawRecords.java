package com.databroker.streams;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// Takes records of the raw topic into the job as they are: id, JSON, partition, offset, time stamp in milliseconds.
///
/// It never refuses one, since a failure here would be repeated for ever: what is wrong with a record is said by
/// [Parsing], which knows where the dead go.
final class RawRecords implements KafkaRecordDeserializationSchema<Tuple5<String, byte[], Integer, Long, Long>> {
    private static final long serialVersionUID = 1;
    private static final byte[] NOTHING = new byte[0];

    @Override
    public void deserialize(
            ConsumerRecord<byte[], byte[]> record, Collector<Tuple5<String, byte[], Integer, Long, Long>> out) {
        String id = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        byte[] json = record.value() == null ? NOTHING : record.value();
        out.collect(Tuple5.of(id, json, record.partition(), record.offset(), record.timestamp()));
    }

    @Override
    public TypeInformation<Tuple5<String, byte[], Integer, Long, Long>> getProducedType() {
        return Types.TUPLE(Types.STRING, Types.PRIMITIVE_ARRAY(Types.BYTE), Types.INT, Types.LONG, Types.LONG);
    }
}
