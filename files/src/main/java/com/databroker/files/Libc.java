package com.databroker.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The system calls that Java has no word for: opening a path below a folder without following any link,
/// and working on names in a folder that is held open. Linux on x86-64 and AArch64 only.
final class Libc {
    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

    static final int READ_ONLY = 0;
    static final int NON_BLOCKING = 0x800;
    static final int DIRECTORY = ARM ? 0x4000 : 0x10000;
    static final int NO_FOLLOW = ARM ? 0x8000 : 0x20000;
    static final int CLOSE_ON_EXEC = 0x80000;
    static final int PATH_ONLY = 0x200000;

    private static final int CURRENT_FOLDER = -100;
    private static final int REMOVE_FOLDER = 0x200;
    private static final int EMPTY_PATH = 0x1000;
    private static final int NO_FOLLOW_NAME = 0x100;

    /// RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS.
    private static final long CONFINED = 0x08 | 0x04 | 0x02;

    private static final long SYS_OPENAT2 = 437;
    private static final long SYS_GETDENTS64 = ARM ? 61 : 217;
    private static final int STATX_BASIC = 0x7ff;
    private static final int STATX_BORN = 0x800;
    private static final int STATX_BYTES = 256;
    private static final int HOW_BYTES = 24;
    private static final int DENTS_BYTES = 64 << 10;

    private static final int ENOENT = 2;
    private static final int EINTR = 4;
    private static final int ENXIO = 6;
    private static final int EAGAIN = 11;
    private static final int EACCES = 13;
    private static final int EEXIST = 17;
    private static final int EXDEV = 18;
    private static final int ENOTDIR = 20;
    private static final int ENOTEMPTY = 39;
    private static final int ELOOP = 40;

    private static final int RETRIES = 100;
    private static final int FILE_TYPE = 0xF000;
    private static final int FILE_REGULAR = 0x8000;
    private static final int FILE_FOLDER = 0x4000;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(java.lang.foreign.MemoryLayout.PathElement.groupElement("errno"));

    private static final Map<Integer, String> REASONS = Map.of(
            5, "Input/output error",
            24, "Too many open files",
            23, "Too many open files in the system",
            28, "No space left on device",
            30, "Read-only file system",
            36, "File name too long",
            122, "Disk quota exceeded",
            18, "Lies on another file system");

    // The launcher allows native access; an embedding program gets Java's own warning.
    @SuppressWarnings("restricted")
    private static final class Calls {
        static final Linker LINKER = Linker.nativeLinker();
        static final SymbolLookup LOOKUP = LINKER.defaultLookup();
        static final MethodHandle SYSCALL4 = LINKER.downcallHandle(
                LOOKUP.findOrThrow("syscall"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG),
                Linker.Option.firstVariadicArg(1),
                Linker.Option.captureCallState("errno"));
        static final MethodHandle SYSCALL3 = LINKER.downcallHandle(
                LOOKUP.findOrThrow("syscall"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG),
                Linker.Option.firstVariadicArg(1),
                Linker.Option.captureCallState("errno"));
        static final MethodHandle STATX =
                handle("statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
        static final MethodHandle RENAMEAT =
                handle("renameat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
        static final MethodHandle LINKAT =
                handle("linkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
        static final MethodHandle UNLINKAT =
                handle("unlinkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
        static final MethodHandle MKDIRAT =
                handle("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
        static final MethodHandle SYNCFS = handle("syncfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

        private static MethodHandle handle(String name, FunctionDescriptor shape) {
            return LINKER.downcallHandle(LOOKUP.findOrThrow(name), shape, Linker.Option.captureCallState("errno"));
        }

        private Calls() {}
    }

    private Libc() {}

    /// Whether this system has what is needed, found out by trying.
    static boolean isAvailable() {
        String arch = System.getProperty("os.arch");
        if (!System.getProperty("os.name").equals("Linux") || !(ARM || arch.equals("amd64"))) {
            return false;
        }
        try {
            int folder = openFolder("/");
            try {
                close(openBeneath(folder, "", PATH_ONLY | DIRECTORY));
                return true;
            } finally {
                close(folder);
            }
        } catch (IOException | RuntimeException | LinkageError missing) {
            return false;
        }
    }

    /// Opens a folder by its whole path, links followed: the operator's word counts.
    static int openFolder(String path) throws IOException {
        return open(CURRENT_FOLDER, path, PATH_ONLY | DIRECTORY, 0);
    }

    /// Opens `path` below `folder`, following no link on the way and not at its end.
    ///
    /// @throws NoSuchFileException also where a link stands on the way
    static int openBeneath(int folder, String path, int flags) throws IOException {
        return open(folder, path.isEmpty() ? "." : path, flags | NO_FOLLOW, CONFINED);
    }

    private static int open(int folder, String path, int flags, long resolve) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment how = arena.allocate(HOW_BYTES, 8);
            how.set(JAVA_LONG, 0, flags | CLOSE_ON_EXEC);
            how.set(JAVA_LONG, 16, resolve);
            MemorySegment name = arena.allocateFrom(path);
            for (int attempt = 0; ; attempt++) {
                long opened = (long)
                        Calls.SYSCALL4.invokeExact(state, SYS_OPENAT2, (long) folder, name, how, (long) HOW_BYTES);
                if (opened >= 0) {
                    return (int) opened;
                }
                int errno = errno(state);
                // EAGAIN: something was renamed on the way while the kernel looked.
                if ((errno != EAGAIN && errno != EINTR) || attempt == RETRIES) {
                    throw failure(path, errno);
                }
            }
        } catch (IOException | RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static IOException failure(String path, int errno) {
        return switch (errno) {
            // A link on the way, a way out, a socket: as if nothing were there.
            case ENOENT, ENXIO, ELOOP, EXDEV -> new NoSuchFileException(path);
            case ENOTDIR -> new NotDirectoryException(path);
            case EEXIST -> new FileAlreadyExistsException(path);
            case ENOTEMPTY -> new DirectoryNotEmptyException(path);
            case EACCES -> new AccessDeniedException(path);
            default -> new FileSystemException(path, null, REASONS.getOrDefault(errno, "error " + errno));
        };
    }

    /// What an open file or folder is.
    static FileState state(int file) throws IOException {
        return state(file, "", EMPTY_PATH);
    }

    /// What a name in an open folder stands for; a link is not followed.
    static FileState state(int folder, String name) throws IOException {
        return state(folder, name, NO_FOLLOW_NAME);
    }

    private static FileState state(int folder, String name, int flags) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(STATX_BYTES, 8);
            call(arena, name, state -> (int) Calls.STATX.invokeExact(
                    state, folder, arena.allocateFrom(name), flags, STATX_BASIC | STATX_BORN, found));
            int type = found.get(JAVA_SHORT, 28) & FILE_TYPE;
            FileState.Kind kind = type == FILE_REGULAR
                    ? FileState.Kind.FILE
                    : type == FILE_FOLDER ? FileState.Kind.FOLDER : FileState.Kind.OTHER;
            return new FileState(
                    kind,
                    kind == FileState.Kind.FILE ? found.get(JAVA_LONG, 40) : 0,
                    nanos(found, 112),
                    nanos(found, 96),
                    found.get(JAVA_LONG, 32),
                    (found.get(JAVA_INT, 0) & STATX_BORN) == 0 ? 0 : nanos(found, 80));
        }
    }

    private static long nanos(MemorySegment statx, long offset) {
        return statx.get(JAVA_LONG, offset) * 1_000_000_000L + statx.get(JAVA_INT, offset + 8);
    }

    static void rename(int fromFolder, String from, int toFolder, String to) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            call(arena, to, state -> (int) Calls.RENAMEAT.invokeExact(
                    state, fromFolder, arena.allocateFrom(from), toFolder, arena.allocateFrom(to)));
        }
    }

    /// Gives a file a second name.
    static void link(int fromFolder, String from, int toFolder, String to) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            call(arena, to, state -> (int) Calls.LINKAT.invokeExact(
                    state, fromFolder, arena.allocateFrom(from), toFolder, arena.allocateFrom(to), 0));
        }
    }

