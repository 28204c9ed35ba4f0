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
/// @param head what of the body has to stand in front of the bytes so that a reader knows what they are, as a
///     row with the names of columns; empty where nothing has to
public record DeadLetter(
        String place,
        String reason,
        Instant at,
        Bytes bytes,
        long offset,
        @Nullable String id,
        Bytes head) {
    /// The header with the reason.
    static final String REASON = "reason";

    /// The header with the id of a record that was collected; what a reader could not take apart has none.
    static final String ID = "id";

    /// The header with what stands in front of the bytes, where something has to.
    static final String HEAD = "head";
}
