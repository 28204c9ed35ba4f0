package com.databroker.cli;

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
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                Path.of("").toAbsolutePath(),
                Main::isTerminal,
                ProcessEnd::hook);
        int exit = run(args, around);
        around.out().flush();
        around.err().flush();
        System.exit(exit);
    }

    /// @return the exit code
    static int run(String[] args, Surroundings around) {
        try {
            int exit = Verbs.run(args, around);
            around.out().flush();
            return exit;
        } catch (IOException | InterruptedException | RuntimeException failure) {
            around.out().flush();
            return Failures.tell(around, failure);
        }
    }

    /// Always UTF-8, whatever the locale: what passes through is, and so is what we say.
    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new java.io.BufferedOutputStream(new FileOutputStream(descriptor), BUFFER),
                false,
                StandardCharsets.UTF_8);
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
