package com.databroker.files;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/// One changes a path at a time. Several paths are locked in one order, so that nobody waits in a circle.
final class PathLocks {
    private static final int LOCKS = 1024;

    private final List<ReentrantLock> locks =
            IntStream.range(0, LOCKS).mapToObj(i -> new ReentrantLock()).toList();

    /// What is locked until [#close].
    record Held(List<ReentrantLock> locks) implements AutoCloseable {
        @Override
        public void close() {
            locks.reversed().forEach(ReentrantLock::unlock);
        }
    }

    Held lock(String path) {
        return lock(List.of(path));
    }

    Held lock(Collection<String> paths) {
        List<ReentrantLock> needed = paths.stream()
                .map(path -> Math.floorMod(path.hashCode(), LOCKS))
                .distinct()
                .sorted()
                .map(locks::get)
                .toList();
        needed.forEach(ReentrantLock::lock);
        return new Held(needed);
    }
}
