package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows what a file was before, where a rule keeps that, and makes it so again.
@Command(
        footer = {
            "  databroker versions ci/report.pdf",
            "  databroker versions ci/report.pdf --show 4711 > before.pdf",
            "  databroker versions ci/report.pdf --restore 4711",
            "",
            "How many are kept says files.rules.<name>.versions, by default none. A deleted file has them, too."
        })
final class VersionsVerb implements Verb {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Parameters(index = "0", paramLabel = "PATH", description = "Path of the file, as ci/report.pdf.")
    private String path = "";

    @Option(names = "--show", paramLabel = "VERSION", description = "Print the bytes of this one.")
    private @Nullable Long show;

    @Option(names = "--restore", paramLabel = "VERSION", description = "Make this one the file again.")
    private @Nullable Long restore;

    @Option(names = "--forget", description = "Give up all that are kept; the file stays.")
    private boolean forget;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if ((show == null ? 0 : 1) + (restore == null ? 0 : 1) + (forget ? 1 : 0) > 1) {
            throw CliException.usage("--show, --restore and --forget are three things", "do one after the other");
        }
        List<String> segments = new ArrayList<>();
        for (String segment : Paths.plain(path).split("/", -1)) {
            segments.add(Http.segment(segment));
        }
        String address = "/files/" + String.join("/", segments);
        try (Http http = new Http(broker.resolve(around), around)) {
            if (show != null) {
                try (InputStream bytes = http.stream("GET", address + "?version=" + show)) {
                    bytes.transferTo(around.out());
                }
                return Exit.OK;
            }
            if (restore != null) {
                http.call("POST", address + "?restore=" + restore, Bytes.EMPTY, PATIENCE);
                around.say(path + " is what it was as version " + restore);
            } else if (forget) {
                http.call("DELETE", address + "?versions", Bytes.EMPTY, PATIENCE);
                around.say("no former version of " + path + " is kept any more");
            } else {
                list(
                        around,
                        http.call("GET", address + "?versions", Bytes.EMPTY, PATIENCE)
                                .object());
            }
        }
        return Exit.OK;
    }

    private void list(Surroundings around, Map<String, @Nullable Object> answer) {
        output.print(
                around,
                List.of("version", "size", "modified", "by", "etag", "sha256"),
                JsonTree.objects(answer.get("versions")),
                each -> List.of(
                        JsonTree.text(each, "version"),
                        JsonTree.text(each, "size"),
                        JsonTree.text(each, "modified"),
                        JsonTree.text(each, "principal"),
                        JsonTree.text(each, "etag"),
                        JsonTree.text(each, "sha256")),
                each -> each);
    }
}
