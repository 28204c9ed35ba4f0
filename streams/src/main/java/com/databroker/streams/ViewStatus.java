package com.databroker.streams;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How a view does.
///
/// @param asked runs that were asked for since the start, by people or by the clock
/// @param done how many of them ended, well or not
/// @param horizon up to which arrival the last good run counted; null where there was none
/// @param ended when that run was committed
/// @param millis how long it took; null where it was before the start of the broker
/// @param rows of the view's table
/// @param failure why the last run failed, empty where it did not
/// @param next when the clock will ask for a run; null where it never does
public record ViewStatus(
        String stream,
        View view,
        long asked,
        long done,
        @Nullable Instant horizon,
        @Nullable Instant ended,
        @Nullable Long millis,
        long rows,
        String failure,
        @Nullable Instant next) {
    /// Whether a run is under way, or waits for its turn.
    public boolean isRunning() {
        return done < asked;
    }
}
