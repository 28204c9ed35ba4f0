package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The files plane where the system has no more to give: descriptors, room, or a disk that takes no more writes.
class FilesDiskTest {
    @Test
    void a_form_of_a_thousand_files_does_not_use_up_the_descriptors(@TempDir Path data) throws Exception {
        FilesServe serve = FilesServe.start(
                Files.createDirectories(data.resolve("few")),
                List.of("bash", "-c", "ulimit -n 700 && exec \"$0\" \"$@\""));
        try {
            StringBuilder form = new StringBuilder();
            for (int i = 0; i < 1000; i++) {
                form.append("--b\r\nContent-Disposition: form-data; name=f; filename=" + i + "\r\n\r\nx\r\n");
            }
            // Classes that refusals need are loaded while there are descriptors to do so.
            assertThat(serve.send("DELETE", "/files/none?recursive", new byte[0])
                            .statusCode())
                    .isEqualTo(404);
            assertThat(serve.send("GET", "/files/none", new byte[0]).statusCode())
                    .isEqualTo(404);
            assertThat(serve.send("POST", "/files/d/", new byte[0], "Content-Type", "multipart/form-data; boundary=b")
                            .statusCode())
                    .isEqualTo(400);
            byte[] bytes = (form + "--b--\r\n").getBytes(StandardCharsets.US_ASCII);
            HttpResponse<byte[]> answer =
                    serve.send("POST", "/files/d/", bytes, "Content-Type", "multipart/form-data; boundary=b");
            assertThat(answer.statusCode()).as(text(answer)).isIn(201, 503);
            assertThat(serve.send("PUT", "/files/after", new byte[10]).statusCode())
                    .isEqualTo(201);
            assertThat(serve.send("GET", "/files/d/", new byte[0]).statusCode())
                    .isEqualTo(answer.statusCode() == 201 ? 200 : 404);
        } finally {
            serve.kill();
        }
    }

