package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Tells the fields of a stream.
@Command(footer = {"  databroker streams describe github"})
final class StreamsDescribeVerb implements Verb {
    private static final List<String> COLUMNS = List.of("name", "type", "description");

    @Parameters(index = "0", paramLabel = "NAME", description = "The stream.")
    private String name = "";

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            Map<String, @Nullable Object> definition = http.call(
                            "GET", "/streams/" + Http.segment(name) + "/definition", null)
                    .object();
            List<Map<String, @Nullable Object>> fields = JsonTree.objects(definition.get("fields"));
            output.print(around, COLUMNS, fields, StreamsDescribeVerb::cells, field -> field);
        }
        return Exit.OK;
    }

    private static List<String> cells(Map<String, @Nullable Object> field) {
        return COLUMNS.stream().map(column -> JsonTree.text(field, column)).toList();
    }
}
