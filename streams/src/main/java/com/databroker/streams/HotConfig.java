package com.databroker.streams;

import java.nio.file.Path;
import java.time.Duration;

/// How the hot store in this process keeps records.
///
/// @param folder with one folder for each stream, and in it one index for each day of arrival
/// @param retention how long a record is found after it arrived
/// @param bytesMax from this size on the oldest day of all streams goes early
/// @param refresh after which what was put can be found; up to a second while much is put
/// @param timeout after which a search gives what it has, and says so
record HotConfig(Path folder, Duration retention, long bytesMax, Duration refresh, Duration timeout) {
    static final Duration RETENTION = Duration.ofDays(10);
    static final long BYTES_MAX = 20L << 30;
    static final Duration REFRESH = Duration.ofMillis(200);
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    HotConfig {
        if (retention.isNegative() || retention.isZero() || refresh.isNegative() || bytesMax <= 0) {
            throw new IllegalArgumentException("retention, refresh and size of the hot store are more than nothing");
        }
    }

    static HotConfig in(Path folder) {
        return new HotConfig(folder, RETENTION, BYTES_MAX, REFRESH, TIMEOUT);
    }
}
