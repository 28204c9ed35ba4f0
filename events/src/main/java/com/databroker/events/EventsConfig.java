package com.databroker.events;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.time.Duration;

/// Limits of the events plane.
public record EventsConfig(
        @Setting(
                value =
                        "Memory of the replay window: events of this many bytes can be asked for again, and a subscriber"
                                + " may fall behind by as much before it loses any.",
                otherwise = "64MiB",
                min = 1 << 20,
                max = 1L << 40)
        ByteSize window,

        @Setting(
                value = "Age at which an event leaves the replay window, even where there is room.",
                otherwise = "5m",
                min = 1000)
        Duration windowAge,

        @Setting(value = "Largest payload of one event.", otherwise = "1MiB", min = 1024, max = 1 << 28)
        ByteSize payloadMax,

        @Setting(value = "Subscriptions of one connection.", otherwise = "10000", min = 1, max = 1_000_000)
        int subscriptionsMax,

        @Setting(
                value = "Bytes that may wait in a connection's own buffer; beyond it the connection reads from the"
                        + " replay window when it can take more.",
                otherwise = "256KiB",
                min = 1 << 14,
                max = 1 << 28)
        ByteSize writeBuffer) {
    public EventsConfig {
        if (window.bytes() < 4 * payloadMax.bytes()) {
            throw new IllegalArgumentException(
                    "window (" + window + ") must hold at least four payloads of payload-max (" + payloadMax + ")");
        }
    }

    /// The defaults of every setting.
    public static EventsConfig defaults() {
        return new EventsConfig(
                new ByteSize(64 << 20), Duration.ofMinutes(5), new ByteSize(1 << 20), 10_000, new ByteSize(256 << 10));
    }
}
