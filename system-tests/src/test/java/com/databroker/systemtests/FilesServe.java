package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A broker in a process of its own, which can be killed.
final class FilesServe {
    private final Path data;
    private final Process process;
    private final URI address;

    private FilesServe(Path data, Process process, URI address) {
        this.data = data;
        this.process = process;
        this.address = address;
    }

    /// @param prefix what goes before the command, as a shell that sets a limit
    /// @param settings flags beside the ports
    static FilesServe start(Path data, List<String> prefix, String... settings) throws IOException {
        Path context = data.resolve("context.json");
        Files.deleteIfExists(context);
        Path said = data.resolve("out.txt");
        List<String> command = command(data, prefix);
        command.addAll(List.of(settings));
        for (String door : List.of("http", "zmq", "ssh")) {
            command.addAll(List.of("--" + door + ".port", "0"));
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()))
                .start();
        AttackSocket.await("the broker is up", () -> Files.exists(context) || !process.isAlive());
        if (!Files.exists(context)) {
            throw new AssertionError(Files.readString(said));
        }
        Object url = Json.parseObject(Bytes.wrap(Files.readAllBytes(context))).get("url");
        return new FilesServe(data, process, URI.create(String.valueOf(url)));
    }

    /// What starts one, without settings.
    static List<String> command(Path data, List<String> prefix) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(Command.line("serve", "--data", data.toString()));
        return command;
    }

    URI http(String path) {
        return URI.create(address + path);
    }

    int port() {
        return address.getPort();
    }

    String token() throws IOException {
        return Files.readString(data.resolve("admin.token")).strip();
    }

    /// One request as the administrator.
    HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
            throws IOException, InterruptedException {
        return FilesBroker.request(http(path), token(), method, body, headers);
    }

    /// A path as this process sees it, which may have mounts of its own.
    Path seen(Path path) {
        return Path.of("/proc", Long.toString(process.pid()), "root" + path.toAbsolutePath());
    }

    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /// What it printed and logged so far.
    String said() throws IOException {
        return Files.readString(data.resolve("out.txt"));
    }

    /// Ends it as a power cut would end it, but for the disk.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
