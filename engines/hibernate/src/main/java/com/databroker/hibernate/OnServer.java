package com.databroker.hibernate;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// On a method of an entity: clients may call it, and it runs on the server, in one transaction, which is
/// rolled back when it throws. A static method is one of the type.
///
/// What it changes by its session is told. It may be run again where the database says that it got in
/// the way of others. A parameter of type `jakarta.persistence.EntityManager` is given the session, one of
/// type `com.databroker.access.Principal` who calls; the others are arguments of the call, by the names
/// that the compiler kept (`-parameters`).
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface OnServer {
    /// Whether it changes nothing; then what it does to its objects is lost.
    boolean readOnly() default false;

    /// Whether the answer holds until the object changes.
    boolean cached() default false;
}
