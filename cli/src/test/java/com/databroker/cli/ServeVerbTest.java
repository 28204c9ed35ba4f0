package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServeVerbTest {
    private final Path folder;

    ServeVerbTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private CompletableFuture<Typed> serve(Typed typed, String... more) throws InterruptedException {
        String[] args = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(
                                "serve", "--http.port", "0", "--zmq.port=0", "--ssh.port=0", "--data", "my data"),
                        java.util.stream.Stream.of(more))
                .toArray(String[]::new);
        CompletableFuture<Typed> running = typed.start(args);
        Until.happens("ready", () -> running.isDone() || typed.err().contains("stop with Ctrl-C"));
        assertThat(running.isDone()).as(typed.err()).isFalse();
        return running;
    }

    private static void stop(Typed typed, CompletableFuture<Typed> running) {
        typed.end();
        assertThat(running.orTimeout(1, TimeUnit.MINUTES).join().exit()).isZero();
    }

    @Test
    void the_screen_tells_doors_user_and_commands_and_the_token_once() throws IOException, InterruptedException {
        Typed first = new Typed(folder);
        CompletableFuture<Typed> running = serve(first);
        String token = Files.readString(folder.resolve("my data/admin.token")).strip();
        assertThat(first.out()).isEmpty();
        assertThat(first.err().replace(token, "TOKEN").lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).isEmpty(),
                        line -> assertThat(line)
                                .matches("databroker \\S+ · ready in \\d+\\.\\d s · data " + folder.resolve("my data")),
                        line -> assertThat(line).isEmpty(),
                        line -> assertThat(line).matches("  console http://127\\.0\\.0\\.1:\\d+/console/#token=TOKEN"),
                        line -> assertThat(line).endsWith("  open it in a browser on this machine: you are signed in"),
                        line -> assertThat(line)
                                .matches("  http    http://127\\.0\\.0\\.1:\\d+ +events \\(WebSocket, .*"),
                        line -> assertThat(line)
                                .matches(
                                        "  zmq     tcp://127\\.0\\.0\\.1:\\d+ +PLAIN user admin \\+ token, or CURVE with the"
                                                + " server key .{40}"),
                        line -> assertThat(line).matches("  ssh     sftp://127\\.0\\.0\\.1:\\d+ +files by sftp, .*"),
                        line -> assertThat(line).isEqualTo("  user    admin, token TOKEN"),
                        line -> assertThat(line).contains("shown once; kept for", " in 'my data/admin.token'"),
                        line -> assertThat(line).isEqualTo("  try     ./databroker sub --data 'my data' 'builds/**'"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "          ./databroker pub --data 'my data' builds/core/done '{\"ok\":true}'"),
                        line -> assertThat(line)
                                .matches("          echo hello \\| curl -T - -H \"Authorization: Bearer"
                                        + " \\$\\(cat 'my data/admin.token'\\)\" http://127.*/files/ci/hello.txt"),
                        line -> assertThat(line).isEmpty(),
                        line -> assertThat(line).isEqualTo("  stop with Ctrl-C"),
                        line -> assertThat(line).isEmpty());
        assertThat(Files.getPosixFilePermissions(folder.resolve("my data/context.json")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        stop(first, running);

        Files.writeString(folder.resolve("README.md"), "read me");
        Typed again = new Typed(folder);
        running = serve(again);
        assertThat(again.err())
                .doesNotContain(token)
                .containsPattern(
                        "  console http://127\\.0\\.0\\.1:\\d+/console/ +in the browser; sign in with the token\n")
                .contains("  user    admin, token in 'my data/admin.token'\n", "curl -T README.md ");
        stop(again, running);
    }

    @Test
    void what_the_screen_says_to_try_works() throws IOException, InterruptedException {
        Typed typed = new Typed(folder);
        CompletableFuture<Typed> running = serve(typed);
        assertThat(new Typed(folder)
                        .run("pub", "--data", "my data", "builds/core/done", "{\"ok\":true}")
                        .exit())
                .isZero();
        String curl = typed.err()
                .lines()
                .filter(line -> line.contains("curl "))
                .findFirst()
                .orElseThrow()
                .strip()
                .replace("curl ", "curl -sSf ");
        Process shell = new ProcessBuilder("bash", "-c", curl)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        try (InputStream said = shell.getInputStream()) {
            assertThat(new String(said.readAllBytes(), StandardCharsets.UTF_8)).isEmpty();
        }
        assertThat(shell.waitFor()).isZero();
        assertThat(new Typed(folder)
                        .run("get", "--data", "my data", "ci/hello.txt", "-")
                        .out())
                .isEqualTo("hello\n");
        stop(typed, running);
    }

    @Test
    void a_second_broker_on_the_folder_is_told_so_in_one_line() throws InterruptedException {
        Typed first = new Typed(folder);
        CompletableFuture<Typed> running = serve(first);
        Typed second = new Typed(folder)
                .run("serve", "--http.port", "0", "--zmq.port", "0", "--ssh.port", "0", "--data", "my data");
        assertThat(second.exit()).isEqualTo(2);
        assertThat(second.err())
                .startsWith("error: [9003] data folder in use: " + folder.resolve("my data") + " is used by another")
                .endsWith("choose another folder with --data.\n");
        assertThat(second.err().lines()).hasSize(1);
        stop(first, running);
    }

    @Test
    void a_busy_port_is_told_in_one_line() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Typed typed = new Typed(folder)
                    .run("serve", "--http.port", port, "--zmq.port", "0", "--ssh.port", "0", "--data", "d");
            assertThat(typed.exit()).isEqualTo(2);
            assertThat(typed.err())
                    .isEqualTo("error: [9002] address in use: 127.0.0.1:" + port
                            + " is used by another program (http.port). Stop the other program, or choose another"
                            + " port (0 finds a free one).\n");
            typed = new Typed(folder)
                    .run("serve", "--http.port", "0", "--zmq.port", port, "--ssh.port", "0", "--data", "d");
            assertThat(typed.exit()).isEqualTo(2);
            assertThat(typed.err()).contains("(zmq.port)");
        }
    }

    @Test
    void a_folder_that_cannot_be_written_is_told_in_one_line() throws IOException {
        Files.writeString(folder.resolve("file"), "");
        Typed typed = new Typed(folder).run("serve", "--data", "file/below");
        assertThat(typed.exit()).isEqualTo(2);
        assertThat(typed.err()).startsWith("error: [9004] data folder not writable: ");
        assertThat(typed.err().lines()).hasSize(1);
    }

    @Test
    void a_wrong_configuration_is_told_in_full_and_nothing_starts() throws IOException {
        Files.writeString(folder.resolve("c.yaml"), "http:\n  port: 99999\n");
        Typed typed = new Typed(folder).run("serve", "--config", "c.yaml", "--data", "d", "--zmq.prt", "1");
        assertThat(typed.exit()).isEqualTo(2);
        assertThat(typed.err())
                .contains("c.yaml:2:9: http.port: ", "--zmq.prt: unknown key, did you mean \"zmq.port\"?");
        assertThat(folder.resolve("d")).doesNotExist();
    }

    @Test
    void quiet_prints_no_screen_and_an_interrupt_ends_it() throws InterruptedException {
        Typed typed = new Typed(folder);
        Thread thread = Thread.ofPlatform()
                .start(() -> typed.run(
                        "serve", "--quiet", "--http.port", "0", "--zmq.port", "0", "--ssh.port", "0", "--data", "q"));
        Typed check = new Typed(folder).run("check", "ready", "--wait", "20s", "--data", "q");
        assertThat(check.exit()).isZero();
        thread.interrupt();
        thread.join();
        assertThat(typed.exit()).isEqualTo(130);
        assertThat(typed.err()).isEmpty();
    }

    @Test
    void a_command_has_it_read_its_configuration_again_and_say_what_waits() throws Exception {
        Path file = folder.resolve("broker.yaml");
        Files.writeString(file, "log:\n  level: warn\n");
        Typed typed = new Typed(folder);
        CompletableFuture<Typed> running = serve(typed, "--config", file.toString(), "--set", "streams.enabled=false");
        String data = folder.resolve("my data").toString();
        Files.writeString(file, "log:\n  level: error\nhttp:\n  max-connections: 7\n");
        Typed told = new Typed(folder).run("reload", "--data", data);
        assertThat(told.err()).contains("wait for the next start");
        assertThat(told.out()).isEqualTo("http.max-connections\n");
        Typed heard = new Typed(folder);
        CompletableFuture<Typed> listening =
                heard.start("sub", "broker/reloaded", "--raw", "-n", "1", "--timeout", "1m", "--data", data);
        Until.happens("a reload is heard", () -> {
            new Typed(folder).run("reload", "--data", data);
            return listening.isDone();
        });
        assertThat(heard.out()).contains("{\"waiting\":[\"http.max-connections\"]}");
        Files.writeString(file, "http:\n  prot: 1\n");
        Typed refused = new Typed(folder).run("reload", "--data", data);
        assertThat(refused.err()).contains("[9001]", "prot");
        assertThat(refused.exit()).isEqualTo(2);
        stop(typed, running);
    }
}
