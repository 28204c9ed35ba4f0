package com.databroker.streams;

import java.io.Serializable;

/// What a field of a record holds, and so how it is searched (hot) and stored (cold).
///
/// | type | in Java | hot | cold (Delta) |
/// | --- | --- | --- | --- |
/// | KEYWORD | String | found as a whole | string |
/// | TEXT | String | found by its words | string |
/// | JSON | String, one JSON value | kept, not searched | string |
/// | INT | Integer | range | integer |
/// | LONG | Long | range | long |
/// | DOUBLE | Double | range | double |
/// | BOOL | Boolean | true or false | boolean |
/// | TIME | Long, microseconds since 1970 UTC | range | timestamp |
/// | ListOf | List | by each element | array |
/// | StructOf | [DataRecord] | by its fields, as `outer.inner` | struct |
public sealed interface FieldType extends Serializable {
    FieldType KEYWORD = Scalar.KEYWORD;
    FieldType TEXT = Scalar.TEXT;
    FieldType JSON = Scalar.JSON;
    FieldType INT = Scalar.INT;
    FieldType LONG = Scalar.LONG;
    FieldType DOUBLE = Scalar.DOUBLE;
    FieldType BOOL = Scalar.BOOL;
    FieldType TIME = Scalar.TIME;

    /// A list of `element`.
    static FieldType listOf(FieldType element) {
        return new ListOf(element);
    }

    /// A record within the record.
    static FieldType structOf(Schema schema) {
        return new StructOf(schema);
    }

    /// A single value.
    enum Scalar implements FieldType {
        KEYWORD(String.class),
        TEXT(String.class),
        JSON(String.class),
        INT(Integer.class),
        LONG(Long.class),
        DOUBLE(Double.class),
        BOOL(Boolean.class),
        TIME(Long.class);

        private final Class<?> javaType;

        Scalar(Class<?> javaType) {
            this.javaType = javaType;
        }

        /// The class of its values.
        public Class<?> javaType() {
            return javaType;
        }
    }

    /// Any number of values, none of them null.
    record ListOf(FieldType element) implements FieldType {
        public ListOf {
            if (element instanceof ListOf) {
                throw new IllegalArgumentException("a list of lists has no form in the hot store");
            }
        }
    }

    /// A record within the record.
    record StructOf(Schema schema) implements FieldType {}
}
