package com.databroker.streams;

import java.io.Serializable;
import java.time.Duration;

/// The Kafka topic in which collected records rest until the job has them, and for a while after.
///
/// @param partitions on a cluster; the embedded broker makes at most `partitionsEmbedded`
public record RawTopic(String name, int partitions, int partitionsEmbedded, Duration retention)
        implements Serializable {
    /// Where records go that the job could not read, with the reason.
    public String dead() {
        return name + "_dead";
    }
}
