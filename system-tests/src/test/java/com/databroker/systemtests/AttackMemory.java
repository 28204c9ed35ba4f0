package com.databroker.systemtests;

import com.databroker.server.Config;
import com.databroker.server.Logs;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;

/// What the process holds, broker and test together.
final class AttackMemory {
    private AttackMemory() {}

    /// Logs as a broker does; without this everything down to each frame is written, which outweighs the flood.
    static void quiet() {
        Logs.configure(Config.of(Map.of("log.level", "warn")).log());
    }

    /// Heap that is reachable, and direct memory.
    static long used() {
        System.gc();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return direct + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /// Waits until no more than `slack` bytes are held beyond what was before.
    static void assertNear(long before, long slack) {
        AttackSocket.await("memory returns near " + before, () -> used() < before + slack);
    }
}
