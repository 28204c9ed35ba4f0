package com.databroker.access;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.time.Duration;

/// The limits of the gate.
public record AccessConfig(
        @Setting(
                value = "Failed attempts to authenticate that an address has before more are refused.",
                otherwise = "10",
                min = 1,
                max = 10_000)
        int failuresMax,

        @Setting(
                value = "After how long an address gets one attempt back.",
                otherwise = "10s",
                min = 1,
                max = 3_600_000)
        Duration failureRefill,

        @Setting(
                value = "Addresses whose failures are remembered; the one that failed longest ago goes first.",
                otherwise = "10000",
                min = 1,
                max = 10_000_000)
        int addressesMax,

        @Setting(
                value = "Size of broker_users.xml; a larger file is refused unread.",
                otherwise = "1MiB",
                min = 1024,
                max = 64 << 20)
        ByteSize usersFileBytesMax,

        @Setting(
                value = "Size at which the audit file is renamed and a new one begun.",
                otherwise = "10MiB",
                min = 4096,
                max = 1L << 40)
        ByteSize auditFileBytesMax,

        @Setting(
                value = "Audit files that are kept, the current one included; the oldest is deleted.",
                otherwise = "5",
                min = 1,
                max = 1000)
        int auditFilesMax) {

    public AccessConfig {
        if (failuresMax < 1 || addressesMax < 1 || auditFilesMax < 1) {
            throw new IllegalArgumentException("failures-max, addresses-max and audit-files-max are at least 1");
        }
        if (!failureRefill.isPositive()) {
            throw new IllegalArgumentException("failure-refill is a positive duration, as 10s");
        }
    }

    /// What holds where nothing is configured.
    public static AccessConfig defaults() {
        return new AccessConfig(10, Duration.ofSeconds(10), 10_000, new ByteSize(1 << 20), new ByteSize(10 << 20), 5);
    }
}
