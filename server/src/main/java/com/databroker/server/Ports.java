package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.net.BindException;

/// Why an address could not be taken.
final class Ports {
    private Ports() {}

    static ProblemException problem(String door, String host, int port, Throwable failed) {
        Throwable cause = failed;
        while (cause.getCause() != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        String reason = String.valueOf(cause.getMessage());
        String where = host + ":" + port;
        if (reason.contains("in use")) {
            return new ProblemException(
                    Problem.PORT_IN_USE, where + " is used by another program (" + door + ".port)", failed);
        }
        return new ProblemException(
                Problem.PORT_IN_USE,
                where + " cannot be opened (" + door + ".host, " + door + ".port): " + reason,
                failed);
    }

    /// An address that a client on this machine can connect to, IPv6 in brackets.
    static String reachable(String configured) {
        String reachable = configured.equals("0.0.0.0") ? "127.0.0.1" : configured.equals("::") ? "::1" : configured;
        return reachable.contains(":") ? "[" + reachable + "]" : reachable;
    }
}
