package com.databroker.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/// The system calls that watch folders and wait for what they say. Each returns what the kernel
/// returns or, where it refused, the negative number of the error.
///
/// Not for several threads: each has its own.
final class InotifyCalls {
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOTDIR = 20;
    static final int EMFILE = 24;
    static final int ENOSPC = 28;

    private static final int NON_BLOCKING = 0x800;
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final short READABLE = 1;

    /// struct pollfd: the descriptor, what is asked for, what is the case.
    private static final int POLL_BYTES = 8;

    private static final int POLL_ASKED = 4;
    private static final int POLL_ANSWER = 6;
    private static final int PATH_BYTES = 32;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    @SuppressWarnings("restricted")
    private static final class Calls {
        static final MethodHandle INIT = handle("inotify_init1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        static final MethodHandle ADD =
                handle("inotify_add_watch", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
        static final MethodHandle REMOVE =
                handle("inotify_rm_watch", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        static final MethodHandle EVENTFD = handle("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        static final MethodHandle POLL = handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        static final MethodHandle READ = handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
        static final MethodHandle WRITE =
                handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));

        private Calls() {}

        private static MethodHandle handle(String name, FunctionDescriptor shape) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name), shape, Linker.Option.captureCallState("errno"));
        }
    }

    private final MemorySegment state;
    private final MemorySegment path;
    private final MemorySegment polled;
    private final MemorySegment count;
    private final MemorySegment buffer;

    /// @param memory lives as long as this
    /// @param bufferBytes how much is read at once, at least 8
    InotifyCalls(Arena memory, int bufferBytes) {
        this.state = memory.allocate(STATE);
        this.path = memory.allocate(PATH_BYTES);
        this.polled = memory.allocate(2 * POLL_BYTES, POLL_BYTES);
        this.count = memory.allocate(JAVA_LONG);
        this.buffer = memory.allocate(bufferBytes, Long.BYTES);
    }

    @FunctionalInterface
    private interface Call {
        long invoke() throws Throwable;
    }

    private long call(Call call) {
        try {
            long result = call.invoke();
            return result < 0 ? -(int) ERRNO.get(state, 0L) : result;
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// A new set of watches.
    int create() {
        return (int) call(() -> (int) Calls.INIT.invokeExact(state, NON_BLOCKING | CLOSE_ON_EXEC));
    }

    /// A descriptor that wakes up whoever waits for it.
    int createWake() {
        return (int) call(() -> (int) Calls.EVENTFD.invokeExact(state, 0, NON_BLOCKING | CLOSE_ON_EXEC));
    }

    /// Watches the folder that is open as `folder`, whatever its name is by now.
    ///
    /// @return the number of the watch, the old one where there is one
    int add(int inotify, int folder, int mask) {
        path.setString(0, "/proc/self/fd/" + folder);
        return (int) call(() -> (int) Calls.ADD.invokeExact(state, inotify, path, mask));
    }

    int remove(int inotify, int watch) {
        return (int) call(() -> (int) Calls.REMOVE.invokeExact(state, inotify, watch));
    }

    /// Waits until there is something to read from one of two descriptors.
    ///
    /// @param timeout milliseconds, or -1 for as long as it takes
    int await(int one, int other, int timeout) {
        polled.set(JAVA_INT, 0, one);
        polled.set(JAVA_SHORT, POLL_ASKED, READABLE);
        polled.set(JAVA_INT, POLL_BYTES, other);
        polled.set(JAVA_SHORT, POLL_BYTES + POLL_ASKED, READABLE);
        return (int) call(() -> (int) Calls.POLL.invokeExact(state, polled, 2L, timeout));
    }

    /// Whether the first descriptor of the last wait has anything to say, be it that it is broken.
    boolean firstIsReady() {
        return polled.get(JAVA_SHORT, POLL_ANSWER) != 0;
    }

    /// Whether the second has.
    boolean secondIsReady() {
        return polled.get(JAVA_SHORT, POLL_BYTES + POLL_ANSWER) != 0;
    }

    /// Reads what there is, up to the size of the buffer.
    ///
    /// @return number of bytes; see [#bytes]
    int read(int file) {
        return (int) call(() -> (long) Calls.READ.invokeExact(state, file, buffer, buffer.byteSize()));
    }

    /// What was read last, in the order of this machine; good until the next read.
    ByteBuffer bytes(int length) {
        return buffer.asSlice(0, length).asByteBuffer().order(java.nio.ByteOrder.nativeOrder());
    }

    /// Wakes up who waits for `wake`.
    void wake(int wake) {
        count.set(JAVA_LONG, 0, 1);
        long ignored = call(() -> (long) Calls.WRITE.invokeExact(state, wake, count, (long) Long.BYTES));
    }
}
