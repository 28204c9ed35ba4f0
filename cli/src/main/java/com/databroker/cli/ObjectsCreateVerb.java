package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Creates an object, and prints its key.
@Command(footer = {"  databroker objects create Person name=Ada dept=Dept/1 salary=1200.50"})
final class ObjectsCreateVerb implements Verb {
    @Parameters(index = "0", paramLabel = "TYPE", description = "The type.")
    private String type = "";

    @Parameters(index = "1..*", paramLabel = "VALUE", description = "<field>=<text>, or <field>:=<JSON>.")
    private List<String> values = List.of();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            Map<String, @Nullable Object> object = http.call(
                            "POST", "/objects/" + Http.segment(type), ObjectForms.values(values))
                    .object();
            around.out().println(JsonTree.text(object, "_key"));
        }
        return Exit.OK;
    }
}
