package com.databroker.objects;

import com.databroker.core.Setting;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// The objects plane: stores, and how long changes are remembered.
public record ObjectsConfig(
        @Setting("Databases, by a name of your choice.") Map<String, StoreConfig> stores,

        @Setting(
                value = "Keep one more store, `demo`, to try things with: companies, persons and their tasks, in the"
                        + " data folder. `databroker serve --demo` sets it.",
                otherwise = "false")
        boolean demo,

        @Setting(
                value = "How long a client may have been away and still hears what has changed, and how long a"
                        + " commit may be repeated safely.",
                otherwise = "24h",
                min = 60_000,
                max = 2_592_000_000L)
        Duration keep,

        @Setting(
                value = "How often a connection is told that nothing has changed.",
                otherwise = "15s",
                min = 100,
                max = 600_000)
        Duration beat,

        @Setting(
                value = "How often the canary of a store is changed, where it has one (objects.stores.<name>.canary).",
                otherwise = "10s",
                min = 100,
                max = 3_600_000)
        Duration canaryInterval) {
    public ObjectsConfig {
        stores = Collections.unmodifiableMap(new LinkedHashMap<>(stores));
        stores.keySet().forEach(name -> {
            if (!name.matches("[a-z][a-z0-9-]{0,31}")) {
                throw new IllegalArgumentException("objects.stores: \"" + name
                        + "\" is no name of a store: up to 32 lower-case letters, digits and dashes, a letter first.");
            }
        });
    }

    /// The defaults of every setting: no store.
    public static ObjectsConfig defaults() {
        return new ObjectsConfig(Map.of(), false, Duration.ofHours(24), Duration.ofSeconds(15), Duration.ofSeconds(10));
    }

    /// These settings with the store to try things with.
    ObjectsConfig withDemo() {
        return new ObjectsConfig(stores, true, keep, beat, canaryInterval);
    }

    /// These settings with other stores.
    public ObjectsConfig with(Map<String, StoreConfig> others) {
        return new ObjectsConfig(others, demo, keep, beat, canaryInterval);
    }
}
