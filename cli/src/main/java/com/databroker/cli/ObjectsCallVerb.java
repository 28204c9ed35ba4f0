package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Calls a method of an object or of a type.
@Command(footer = {"  databroker objects call Person/42 raise 0.1", "  databroker objects call Person hire Ada Dept/1"})
final class ObjectsCallVerb implements Verb {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Parameters(index = "0", paramLabel = "TARGET", description = "An object, as Person/42, or a type.")
    private String target = "";

    @Parameters(index = "1", paramLabel = "METHOD", description = "The method.")
    private String method = "";

    @Parameters(index = "2..*", paramLabel = "ARGUMENT", description = "JSON, or a text.")
    private List<String> arguments = List.of();

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        String path = target.indexOf('/') < 0 ? "/objects/" + Http.segment(target) : ObjectForms.path(target);
        List<@Nullable Object> values = new ArrayList<>();
        arguments.forEach(each -> values.add(ObjectForms.argument(each)));
        try (Http http = new Http(broker.resolve(around), around)) {
            Bytes body = Json.bytes(out -> Json.writeTree(out, values));
            Bytes answer = http.call("POST", path + "/" + Http.segment(method), body, PATIENCE)
                    .body();
            if (!output.isTable()) {
                around.out().println(answer.utf8());
                return Exit.OK;
            }
            Map<String, @Nullable Object> said = Json.parseAnswerObject(answer);
            if (said.get("result") != null) {
                around.out().println(Surroundings.visible(ObjectForms.text(said.get("result"))));
            }
            ObjectForms.print(output, around, JsonTree.objects(said.get("objects")));
        }
        return Exit.OK;
    }
}
