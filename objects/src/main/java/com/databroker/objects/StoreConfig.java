package com.databroker.objects;

import com.databroker.core.Setting;
import com.databroker.objects.spi.StoreOverlay;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One database as a store of objects.
///
/// Where `entities` are named, its types are what they map, and not its tables.
public record StoreConfig(
        @Setting("Its address, `jdbc:postgresql://…` or `jdbc:h2:…`. Without one the broker keeps a database of its"
                + " own, in the data folder.")
        @Nullable
        String jdbc,

        @Setting("The user there.") @Nullable String user,

        @Setting(value = "The user's password.", secret = true) @Nullable
        String password,

        @Setting("The schema whose tables are types; where none is named, the one that the user finds first.") @Nullable
        String schema,

        @Setting(value = "Connections at one time, beside one that listens.", otherwise = "16", min = 1, max = 1000)
        int connectionsMax,

        @Setting(value = "Refuse every change by the broker, and make no tables of its own.", otherwise = "false")
        boolean readOnly,

        @Setting(
                value = "What a key is worth: with `key` whoever may read a type reads any object of it that it can"
                        + " name, with `capability` only those that it was shown.",
                otherwise = "key")
        Lookup lookup,

        @Setting(
                "Jars with classes that JPA maps, and folders of them, in the folder `objects` of the data folder where"
                        + " no other is named. The types are these classes then; see docs/reference/objects-hibernate.md.")
        List<String> entities,

        @Setting("An object and a field of it, as `Heartbeat/1.seen`, into which the broker writes the time every"
                + " objects.canary-interval, and listens as its clients do: so it is measured how long their"
                + " copies are old. The field is a text, a number or a time with its offset.")
        @Nullable
        String canary,

        @Setting(value = "What is not in the metadata of the database, by the names of types.", typeNames = true)
        Map<String, StoreOverlay> types) {
    /// What a key without its proof is worth.
    public enum Lookup {
        KEY,
        CAPABILITY
    }

    public StoreConfig {
        entities = List.copyOf(entities);
        types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
        if (canary != null) {
            CanaryField.parse(canary);
            if (readOnly) {
                throw new IllegalArgumentException(
                        "canary " + canary + ": the broker cannot change it where read-only is true.");
            }
        }
    }

    /// The defaults of every setting: a database of the broker's own.
    public static StoreConfig defaults() {
        return new StoreConfig(null, null, null, null, 16, false, Lookup.KEY, List.of(), null, Map.of());
    }

    /// These settings with another address.
    public StoreConfig at(String address, @Nullable String as, @Nullable String secret) {
        return new StoreConfig(address, as, secret, schema, connectionsMax, readOnly, lookup, entities, canary, types);
    }

    /// These settings with other types.
    public StoreConfig with(Map<String, StoreOverlay> others) {
        return new StoreConfig(
                jdbc, user, password, schema, connectionsMax, readOnly, lookup, entities, canary, others);
    }

    /// These settings with types that these jars map.
    public StoreConfig mapped(List<String> jars) {
        return new StoreConfig(jdbc, user, password, schema, connectionsMax, readOnly, lookup, jars, canary, types);
    }

    /// These settings with an object that the broker changes itself.
    StoreConfig watching(String object) {
        return new StoreConfig(jdbc, user, password, schema, connectionsMax, readOnly, lookup, entities, object, types);
    }

    @Override
    public String toString() {
        return "StoreConfig[" + schema + "]";
    }
}