    /// A disk of 4 MiB in a mount namespace of the broker's own, which needs no privileges.
    private static FilesServe onSmallDisk(Path data) throws IOException {
        Path disk = Files.createDirectories(data.resolve("disk"));
        // What seals the disk when it is told to ends with the broker, whose process takes the shell's place.
        String script = "mount -t tmpfs -o size=4m none '" + disk + "' && { ( while kill -0 $$; do if [ -e '" + data
                + "/seal' ] && mount -o remount,ro '" + disk + "'; then touch '" + data
                + "/sealed'; break; fi; sleep 0.1; done 2>/dev/null ) & exec \"$0\" \"$@\"; }";
        return FilesServe.start(
                Files.createDirectories(data.resolve("data")),
                List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script),
                "--files.folder",
                disk.toString());
    }

    @Test
    void a_full_disk_refuses_what_does_not_fit_and_goes_on_with_what_does(@TempDir Path data) throws Exception {
        FilesServe serve = onSmallDisk(data);
        try {
            byte[] big = FilesBroker.random(1, 6 << 20);
            byte[] fits = FilesBroker.random(2, 1 << 20);
            assertThat(serve.send("PUT", "/files/a", fits).statusCode()).isEqualTo(201);
            HttpResponse<byte[]> tus = serve.send(
                    "POST", "/files/t", new byte[0], "Tus-Resumable", "1.0.0", "Upload-Length", "" + big.length);
            String form = "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n";
            byte[] formed = (form + "x".repeat(big.length) + "\r\n--b--").getBytes(StandardCharsets.ISO_8859_1);
            for (HttpResponse<byte[]> full : List.of(
                    serve.send("PUT", "/files/b", big),
                    serve.send("PUT", "/files/a", big),
                    serve.send("POST", "/files/", formed, "Content-Type", "multipart/form-data; boundary=b"))) {
                assertThat(full.statusCode()).as(text(full)).isEqualTo(507);
                assertThat(problem(full)).isEqualTo(4004);
            }
            assertThat(tus.statusCode()).isEqualTo(201);
            HttpResponse<byte[]> piece = serve.send(
                    "PATCH",
                    header(tus, "Location"),
                    big,
                    "Tus-Resumable",
                    "1.0.0",
                    "Upload-Offset",
                    "0",
                    "Content-Type",
                    "application/offset+octet-stream");
            assertThat(piece.statusCode()).as(text(piece)).isEqualTo(507);
            // What is resumable keeps what came; its owner gives it up.
            assertThat(serve.send("DELETE", header(tus, "Location"), new byte[0], "Tus-Resumable", "1.0.0")
                            .statusCode())
                    .isEqualTo(204);
            AttackSocket.await("no draft is left", () -> drafts(serve, data).isEmpty());
            assertThat(serve.send("GET", "/files/a", new byte[0]).body()).isEqualTo(fits);
            for (String name : List.of("b", "f", "t")) {
                assertThat(serve.send("GET", "/files/" + name, new byte[0]).statusCode())
                        .isEqualTo(404);
            }
            int stored = 1;
            while (serve.send("PUT", "/files/more" + stored, fits).statusCode() == 201) {
                stored++;
            }
            assertThat(stored).isBetween(2, 4);
            assertThat(serve.send("DELETE", "/files/a", new byte[0]).statusCode())
                    .isEqualTo(204);
            assertThat(serve.send("PUT", "/files/b", fits).statusCode()).isEqualTo(201);
        } finally {
            serve.kill();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_broker_starts_on_a_full_disk_so_that_there_can_be_room(boolean told, @TempDir Path data) throws Exception {
        Path seed = data.resolve("seed");
        byte[] big = FilesBroker.random(1, 1 << 20);
        String token;
        try (TestBroker broker = TestBroker.start(seed)) {
            token = broker.token();
            assertThat(FilesBroker.request(broker.http("/files/big"), token, "PUT", big)
                            .statusCode())
                    .isEqualTo(201);
        }
        if (!told) {
            Files.delete(seed.resolve("context.json"));
        }
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path disk = Files.createDirectory(data.resolve("disk"));
        Path said = data.resolve("out.txt");
        Process process = onFullDisk(seed, disk, said, port);
        try {
            URI address = URI.create("http://127.0.0.1:" + port);
            AttackSocket.await("it is up", () -> isUp(address) || !process.isAlive());
            assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
            Path seen = Path.of("/proc", Long.toString(process.pid()), "root" + disk);
            // The door is open before that is written. Where there was one, its room is enough.
            AttackSocket.await(
                    "it has told or said that it cannot",
                    () -> told
                            ? content(seen.resolve("context.json")).contains("127.0.0.1:" + port)
                            : content(said).contains("--url and --token"));
            if (!told) {
                assertThat(content(said)).contains("[4004]");
                assertThat(seen.resolve("context.json")).doesNotExist();
            }
            assertThat(seen.resolve("context.json.new")).doesNotExist();
            URI file = address.resolve("/files/big");
            URI more = address.resolve("/files/more");
            assertThat(FilesBroker.request(file, token, "GET", new byte[0]).body())
                    .isEqualTo(big);
            assertThat(FilesBroker.request(more, token, "PUT", big).statusCode())
                    .isEqualTo(507);
            assertThat(FilesBroker.request(file, token, "DELETE", new byte[0]).statusCode())
                    .isEqualTo(204);
            assertThat(FilesBroker.request(more, token, "PUT", new byte[100]).statusCode())
                    .isEqualTo(201);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /// A broker on a disk of its own that holds what `seed` does, and not a byte more.
    private static Process onFullDisk(Path seed, Path disk, Path said, int port) throws IOException {
        String script = "mount -t tmpfs -o size=8m none '" + disk + "' && cp -a '" + seed + "/.' '" + disk
                + "' && { cat /dev/zero >'" + disk + "/ballast'; exec \"$0\" \"$@\"; }";
        List<String> command = FilesServe.command(
                disk, List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script));
        command.addAll(List.of("--http.port", "" + port, "--zmq.port", "0", "--ssh.port", "0"));
        command.addAll(List.of("--streams.enabled", "false"));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException notYet) {
            return "";
        }
    }

    private static boolean isUp(URI address) {
        try {
            return FilesBroker.request(address.resolve("/health/live"), "", "GET", new byte[0])
                            .statusCode()
                    == 200;
        } catch (IOException | InterruptedException notYet) {
            return false;
        }
    }

    private static List<String> drafts(FilesServe serve, Path data) {
        String[] names = serve.seen(data.resolve("disk/.dbk")).toFile().list();
        return names == null ? List.of("unseen") : List.of(names);
    }

    @Test
    void a_disk_that_becomes_read_only_is_still_read(@TempDir Path data) throws Exception {
        FilesServe serve = onSmallDisk(data);
        try {
            assertThat(serve.send("PUT", "/files/a", new byte[100]).statusCode())
                    .isEqualTo(201);
            Files.createFile(data.resolve("seal"));
            AttackSocket.await("it is sealed", () -> Files.exists(data.resolve("sealed")));
            for (HttpResponse<byte[]> refused : List.of(
                    serve.send("PUT", "/files/b", new byte[10]),
                    serve.send("PUT", "/files/a", new byte[10]),
                    serve.send("DELETE", "/files/a", new byte[0]),
                    serve.send("POST", "/files/t", new byte[0], "Tus-Resumable", "1.0.0", "Upload-Length", "5"))) {
                assertThat(refused.statusCode()).as(text(refused)).isEqualTo(500);
                assertThat(problem(refused)).isEqualTo(4007);
            }
            assertThat(serve.send("GET", "/files/a", new byte[0]).body()).isEqualTo(new byte[100]);
            assertThat(serve.send("GET", "/files/", new byte[0]).statusCode()).isEqualTo(200);
            assertThat(serve.send("GET", "/files/b", new byte[0]).statusCode()).isEqualTo(404);
        } finally {
            serve.kill();
        }
    }
}
