package com.databroker.events;

/// The peer's connection cannot go on; the reason is told in an ERROR command, then the connection is closed.
final class ZmtpRefused extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// Codes that libzmq understands and reports to its monitor as a failed authentication.
    static final String NOT_AUTHENTICATED = "400";

    static final String TRY_LATER = "300";

    ZmtpRefused(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
