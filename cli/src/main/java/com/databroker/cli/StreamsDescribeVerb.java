package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Tells the fields of a stream, or who collects for it.
@Command(footer = {"  databroker streams describe github", "  databroker streams describe dns --collectors"})
final class StreamsDescribeVerb implements Verb {
    private static final List<String> COLUMNS = List.of("name", "type", "description");
    private static final List<String> COLLECTORS =
            List.of("name", "lastPoll", "nextPoll", "received", "dropped", "waitingBytes", "gaps", "trouble", "note");

    @Parameters(index = "0", paramLabel = "NAME", description = "The stream.")
    private String name = "";

    @Option(names = "--collectors", description = "Tell in place of its fields who collects for it, and how they do.")
    private boolean collectors;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            List<String> columns = collectors ? COLLECTORS : COLUMNS;
            String part = collectors ? "/status" : "/definition";
            Map<String, @Nullable Object> told = http.call("GET", "/streams/" + Http.segment(name) + part, null)
                    .object();
            List<Map<String, @Nullable Object>> rows = JsonTree.objects(told.get(collectors ? "collectors" : "fields"));
            output.print(around, columns, rows, row -> cells(columns, row), row -> row);
        }
        return Exit.OK;
    }

    private static List<String> cells(List<String> columns, Map<String, @Nullable Object> row) {
        return columns.stream().map(column -> JsonTree.text(row, column)).toList();
    }
}
