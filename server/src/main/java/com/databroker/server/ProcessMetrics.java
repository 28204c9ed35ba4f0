package com.databroker.server;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What `/metrics` tells of the process and of the disks that it writes to.
// Sizes stay far below 2^53, up to which a double holds every whole number.
@SuppressWarnings("LongDoubleConversion")
final class ProcessMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessMetrics.class);

    private ProcessMetrics() {}

    static void enter(MetricBook book) {
        var memory = ManagementFactory.getMemoryMXBean();
        book.value(Metric.HEAP_USED, () -> memory.getHeapMemoryUsage().getUsed());
        book.value(Metric.HEAP_MAX, () -> memory.getHeapMemoryUsage().getMax());
        List<BufferPoolMXBean> pools = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
        book.values(
                Metric.BUFFER_POOLS,
                values -> pools.forEach(pool -> values.put(pool.getMemoryUsed(), word(pool.getName()))));
        List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
        book.values(
                Metric.GC_COLLECTIONS,
                values -> collectors.forEach(each -> values.put(each.getCollectionCount(), word(each.getName()))));
        book.values(
                Metric.GC_SECONDS,
                values -> collectors.forEach(
                        each -> values.put(each.getCollectionTime() / 1000.0, word(each.getName()))));
        var threads = ManagementFactory.getThreadMXBean();
        book.value(Metric.THREADS, threads::getThreadCount);
        double started = ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0;
        book.value(Metric.START_TIME, () -> started);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.UnixOperatingSystemMXBean unix) {
            book.value(Metric.OPEN_FDS, unix::getOpenFileDescriptorCount);
            book.value(Metric.MAX_FDS, unix::getMaxFileDescriptorCount);
            book.value(Metric.CPU, () -> unix.getProcessCpuTime() / 1e9);
        }
    }

    /// The JDK's names hold blanks and quotes: `mapped - 'non-volatile memory'`.
    private static String word(String name) {
        return name.toLowerCase(java.util.Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("-$", "");
    }

    static void disks(MetricBook book, Map<String, Path> folders) {
        book.values(Metric.DISK_FREE, values -> each(folders, values, FileStore::getUsableSpace));
        book.values(Metric.DISK_SIZE, values -> each(folders, values, FileStore::getTotalSpace));
    }

    private interface Room {
        long of(FileStore store) throws IOException;
    }

    private static void each(Map<String, Path> folders, MetricBook.Values values, Room room) {
        folders.forEach((name, folder) -> {
            try {
                values.put(room.of(Files.getFileStore(folder)), name);
            } catch (IOException unknown) {
                // A disk that does not answer has no size; the alert about absent values is what tells.
                LOG.atDebug().setCause(unknown).addKeyValue("path", folder).log("a disk does not say its room");
            }
        });
    }
}
