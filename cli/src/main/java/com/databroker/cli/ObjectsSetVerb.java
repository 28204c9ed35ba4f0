package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Changes fields of an object.
@Command(
        footer = {
            "  databroker objects set Person/42 salary=1300 dept=Dept/2",
            "  databroker objects set Person/42 boss:=null --if-version 7"
        })
final class ObjectsSetVerb implements Verb {
    @Parameters(index = "0", paramLabel = "KEY", description = "The object, as Person/42.")
    private String key = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "VALUE",
            description = "<field>=<text>, or <field>:=<JSON>.")
    private List<String> values = List.of();

    @Option(names = "--if-version", paramLabel = "N", description = "Only where it is at this version.")
    private @Nullable String version;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            Bytes body = Json.bytes(out -> Json.writeTree(out, ObjectForms.values(values)));
            Map<String, @Nullable Object> object =
                    http.call("PATCH", ObjectForms.path(key), body, version).object();
            String now = JsonTree.text(object, "_version");
            around.say(key + (now.isEmpty() ? " is changed" : " is at version " + now));
        }
        return Exit.OK;
    }
}
