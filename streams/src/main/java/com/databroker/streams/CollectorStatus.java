package com.databroker.streams;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How a collector does; the counts are since the start.
///
/// @param lastPoll null before the first
/// @param nextPoll at the earliest; null where it has ended
/// @param notModified answers that said so
/// @param limited steps that the other side asked to put off
/// @param failures steps that failed, those apart
/// @param gaps how often something was probably missed
/// @param trouble why the last step failed, empty where it did not
/// @param note what the collector says of its last step
/// @param steps that were done
/// @param brought records of the last step
/// @param rejected parts that could not be read, of the last step
public record CollectorStatus(
        String name,
        String stream,
        @Nullable Instant lastPoll,
        @Nullable Instant nextPoll,
        long requests,
        long notModified,
        long limited,
        long failures,
        long gaps,
        String trouble,
        String note,
        long steps,
        long brought,
        long rejected) {}
