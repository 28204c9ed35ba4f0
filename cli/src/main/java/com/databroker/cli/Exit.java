package com.databroker.cli;

import com.databroker.core.Problem;

/// What the exit code of every verb means.
final class Exit {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOT_FOUND = 3;
    static final int DENIED = 4;
    static final int CONFLICT = 5;
    static final int UNAVAILABLE = 6;
    static final int INTERRUPTED = 130;

    private static final int START_PROBLEMS = 9000;

    private Exit() {}

    static int of(Problem problem) {
        if (problem.number() >= START_PROBLEMS) {
            return USAGE;
        }
        return switch (problem) {
            // What the user typed, whoever noticed it.
            case FIELD_UNKNOWN, VALUE_INVALID -> USAGE;
            case TOO_MANY_FAILURES -> DENIED;
            default ->
                switch (problem.status()) {
                    // Bytes that were lost on the way are nobody's mistake: the same may do the next time.
                    case 400 -> problem.retry() ? FAILED : USAGE;
                    case 401, 403 -> DENIED;
                    case 404, 410 -> NOT_FOUND;
                    case 409, 412, 422 -> CONFLICT;
                    case 408, 503 -> UNAVAILABLE;
                    default -> FAILED;
                };
        };
    }
}
