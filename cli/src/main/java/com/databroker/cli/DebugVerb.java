package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import com.databroker.server.Version;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Gathers what somebody needs who is to help with a broker: figures, checks, settings, no secrets.
@Command(
        footer = {
            "  databroker debug",
            "  databroker debug support.zip",
            "",
            "In it: version, health, checks, figures, settings with secrets left out, metrics, streams and",
            "types of objects, and what the machine is. Neither events nor files nor records nor users nor",
            "tokens. Names of streams, stores and folders are in it: look at it before you pass it on."
        })
final class DebugVerb implements Verb {
    /// What is asked of the broker, and how its file is called.
    private static final Map<String, String> ASKED = asked();

    /// Tokens, should one ever stand where it does not belong.
    private static final Pattern TOKEN = Pattern.compile("dbk_[A-Za-z0-9_-]{8,}");

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE",
            description = "A new file; else databroker-debug.zip here.")
    private Path file = Path.of("databroker-debug.zip");

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    private static Map<String, String> asked() {
        Map<String, String> asked = new LinkedHashMap<>();
        asked.put("ready.json", "/health/ready");
        asked.put("checks.json", "/health/checks");
        asked.put("status.json", "/status");
        asked.put("config.json", "/config");
        asked.put("streams.json", "/streams");
        asked.put("objects.json", "/objects");
        asked.put("metrics.txt", "/metrics");
        return asked;
    }

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Path target = around.folder().resolve(file);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw CliException.usage(target + " is there already", "name another file");
        }
        Map<String, Bytes> found = new LinkedHashMap<>();
        found.put("machine.txt", Bytes.utf8(machine()));
        try (Http http = new Http(broker.resolve(around), around)) {
            for (Map.Entry<String, String> each : ASKED.entrySet()) {
                found.put(each.getKey(), answer(http, each.getValue()));
            }
        }
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
                ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
            for (Map.Entry<String, Bytes> each : found.entrySet()) {
                zip.putNextEntry(new ZipEntry(each.getKey()));
                zip.write(TOKEN.matcher(each.getValue().utf8())
                        .replaceAll("dbk_(left out)")
                        .getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
        around.out().println(target);
        return Exit.OK;
    }

    /// What cannot be had is said in its place: the rest helps too.
    private static Bytes answer(Http http, String path) throws InterruptedException {
        try {
            Http.Answer answer = http.send("GET", path, Bytes.EMPTY);
            return answer.status() < 400 || path.startsWith("/health/")
                    ? answer.body()
                    : Bytes.utf8(path + " answered with " + answer.status() + ": "
                            + answer.body().utf8());
        } catch (CliException | ProblemException unanswered) {
            return Bytes.utf8(path + ": " + unanswered.getMessage());
        }
    }

    private static String machine() {
        StringBuilder out = new StringBuilder();
        out.append("command: databroker ").append(Version.VERSION).append('\n');
        for (String property :
                new String[] {"java.vendor", "java.runtime.version", "java.vm.name", "os.name", "os.version", "os.arch"
                }) {
            out.append(property)
                    .append(": ")
                    .append(System.getProperty(property, ""))
                    .append('\n');
        }
        out.append("processors: ")
                .append(Runtime.getRuntime().availableProcessors())
                .append('\n');
        return out.toString();
    }
}
