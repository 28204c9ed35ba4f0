package com.databroker.testkit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What goes wrong on the disks of one machine, and when: for one life of the process, from its start until
/// it stops. Operations of all disks are counted together, from 1. Safe for threads.
public final class Faults {
    /// What is counted.
    public enum Operation {
        CREATE,
        WRITE,
        TRUNCATE,
        TOUCH,
        FORCE,
        FORCE_FOLDER,
        FORCE_ALL,
        RENAME,
        LINK,
        DELETE,
        MAKE_FOLDER;

        /// Whether it makes something safe.
        public boolean isForce() {
            return this == FORCE || this == FORCE_FOLDER || this == FORCE_ALL;
        }
    }

    /// The process ends here: no code catches this.
    public static final class Stopped extends Error {
        private static final long serialVersionUID = 1;

        Stopped() {
            super("the process was stopped", null, false, false);
        }
    }

    private static final long NEVER = Long.MAX_VALUE;

    private final List<Operation> done = new ArrayList<>();
    private long stopAt = NEVER;
    private long failAt = NEVER;
    private long room = NEVER;
    private boolean stopped;

    /// Nothing goes wrong, until one of the other methods is called.
    public Faults() {}

    /// Stops the process at the `n`-th operation, of which nothing is done but perhaps half a write.
    public synchronized Faults stopAt(long n) {
        stopAt = n;
        return this;
    }

    /// Has the `n`-th operation answer with an error of the device, once.
    public synchronized Faults failAt(long n) {
        failAt = n;
        return this;
    }

    /// Leaves room for so many bytes more; what is deleted or cut off makes room again.
    public synchronized Faults room(long bytes) {
        room = bytes;
        return this;
    }

    /// As much room as anybody asks for.
    public synchronized void enough() {
        room = NEVER;
    }

    /// Stops the process now.
    public synchronized void stop() {
        stopped = true;
    }

    /// Whether it was stopped.
    public synchronized boolean isStopped() {
        return stopped;
    }

    /// What was asked for so far, in order.
    public synchronized List<Operation> operations() {
        return List.copyOf(done);
    }

    /// Stands before everything that a process asks of a disk.
    synchronized void alive() {
        if (stopped) {
            throw new Stopped();
        }
    }

    /// Counts an operation.
    ///
    /// @throws IOException where it fails, and nothing of it may be done but half a write
    /// @throws Stopped as [IOException]
    synchronized void begin(Operation operation) throws IOException {
        alive();
        done.add(operation);
        if (done.size() == stopAt) {
            stopped = true;
            throw new Stopped();
        }
        if (done.size() == failAt) {
            throw new IOException("Input/output error");
        }
    }

    /// @return how many of `bytes` there is room for
    synchronized long take(long bytes) {
        if (room == NEVER) {
            return bytes;
        }
        long taken = Math.min(room, bytes);
        room -= taken;
        return taken;
    }

    synchronized void giveBack(long bytes) {
        if (room != NEVER) {
            room += bytes;
        }
    }
}
