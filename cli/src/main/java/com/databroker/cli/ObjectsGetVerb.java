package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows objects by their keys, and what they refer to.
@Command(
        footer = {
            "  databroker objects get Person/42",
            "  databroker objects get Person/42 --follow dept,boss",
            "  databroker objects get Person/42 -o json"
        })
final class ObjectsGetVerb implements Verb {
    @Parameters(arity = "1..*", paramLabel = "KEY", description = "Their keys, as Person/42.")
    private List<String> keys = List.of();

    @Option(
            names = "--follow",
            paramLabel = "NAMES",
            description = "References and collections that shall come along, as dept,tasks.")
    private @Nullable String follow;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        try (Http http = new Http(broker.resolve(around), around)) {
            for (String key : keys) {
                Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
                parameters.put("with", follow);
                Map<String, @Nullable Object> answer = http.call(
                                "GET", ObjectForms.path(key) + ObjectForms.query(parameters), null)
                        .object();
                if (follow == null) {
                    rows.add(answer);
                } else {
                    rows.add(JsonTree.object(answer.get("object")));
                    rows.addAll(JsonTree.objects(answer.get("with")));
                }
            }
        }
        ObjectForms.print(output, around, rows);
        return Exit.OK;
    }
}
