package com.databroker.streams;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The streams plane: its engines, where it keeps what, and for how long.
public record StreamsConfig(
        @Setting(value = "Whether there is one.", otherwise = "true")
        boolean enabled,

        @Setting(
                value = "Port of the embedded Kafka on loopback; 0 takes a free one.",
                otherwise = "0",
                min = 0,
                max = 65_535)
        int kafkaPort,

        @Setting(
                value =
                        "How often a job makes what it did safe: the longest that the cold store lags behind, and what is"
                                + " done again after a kill.",
                otherwise = "10s",
                min = 100,
                max = 3_600_000)
        Duration checkpointInterval,

        @Setting(value = "Threads of each job.", otherwise = "1", min = 1, max = 256)
        int parallelism,

        @Setting(
                value = "How long a record is kept in the hot store, from its arrival.",
                otherwise = "10d",
                min = 60_000,
                max = 31_536_000_000L)
        Duration hotAge,

        @Setting(
                value = "Room for the hot store on the disk; beyond it the oldest day goes early.",
                otherwise = "20GiB",
                min = 1 << 20)
        ByteSize hotSizeMax,

        @Setting("Folder of the cold store's tables; `streams/cold` in the data folder where it is not named.")
        @Nullable
        Path coldFolder,

        @Setting("What is fetched from outside, and how.") CollectorsConfig collectors) {
    /// The defaults of every setting.
    public static StreamsConfig defaults() {
        return new StreamsConfig(
                true,
                0,
                Duration.ofSeconds(10),
                1,
                Duration.ofDays(10),
                new ByteSize(20L << 30),
                null,
                CollectorsConfig.defaults());
    }

    /// These settings with another interval of checkpoints.
    public StreamsConfig withCheckpointInterval(Duration interval) {
        return new StreamsConfig(enabled, kafkaPort, interval, parallelism, hotAge, hotSizeMax, coldFolder, collectors);
    }
}
