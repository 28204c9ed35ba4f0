package com.databroker.client;

import com.databroker.core.ObjectKey;
import org.jspecify.annotations.Nullable;

/// An object of the broker. Interfaces that extend it show its fields, references and methods by name:
///
/// ```java
/// @Exposed("Person")
/// interface Person extends Entity {
///     String name();              // a field
///     Person name(String value);  // written in a session
///     Dept dept();                // a reference: another object
///     Many<Task> tasks();         // a collection
///     Receipt raise(double pct);  // whatever else: runs on the broker
/// }
/// ```
///
/// An object in hand never changes. While nothing newer is known there is one for each key, whoever asks
/// for it. Equal are those of the same key.
public interface Entity {
    /// Which object it is. Of one that is being created, a temporary key.
    ObjectKey objectKey();

    /// Whether something newer is known; get it again to see it.
    boolean obsolete();

    /// A field, a reference (an [Entity]) or a collection (a [Many]) by its name.
    @Nullable
    Object get(String name);

    /// Writes a field. Only for an object of a session, see [ObjectSession#edit].
    Entity set(String name, @Nullable Object value);

    /// Calls a method on the broker.
    @Nullable
    Object call(String method, @Nullable Object... args);
}
