package com.databroker.cli;

import com.databroker.server.Config;
import com.databroker.server.ConfigReader;
import com.databroker.server.Databroker;
import com.databroker.server.Logs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Rehearses what is typed: verbs of every kind, so that the VM records what they need. At each start it loads
/// everything that it has recorded, so the broker that answers is another process.
///
/// What they print goes nowhere; that some are refused is meant, refusals are a part of it.
final class VerbRehearsal {
    private static final List<String> TYPED = List.of(
            "version",
            "help",
            "help pub",
            "completion bash",
            "config check databroker.yaml",
            "config default",
            "config show",
            "check ready",
            "check health --format json",
            "check live --format nagios",
            "status",
            "status --format json",
            "top -n 2 --every 10ms",
            "doctor --all",
            "doctor --format json",
            "doctor --format nagios",
            "reload",
            "debug debug.zip",
            "pub train/first {\"ok\":true}",
            "sub train/** --timeout 50ms",
            "put databroker.yaml train/file.yaml",
            "get train/file.yaml -",
            "ls train",
            "stat train/file.yaml",
            "versions train/file.yaml",
            "watch train/** --timeout 50ms",
            "rm train/file.yaml",
            "rm train/file.yaml",
            "search x --stream news",
            "streams ls",
            "views ls",
            "objects types",
            "objects types Person",
            "objects get Person/1",
            "objects find Person",
            "objects set Task/2 done=true",
            "objects call Person/4 raise 1",
            "objects watch Person --timeout 50ms",
            "objects graph",
            "user add somebody --grant publish:train/**",
            "user list",
            "token add somebody --label train",
            "token list",
            "token revoke somebody train",
            "user remove somebody",
            "connections ls",
            "definitions export definitions.json",
            "definitions import definitions.json",
            "backup backup.tar",
            "backup --verify backup.tar",
            "nonsense");

    private VerbRehearsal() {}

    /// The broker that answers, until the process is ended. It hears of no settings but its own.
    ///
    /// @param data an empty folder
    static void answer(Path data) throws IOException, InterruptedException {
        Path file = Files.writeString(Files.createDirectories(data).resolve("empty.yaml"), "");
        Config config = ConfigReader.read(
                        file,
                        Map.of(),
                        Map.of(
                                "data", data.toString(),
                                "http.port", "0",
                                "zmq.port", "0",
                                "ssh.port", "0",
                                "log.level", "error",
                                "objects.demo", "true",
                                "streams.enabled", "false"))
                .config();
        Logs.configure(config.log());
        try (Databroker broker = Databroker.start(config)) {
            broker.await();
        }
    }

    /// @param data of the broker that answers
    /// @param folder an empty one, in which the user stands
    static void type(Path data, Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("databroker.yaml"));
        try (Output nowhere = new Output(OutputStream.nullOutputStream(), () -> false)) {
            Surroundings around = new Surroundings(
                    Map.of("DATABROKER_DATA", data.toString(), "DATABROKER_CONFIG", file.toString()),
                    new ByteArrayInputStream(new byte[0]),
                    nowhere,
                    nowhere,
                    folder,
                    () -> false,
                    atEnd -> () -> {});
            if (Main.run(new String[] {"check", "ready", "--wait", "2m"}, around) != Exit.OK) {
                throw new IOException("the broker of the rehearsal did not answer");
            }
            TYPED.forEach(line -> Main.run(line.split(" ", -1), around));
        }
    }
}
