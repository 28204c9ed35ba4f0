package com.databroker.files;

import com.databroker.core.Folders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One command while it runs, in a folder of its own. When it is closed, nothing of it is left: no process, no folder.
final class CommandRun implements AutoCloseable {
    static final int OUTPUT_MAX = 16 << 10;

    private static final int ROUNDS = 20;
    private static final int DEATH_MILLIS = 250;
    private static final int OUTPUT_MILLIS = 2000;

    private final Path folder;
    private final Process process;
    private final Thread reader;
    /// The beginning of what it printed.
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    /// @param exit null where it was not done in time
    record Outcome(@Nullable Integer exit, String output) {}

    private CommandRun(Path folder, Process process) {
        this.folder = folder;
        this.process = process;
        // Not virtual: a read from a pipe may take as long as the command, and would hold a carrier.
        this.reader = Thread.ofPlatform().daemon().name("command-output").start(this::read);
    }

    /// @throws IOException where it cannot be started
    static CommandRun start(List<String> arguments, Map<String, String> environment) throws IOException {
        Path folder = Files.createTempDirectory("databroker-check-").toRealPath();
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(arguments).directory(folder.toFile()).redirectErrorStream(true);
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = builder.start();
            CommandRun run = new CommandRun(folder, process);
            closeInput(process);
            return run;
        } catch (IOException | RuntimeException refused) {
            delete(folder);
            throw refused;
        }
    }

    private static void closeInput(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException endedAlready) {
            // It has nothing to read then, too.
        }
    }

    /// Reads to the end, so that a command that prints much is not held up, and keeps the beginning.
    private void read() {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                output.write(buffer, 0, Math.min(read, OUTPUT_MAX - output.size()));
            }
        } catch (IOException ended) {
            // What came until then is what it printed.
        }
    }

    /// Waits until it has ended, ends what it left behind, and takes its output.
    Outcome await(Duration timeout) throws InterruptedException {
        if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            return new Outcome(null, "");
        }
        // What it left may hold the output open.
        end();
        reader.join(OUTPUT_MILLIS);
        return new Outcome(process.exitValue(), output.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        end();
        delete(folder);
    }

    /// Ends it and what it started, however they take it.
    private void end() {
        boolean interrupted = false;
        for (int round = 0; round < ROUNDS; round++) {
            List<ProcessHandle> alive = alive();
            if (alive.isEmpty()) {
                break;
            }
            alive.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle dying : alive) {
                interrupted |= awaitDeath(dying);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// @return whether this thread was interrupted, which does not keep it from ending the others
    private static boolean awaitDeath(ProcessHandle dying) {
        try {
            dying.onExit().get(DEATH_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            return true;
        } catch (ExecutionException | TimeoutException late) {
            // The next round looks again.
        }
        return false;
    }

    /// It and its descendants; also those whose parents are gone, which are known by the folder they are in.
    private List<ProcessHandle> alive() {
        try (Stream<ProcessHandle> family = Stream.concat(Stream.of(process.toHandle()), process.descendants());
                Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return Stream.concat(family, all.filter(this::isHere))
                    .filter(ProcessHandle::isAlive)
                    .distinct()
                    .toList();
        }
    }

    /// Only where the system tells, as Linux does.
    private boolean isHere(ProcessHandle other) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", String.valueOf(other.pid()), "cwd"))
                    .startsWith(folder);
        } catch (IOException | UnsupportedOperationException notTold) {
            return false;
        }
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException left) {
            // The system clears its temporary folder; the check has its outcome.
        }
    }
}
