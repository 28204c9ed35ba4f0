package com.databroker.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Where `./databroker` begins.
public final class Main {
    private static final int BUFFER = 1 << 16;

    private Main() {}

    /// Runs one verb and ends the process with its exit code.
    public static void main(String[] args) {
        Surroundings around = new Surroundings(
                System.getenv(),
                System.in,
                new Output(new FileOutputStream(FileDescriptor.out), Main::isPipe),
                new PrintStream(
                        new BufferedOutputStream(new FileOutputStream(FileDescriptor.err), BUFFER),
                        false,
                        StandardCharsets.UTF_8),
                Path.of("").toAbsolutePath(),
                Main::isTerminal,
                ProcessEnd::hook);
        int exit = run(args, around);
        around.err().flush();
        System.exit(exit);
    }

    /// @return the exit code
    static int run(String[] args, Surroundings around) {
        try {
            int exit = Verbs.run(args, around);
            // Whatever the verb: what it printed is a part of what it was to do.
            IOException unwritten = around.out().failure();
            return unwritten == null ? exit : Failures.tellUnwritten(around, unwritten, exit);
        } catch (IOException | InterruptedException | RuntimeException failure) {
            around.out().flush();
            return Failures.tell(around, failure);
        }
    }

    /// Whether standard output goes to another program, or over a network.
    private static boolean isPipe() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException | UnsupportedOperationException elsewhere) {
            return false;
        }
    }

    /// Whether standard error is a terminal. Java's own console tells about standard input and output only.
    private static boolean isTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException elsewhere) {
            return Objects.requireNonNull(System.console()).isTerminal();
        }
    }
}
