package com.databroker.sources;

import com.databroker.core.Text;
import com.databroker.streams.Receiver;
import com.databroker.streams.Reception;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what a program writes to its standard output, or what others write into a named pipe: a capture, dnstap,
/// a query log.
///
/// When there is no room for it in the spool nothing is read, and it is the program's to wait or to drop. A program
/// that ends is started again, and ended when the broker is; it has none of the broker's environment but where
/// programs lie, language and time zone.
final class PipeReceiver implements Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(PipeReceiver.class);
    private static final Set<String> ENVIRONMENT = Set.of("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR");
    private static final int BUFFER = Reception.BYTES_MAX;
    private static final int SAID_MAX = 200;
    private static final Duration ENDING_MOST = Duration.ofSeconds(2);

    private final String name;
    private final List<String> command;
    private final @Nullable Path pipe;
    private final long spoolMax;
    private volatile @Nullable Process running;
    private volatile String said = "";
    private volatile boolean closed;

    /// @param command empty where there is a named pipe
    PipeReceiver(String name, List<String> command, @Nullable Path pipe, long spoolMax) {
        this.name = name;
        this.command = List.copyOf(command);
        this.pipe = pipe;
        this.spoolMax = spoolMax;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String stream() {
        return "dns";
    }

    @Override
    public long spoolMax() {
        return spoolMax;
    }

    @Override
    public void receive(Reception to) throws IOException, InterruptedException {
        if (pipe == null) {
            run(to);
        } else {
            listen(pipe, to);
        }
    }

    /// Whoever writes into it comes and goes.
    private void listen(Path from, Reception to) throws IOException, InterruptedException {
        while (!closed) {
            if (!Files.readAttributes(from, BasicFileAttributes.class).isOther()) {
                throw new IOException(from + " is no named pipe; make one with mkfifo");
            }
            to.note("waits for who writes into " + from);
            try (InputStream in = Files.newInputStream(from)) {
                to.note("reads " + from);
                pump(in, to);
            }
        }
    }

    private void run(Reception to) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(new File("/dev/null"));
        builder.environment().keySet().retainAll(ENVIRONMENT);
        Process process = builder.start();
        running = process;
        said = "";
        String program = command.getFirst() + " (" + process.pid() + ")";
        to.note(program);
        Thread listens = Thread.ofVirtual().start(() -> listen(process, program, to));
        try (InputStream in = process.getInputStream()) {
            if (closed) {
                return;
            }
            pump(in, to);
        } finally {
            end(process);
            listens.join();
            running = null;
        }
        throw new IOException(command.getFirst() + " ended with status " + process.exitValue()
                + (said.isEmpty() ? "" : ", and last said: " + said));
    }

    private void listen(Process process, String program, Reception to) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            char[] line = new char[SAID_MAX];
            int length = 0;
            for (int each = lines.read(); each >= 0; each = lines.read()) {
                if (each != '\n' && length < SAID_MAX) {
                    line[length++] = (char) each;
                } else if (each == '\n') {
                    if (length > 0) {
                        said = Text.excerpt(new String(line, 0, length));
                        to.note(program + " says: " + said);
                    }
                    length = 0;
                }
            }
        } catch (IOException ended) {
            LOG.atDebug().addKeyValue("collector", name).log("a program said its last");
        }
    }

    private static void end(Process process) throws InterruptedException {
        List<ProcessHandle> below = process.descendants().toList();
        process.destroy();
        below.forEach(ProcessHandle::destroy);
        if (!process.waitFor(ENDING_MOST.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
        }
        below.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        closed = true;
        Process process = running;
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
        if (pipe != null) {
            // Whoever waits for a writer is woken by one.
            Thread.ofPlatform().daemon().name("wake-" + name).start(() -> wake(pipe));
        }
    }

    private void wake(Path from) {
        try (FileChannel nothing = FileChannel.open(from, StandardOpenOption.WRITE)) {
            LOG.atDebug()
                    .addKeyValue("collector", name)
                    .addKeyValue("open", nothing.isOpen())
                    .log("woken");
        } catch (IOException gone) {
            LOG.atDebug().addKeyValue("collector", name).setCause(gone).log("nobody to wake");
        }
    }

    /// Takes all there is, unit by unit.
    private void pump(InputStream in, Reception to) throws IOException, InterruptedException {
        byte[] buffer = new byte[BUFFER];
        PipeUnits units = null;
        long before = 0;
        int filled = 0;
        to.cut();
        for (int read = in.read(buffer, 0, BUFFER);
                read >= 0 && !closed;
                read = in.read(buffer, filled, BUFFER - filled)) {
            filled += read;
            if (units == null && filled >= PipeUnits.SNIFFED) {
                units = PipeUnits.of(buffer, 0);
            }
            if (units != null) {
                int taken = take(units, buffer, filled, before, to);
                before += taken;
                filled -= taken;
                System.arraycopy(buffer, taken, buffer, 0, filled);
            }
        }
        if (filled > 0 && units instanceof PipeUnits.Lines) {
            // The last line has no end.
            to.takeOrWait(buffer, 0, filled, 1, units.head());
        }
    }

    /// @return how many bytes were whole units
    private int take(PipeUnits units, byte[] buffer, int filled, long before, Reception to)
            throws IOException, InterruptedException {
        int from = 0;
        int at = 0;
        int count = 0;
        for (int size = units.size(buffer, 0, filled); size != 0; size = units.size(buffer, at, filled - at)) {
            if (size < 0) {
                give(buffer, from, at, count, units, to);
                to.suspectGap();
                throw new IOException("what comes cannot be read from byte " + (before + at) + " on");
            }
            if (size > filled - at) {
                break;
            }
            if (units.isHead(buffer, at)) {
                give(buffer, from, at, count, units, to);
                boolean anew = units.beginsAnew(buffer, at);
                if (anew) {
                    to.cut();
                } else {
                    give(buffer, at, at + size, 0, units, to);
                }
                units.addHead(buffer, at, size, anew);
                from = at + size;
                count = 0;
            } else {
                count++;
            }
            at += size;
        }
        give(buffer, from, at, count, units, to);
        return at;
    }

    private static void give(byte[] buffer, int from, int to, int count, PipeUnits units, Reception into)
            throws InterruptedException {
        if (to > from) {
            into.takeOrWait(buffer, from, to - from, count, units.head());
        }
    }
}
