package com.databroker.core;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes one component of a configuration record: file, environment, flags, schema and reference page follow from
/// it.
///
/// The key is the component's name with dashes (`queueBytesMax` is `queue-bytes-max`) below the keys of the records
/// around it.
/// The record's constructor checks values that belong together and throws [IllegalArgumentException] with a full
/// sentence.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /// What it does, one or two sentences for an operator.
    String value();

    /// The default as it would stand in the file: `64MiB`, `30s`, `127.0.0.1`, `true`; empty for none. Ignored on
    /// nested records.
    String otherwise() default "";

    /// Another environment variable that sets it, where its field has one that everybody knows, as
    /// `KAFKA_BOOTSTRAP_SERVERS`; that of the key goes before it. Empty for none.
    String variable() default "";

    /// Whether the value must never be printed.
    boolean secret() default false;

    /// Of a map of records: whether its names are written as those of fields, with underscores and without dashes.
    boolean fieldNames() default false;

    /// Of a map of records: whether its names are those of types of objects, as `OrderItem`.
    boolean typeNames() default false;

    /// The least number, byte count or number of milliseconds.
    long min() default Long.MIN_VALUE;

    /// The greatest.
    long max() default Long.MAX_VALUE;
}
