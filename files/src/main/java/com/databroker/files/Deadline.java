package com.databroker.files;

import java.time.Duration;

/// How long a check may take: what takes a few bytes to write may take hours to check.
final class Deadline {
    private static final int STEPS_PER_LOOK = 256;

    private final Duration limit;
    private final long start = System.nanoTime();
    private int steps;

    Deadline(Duration limit) {
        this.limit = limit;
    }

    /// To be called at every step; looks at the clock at some of them, the first among them.
    ///
    /// @throws com.databroker.core.ProblemException VALIDATION_FAILED when the time is over
    void check() {
        if (steps++ % STEPS_PER_LOOK == 0 && System.nanoTime() - start >= limit.toNanos()) {
            throw Findings.refusal(
                    0, 0, "checking it takes longer than " + limit.toSeconds() + " s; send it in smaller parts");
        }
    }
}
