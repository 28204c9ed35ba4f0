package com.databroker.streams;

import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/// Arrivals of one stream as bytes, between the steps of a job:
///
/// ```
///   time (long) │ arrived (long) │ partition (int) │ offset (long) │ replay (boolean) │ record, see DataRecordForm
/// ```
final class ArrivalSerializer extends TypeSerializer<Arrival> {
    private static final long serialVersionUID = 1;

    private final Schema schema;

    ArrivalSerializer(Schema schema) {
        this.schema = schema;
    }

    Schema schema() {
        return schema;
    }

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public TypeSerializer<Arrival> duplicate() {
        return this;
    }

    @Override
    public Arrival createInstance() {
        return new Arrival(DataRecord.of(schema).build(), 0, 0, 0, 0);
    }

    @Override
    public Arrival copy(Arrival from) {
        return from;
    }

    @Override
    public Arrival copy(Arrival from, Arrival reuse) {
        return from;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(Arrival arrival, DataOutputView target) throws IOException {
        target.writeLong(arrival.time());
        target.writeLong(arrival.arrived());
        target.writeInt(arrival.partition());
        target.writeLong(arrival.offset());
        target.writeBoolean(arrival.replay());
        DataRecordForm.write(arrival.record(), target);
    }

    @Override
    public Arrival deserialize(DataInputView source) throws IOException {
        long time = source.readLong();
        long arrived = source.readLong();
        int partition = source.readInt();
        long offset = source.readLong();
        boolean replay = source.readBoolean();
        return new Arrival(DataRecordForm.read(schema, source), time, arrived, partition, offset, replay);
    }

    @Override
    public Arrival deserialize(Arrival reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ArrivalSerializer serializer && schema.equals(serializer.schema);
    }

    @Override
    public int hashCode() {
        return schema.hashCode();
    }

    @Override
    public TypeSerializerSnapshot<Arrival> snapshotConfiguration() {
        return new Snapshot(schema);
    }

    /// What a checkpoint keeps of the serializer: the schema, so that what it wrote can be read after
    /// fields were added.
    ///
    /// Public, and with a constructor without parameters, because Flink makes it from the checkpoint by its
    /// name.
    public static final class Snapshot implements TypeSerializerSnapshot<Arrival> {
        private static final int VERSION = 1;

        private @Nullable Schema schema;

        public Snapshot() {}

        Snapshot(Schema schema) {
            this.schema = schema;
        }

        @Override
        public int getCurrentVersion() {
            return VERSION;
        }

        @Override
        public void writeSnapshot(DataOutputView out) throws IOException {
            SchemaForm.write(Objects.requireNonNull(schema), out);
        }

        @Override
        public void readSnapshot(int version, DataInputView in, ClassLoader loader) throws IOException {
            if (version != VERSION) {
                throw new IOException("the checkpoint was written by a newer databroker: form " + version
                        + " of a schema, and this one knows " + VERSION);
            }
            schema = SchemaForm.read(in);
        }

        @Override
        public TypeSerializer<Arrival> restoreSerializer() {
            return new ArrivalSerializer(Objects.requireNonNull(schema));
        }

        @Override
        public TypeSerializerSchemaCompatibility<Arrival> resolveSchemaCompatibility(
                TypeSerializerSnapshot<Arrival> old) {
            boolean readable = old instanceof Snapshot before
                    && DataRecordForm.reads(before.schema, Objects.requireNonNull(schema));
            return readable
                    ? TypeSerializerSchemaCompatibility.compatibleAsIs()
                    : TypeSerializerSchemaCompatibility.incompatible();
        }
    }
}