    static void delete(int folder, String name, boolean isFolder) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            call(arena, name, state -> (int)
                    Calls.UNLINKAT.invokeExact(state, folder, arena.allocateFrom(name), isFolder ? REMOVE_FOLDER : 0));
        }
    }

    static void makeFolder(int folder, String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            call(arena, name, state -> (int) Calls.MKDIRAT.invokeExact(state, folder, arena.allocateFrom(name), 0777));
        }
    }

    /// Forces everything that was written to the file system of an open file.
    static void forceFileSystem(int file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            call(arena, "the file system", state -> (int) Calls.SYNCFS.invokeExact(state, file));
        }
    }

    static void close(int file) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) Calls.CLOSE.invokeExact(arena.allocate(STATE), file);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// The names in a folder that was opened for reading.
    ///
    /// @return how many are not UTF-8 and so are left out
    static int names(int folder, java.util.function.Consumer<String> each) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment buffer = arena.allocate(DENTS_BYTES, 8);
            int leftOut = 0;
            while (true) {
                long read = (long)
                        Calls.SYSCALL3.invokeExact(state, SYS_GETDENTS64, (long) folder, buffer, (long) DENTS_BYTES);
                if (read < 0) {
                    throw failure("the folder", errno(state));
                }
                if (read == 0) {
                    return leftOut;
                }
                long at = 0;
                while (at < read) {
                    String name = name(buffer, at + 19);
                    if (name == null) {
                        leftOut++;
                    } else if (!name.equals(".") && !name.equals("..")) {
                        each.accept(name);
                    }
                    at += buffer.get(JAVA_SHORT, at + 16) & 0xFFFF;
                }
            }
        } catch (IOException | RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static @Nullable String name(MemorySegment buffer, long offset) {
        long end = offset;
        while (buffer.get(java.lang.foreign.ValueLayout.JAVA_BYTE, end) != 0) {
            end++;
        }
        byte[] bytes = buffer.asSlice(offset, end - offset).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        return com.databroker.core.Utf8.decode(bytes, 0, bytes.length);
    }

    @FunctionalInterface
    private interface Call {
        int invoke(MemorySegment state) throws Throwable;
    }

    private static void call(Arena arena, String path, Call call) throws IOException {
        MemorySegment state = arena.allocate(STATE);
        try {
            int result = call.invoke(state);
            if (result < 0) {
                int errno = errno(state);
                throw errno == EXDEV ? new FileSystemException(path, null, REASONS.get(EXDEV)) : failure(path, errno);
            }
        } catch (IOException | RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
