package com.databroker.streams;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How the last replay of a stream does.
///
/// @param detail why it failed, empty where it did not
/// @param bodies that are taken again
/// @param done of them
/// @param missing of them: gone before their turn came
/// @param records that came of them
/// @param rejected parts that could not be read
public record ReplayStatus(
        Phase phase,
        String detail,
        int bodies,
        int done,
        int missing,
        long records,
        long rejected,
        @Nullable Instant began,
        @Nullable Instant ended) {
    /// Before the first since the start of the broker.
    static final ReplayStatus NONE = new ReplayStatus(Phase.NONE, "", 0, 0, 0, 0, 0, null, null);

    /// What a replay is doing.
    public enum Phase {
        /// There was none since the start of the broker.
        NONE,
        /// Bodies are being taken.
        RUNNING,
        /// All were taken; when the stream's lag is 0, what came of them is in place.
        DONE,
        /// It ended early, and may be begun again.
        FAILED
    }

    static ReplayStatus begun(Instant now) {
        return new ReplayStatus(Phase.RUNNING, "", 0, 0, 0, 0, 0, now, null);
    }

    ReplayStatus of(int all) {
        return new ReplayStatus(phase, detail, all, done, missing, records, rejected, began, ended);
    }

    ReplayStatus missed() {
        return new ReplayStatus(phase, detail, bodies, done, missing + 1, records, rejected, began, ended);
    }

    ReplayStatus plus(Ingest.Progress more) {
        return new ReplayStatus(
                phase,
                detail,
                bodies,
                done + 1,
                missing,
                records + more.records(),
                rejected + more.rejected(),
                began,
                ended);
    }

    ReplayStatus ended(Phase how, String why, Instant now) {
        return new ReplayStatus(how, why, bodies, done, missing, records, rejected, began, now);
    }
}
