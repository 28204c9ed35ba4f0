package com.databroker.streams;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the hot store holds of a stream.
///
/// @param documents that can be found
/// @param bytes on the disk
/// @param oldest arrival of what is kept, null where there is nothing
/// @param tooOld how many records came when they were past the retention already, and were left out
/// @param droppedEarly how many days, or parts of one, went before their time because the disk's limit
///     was reached
/// @param damage what was found broken since the start, one sentence each; empty where all is well
record HotStatus(
        String stream,
        long documents,
        long bytes,
        @Nullable Instant oldest,
        long tooOld,
        long droppedEarly,
        List<String> damage) {
    HotStatus {
        damage = List.copyOf(damage);
    }
}
