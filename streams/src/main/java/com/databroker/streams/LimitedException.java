package com.databroker.streams;

import java.io.IOException;
import java.time.Instant;

/// The other side asks to wait.
final class LimitedException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Instant until;

    LimitedException(String message, Instant until) {
        super(message);
        this.until = until;
    }

    Instant until() {
        return until;
    }
}
