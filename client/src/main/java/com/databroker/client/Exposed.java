package com.databroker.client;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Names the type of objects that an interface shows. An [Entity] without it shows the type of its simple
/// name.
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Exposed {
    /// The name of the type, as the broker has it.
    String value();
}
