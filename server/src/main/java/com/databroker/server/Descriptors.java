package com.databroker.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// File descriptors: what connections may use, so that files, logs and new sockets still find one.
final class Descriptors {
    private static final int RESERVE = 256;

    private Descriptors() {}

    /// Connections that all doors together may hold.
    static int forConnections() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
            long usable = unix.getMaxFileDescriptorCount() - RESERVE;
            return Math.clamp(usable, 16, Integer.MAX_VALUE);
        }
        return Integer.MAX_VALUE;
    }
}
