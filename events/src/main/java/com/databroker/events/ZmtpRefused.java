package com.databroker.events;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;

/// The peer's connection cannot go on; the reason is told in an ERROR command, then the connection is
/// closed.
final class ZmtpRefused extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// A code that libzmq understands and reports to its monitor as a failed authentication; it then gives
    /// up.
    static final String NOT_AUTHENTICATED = "400";

    /// Nothing is told: libzmq comes back after a connection that just ends, and never after an ERROR.
    static final String COME_BACK = "";

    private final Problem problem;

    ZmtpRefused(String reason) {
        this(Problem.MESSAGE_INVALID, reason);
    }

    ZmtpRefused(Problem problem, String reason) {
        super(reason, null, false, false);
        this.problem = problem;
    }

    /// As those are told who understand more than an ERROR.
    ProblemException problem() {
        return new ProblemException(problem, reason());
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
