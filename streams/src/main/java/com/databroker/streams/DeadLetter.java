package com.databroker.streams;

import com.databroker.core.Bytes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What could not become a record, kept until somebody has looked at it.
///
/// @param place where it was found: `topic/partition/offset` of the raw topic, or the body and the position in it
/// @param reason what is wrong with it
/// @param at when it was set aside
/// @param bytes as they were, cut where a reader found much
/// @param offset in the topic of the dead, by which it is named
/// @param id of a record that was collected; null of what a reader could not take apart
public record DeadLetter(
        String place,
        String reason,
        Instant at,
        Bytes bytes,
        long offset,
        @Nullable String id) {
    /// The header with the reason.
    static final String REASON = "reason";

    /// The header with the id of a record that was collected; what a reader could not take apart has none.
    static final String ID = "id";
}
