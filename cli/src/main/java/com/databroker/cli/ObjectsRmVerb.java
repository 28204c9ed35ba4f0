package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Deletes objects.
@Command(footer = {"  databroker objects rm Task/7 Task/8", "  databroker objects rm Person/42 --if-version 7"})
final class ObjectsRmVerb implements Verb {
    @Parameters(arity = "1..*", paramLabel = "KEY", description = "Their keys, as Person/42.")
    private List<String> keys = List.of();

    @Option(names = "--if-version", paramLabel = "N", description = "Only where it is at this version.")
    private @Nullable String version;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            for (String key : keys) {
                http.call("DELETE", ObjectForms.path(key), Bytes.EMPTY, version);
                around.say(key + " is deleted");
            }
        }
        return Exit.OK;
    }
}
