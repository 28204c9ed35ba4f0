package com.databroker.streams;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/// Tells Flink the form of a stream's arrivals, so that it does not look for one itself.
final class ArrivalType extends TypeInformation<Arrival> {
    private static final long serialVersionUID = 1;

    private final Schema schema;

    ArrivalType(Schema schema) {
        this.schema = schema;
    }

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return 1;
    }

    @Override
    public int getTotalFields() {
        return 1;
    }

    @Override
    public Class<Arrival> getTypeClass() {
        return Arrival.class;
    }

    @Override
    public boolean isKeyType() {
        return false;
    }

    @Override
    public TypeSerializer<Arrival> createSerializer(SerializerConfig config) {
        return new ArrivalSerializer(schema);
    }

    @Override
    public String toString() {
        return "arrivals of " + schema.name();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ArrivalType type && schema.equals(type.schema);
    }

    @Override
    public int hashCode() {
        return schema.hashCode();
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof ArrivalType;
    }
}
