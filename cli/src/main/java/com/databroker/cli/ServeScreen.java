package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.server.ConfigReader;
import com.databroker.server.Databroker;
import com.databroker.server.Version;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What `serve` prints when it is ready: one screen whose commands work where the user typed it.
final class ServeScreen {
    private static final int LABEL = 8;
    private static final int VALUE = 28;

    private final StringBuilder out = new StringBuilder("\n");

    private ServeScreen() {}

    /// @param since how long it took to get ready
    static String of(Databroker broker, Surroundings around, Duration since) {
        ServeScreen screen = new ServeScreen();
        screen.title(broker, around, since);
        screen.doors(broker);
        screen.user(broker, around);
        screen.commands(broker, around);
        screen.out.append("  stop with Ctrl-C\n\n");
        return screen.out.toString();
    }

    private void title(Databroker broker, Surroundings around, Duration since) {
        String ready = String.format(Locale.ROOT, "ready in %.1f s", since.toMillis() / 1000.0);
        out.append(around.styled("1", "databroker " + Version.VERSION))
                .append(" · ")
                .append(ready)
                .append(" · data ")
                .append(broker.data())
                .append("\n\n");
    }

    private void doors(Databroker broker) {
        console(broker);
        line("http", broker.httpAddress().toString(), "events (WebSocket, SSE, POST), files, metrics");
        String curve = curve(broker.data());
        line(
                "zmq",
                broker.zmqAddress().toString(),
                "PLAIN user admin + token" + (curve.isEmpty() ? "" : ", or CURVE with the server key " + curve));
        broker.sshAddress()
                .ifPresent(address ->
                        line("ssh", address.toString(), "files by sftp, scp and rsync: user and token, or a key"));
    }

    /// What stands behind `#` is not sent to anybody: the page takes it over, and signs in.
    private void console(Databroker broker) {
        String address = broker.httpAddress() + "/console/";
        Optional<String> token = broker.firstToken();
        if (token.isPresent()) {
            line("console", address + "#token=" + token.get(), "");
            line("", "", "open it in a browser on this machine: you are signed in");
        } else {
            line("console", address, "in the browser; sign in with the token");
        }
    }

    private static String curve(Path data) {
        try {
            Map<String, ?> context = Json.parseObject(Bytes.wrap(Files.readAllBytes(data.resolve("context.json"))));
            return context.get("curve") instanceof String key ? key : "";
        } catch (IOException | ProblemException gone) {
            // The key is a convenience here; the broker itself has it.
            return "";
        }
    }

    private void user(Databroker broker, Surroundings around) {
        Path file = broker.data().resolve("admin.token");
        String where = Shell.path(around.folder(), file);
        Optional<String> token = broker.firstToken();
        if (token.isPresent()) {
            line("user", "admin, token " + token.get(), "");
            line("", "", "shown once; kept for this machine's command line in " + where);
        } else if (Files.exists(file)) {
            line("user", "admin, token in " + where, "");
        }
    }

    private void commands(Databroker broker, Surroundings around) {
        String launcher = around.launcher();
        String data = isDefault(broker.data()) ? "" : " --data " + Shell.path(around.folder(), broker.data());
        line("try", launcher + " sub" + data + " 'builds/**'", "");
        line("", launcher + " pub" + data + " builds/core/done '{\"ok\":true}'", "");
        Path token = broker.data().resolve("admin.token");
        if (Files.exists(token)) {
            String header = "-H \"Authorization: Bearer $(cat " + Shell.path(around.folder(), token) + ")\"";
            line("", upload(around.folder(), header, broker.httpAddress()), "");
        }
        out.append('\n');
    }

    /// With a file that is there.
    private static String upload(Path folder, String header, URI address) {
        return Files.isRegularFile(folder.resolve("README.md"))
                ? "curl -T README.md " + header + " " + address + "/files/ci/README.md"
                : "echo hello | curl -T - " + header + " " + address + "/files/ci/hello.txt";
    }

    /// Whether the command finds this folder without being told, in another shell too.
    private static boolean isDefault(Path data) {
        try {
            return ConfigReader.read(null, Map.of(), Map.of()).config().data().equals(data);
        } catch (ProblemException unreadable) {
            return false;
        }
    }

    private void line(String label, String value, String text) {
        out.append("  ").append(label).repeat(' ', LABEL - label.length());
        if (text.isEmpty()) {
            out.append(value);
        } else {
            out.append(value).repeat(' ', Math.max(2, VALUE - value.length())).append(text);
        }
        out.append('\n');
    }
}
