package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Has a broker become what a file of definitions says.
@Command(
        footer = {
            "  databroker definitions import definitions.yaml --dry-run",
            "  databroker definitions import definitions.yaml",
            "",
            "Users are in force at once, streams and settings at the next start. Settings are kept in",
            "imported.yaml of the data folder; where the configuration says otherwise, it is printed. What",
            "the file does not name stays. The same file again changes nothing."
        })
final class DefinitionsImportVerb implements Verb {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Parameters(index = "0", paramLabel = "FILE", description = "What definitions export wrote, changed or not.")
    private Path file = Path.of("");

    @Option(names = "--dry-run", description = "Only print what would change.")
    private boolean dry;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Bytes document = Bytes.wrap(Files.readAllBytes(around.folder().resolve(file)));
        try (Http http = new Http(broker.resolve(around), around)) {
            Http.Answer answer = http.call("POST", "/definitions" + (dry ? "?dry-run=true" : ""), document, PATIENCE);
            List<Map<String, @Nullable Object>> changes =
                    JsonTree.objects(answer.object().get("changes"));
            boolean later = false;
            boolean settings = false;
            for (Map<String, @Nullable Object> change : changes) {
                String what = JsonTree.text(change, "what");
                boolean waits = Boolean.TRUE.equals(change.get("waits"));
                later |= !waits && !what.equals("users");
                settings |= waits;
                around.out().println("@ " + Surroundings.visible(what));
                JsonTree.strings(change.get("lines"))
                        .forEach(line -> around.out().println(Surroundings.visible(line)));
            }
            around.say(
                    changes.isEmpty()
                            ? "nothing differs"
                            : dry ? "this would change; nothing did" : "the broker is as the file says");
            if (settings) {
                around.say("but for settings of which the configuration says otherwise: change them there");
            }
            if (later && !dry) {
                around.say("streams and settings are read at the next start");
            }
        }
        return Exit.OK;
    }
}
