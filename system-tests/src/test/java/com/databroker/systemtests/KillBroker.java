package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/// A broker in a process of its own, which strace kills on its way into a system call.
final class KillBroker implements AutoCloseable {
    private static final int KILLED = 128 + 9;
    private static final long PATIENCE_SECONDS = 60;

    /// Which call is its last.
    ///
    /// @param calls names as strace takes them
    /// @param paths the only ones that count, all where there are none
    /// @param nth counted in each thread
    record Death(String calls, List<Path> paths, int nth) {}

    private final Path data;
    private final Path out;
    private final Path trace;
    private final Process process;

    private KillBroker(Path data, List<String> java, Death death) throws IOException {
        this.data = data;
        this.out = data.resolveSibling(data.getFileName() + ".out");
        this.trace = data.resolveSibling(data.getFileName() + ".trace");
        Files.deleteIfExists(data.resolve("context.json"));
        Files.deleteIfExists(trace);
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq", "-y", "-s", "0", "-o", trace.toString()));
        command.addAll(List.of("-e", "trace=" + death.calls));
        command.addAll(List.of("-e", "inject=" + death.calls + ":signal=SIGKILL:when=" + death.nth));
        death.paths.forEach(path -> command.addAll(List.of("-P", path.toString())));
        command.addAll(java);
        this.process = launch(command, data, out);
    }

    /// Says what is wrong where strace cannot do what these tests are about.
    static void needStrace() throws IOException, InterruptedException {
        Peers.Result tried;
        try {
            tried = Peers.run(
                    "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=getcwd:signal=SIGKILL:when=1", "pwd", "-P");
        } catch (IOException missing) {
            throw new AssertionError("strace is missing: apt-get install strace", missing);
        }
        if (tried.status() != KILLED) {
            throw new AssertionError(
                    "strace cannot trace and kill here, so this test cannot tell anything. Where ptrace"
                            + " is forbidden, allow it: a container needs --cap-add=SYS_PTRACE or a profile with"
                            + " ptrace, and kernel.yama.ptrace_scope must be below 3. It ended with " + tried.status()
                            + ": "
                            + tried.output());
        }
    }

    /// The command that starts a broker fast: it is started often.
    ///
    /// @param folder where the classes are kept in a form that loads fast
    static List<String> java(Path folder) throws IOException, InterruptedException {
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + folder.resolve("classes.jsa"),
                "-Xlog:disable",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                jars(folder),
                "com.databroker.cli.Main",
                "serve");
        Path data = folder.resolve("first");
        Process first = launch(with(java, data, true), data, folder.resolve("first.out"));
        try {
            AttackSocket.await("the broker is up", () -> Files.exists(data.resolve("context.json")));
            first.destroy();
            assertThat(first.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            first.destroyForcibly().waitFor();
        }
        return java;
    }

    /// The JVM keeps only classes that come from archives.
    private static String jars(Path folder) throws IOException {
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            Path path = Path.of(entry);
            if (!Files.isDirectory(path)) {
                jars.add(entry);
            } else if (!path.endsWith("test-classes")) {
                Path jar = folder.resolve(jars.size() + ".jar");
                pack(path, jar);
                jars.add(jar.toString());
            }
        }
        return String.join(":", jars);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
    }

    private static List<String> with(List<String> java, Path data, boolean ssh) {
        List<String> command = new ArrayList<>(java);
        command.addAll(List.of("--data", data.toString(), "--http.port", "0", "--zmq.port", "0"));
        command.addAll(ssh ? List.of("--ssh.port", "0") : List.of("--ssh.enabled", "false"));
        return command;
    }

    private static Process launch(List<String> command, Path data, Path out) throws IOException {
        Files.createDirectories(data);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
                .start();
    }

    /// @param java of [#java]
    /// @param ssh whether it has that door
    static KillBroker start(List<String> java, Path data, boolean ssh, Death death) throws IOException {
        return new KillBroker(data, with(java, data, ssh), death);
    }

    /// Waits until requests can be made.
    ///
    /// @return false where it was killed before
    boolean awaitUp() {
        Path context = data.resolve("context.json");
        AttackSocket.await("the broker is up: " + out, () -> Files.exists(context) || !process.isAlive());
        return Files.exists(context);
    }

    int httpPort() throws IOException {
        return port("url");
    }

    int sshPort() throws IOException {
        return port("ssh");
    }

    private int port(String door) throws IOException {
        Map<String, ?> context = Json.parseObject(Bytes.utf8(Files.readString(data.resolve("context.json"))));
        return URI.create(String.valueOf(context.get(door))).getPort();
    }

    /// Waits until it is killed, whoever keeps it busy.
    ///
    /// @return the calls in which it was, as strace writes them
    List<String> awaitKilled() throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still alive, so no thread came to that call:\n" + said());
        }
        assertThat(process.exitValue()).as(this::said).isEqualTo(KILLED);
        Map<String, String> begun = new HashMap<>();
        for (String line : Files.readAllLines(trace)) {
            String thread = line.substring(0, line.indexOf(' '));
            if (line.contains("<unfinished ...>")) {
                begun.put(thread, line);
            } else if (line.contains("resumed>") && !line.endsWith("= ?")) {
                begun.remove(thread);
            }
        }
        return List.copyOf(begun.values());
    }

    private String said() {
        try {
            List<String> calls = Files.exists(trace) ? Files.readAllLines(trace) : List.of();
            return Files.readString(out)
                    + String.join("\n", calls.subList(Math.max(0, calls.size() - 50), calls.size()));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// Without strace.
    void kill() {
        // strace last: without it the broker would go on.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
