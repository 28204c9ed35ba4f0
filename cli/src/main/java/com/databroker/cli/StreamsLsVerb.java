package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lists the streams and how they do.
@Command(footer = {"  databroker streams ls", "  databroker streams ls -o ndjson"})
final class StreamsLsVerb implements Verb {
    private static final List<String> COLUMNS =
            List.of("name", "phase", "collected", "lag", "dead", "waiting", "hot", "cold", "title");

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            output.print(around, COLUMNS, Streams.list(http), StreamsLsVerb::cells, stream -> stream);
        }
        return Exit.OK;
    }

    private static List<String> cells(Map<String, @Nullable Object> stream) {
        return COLUMNS.stream().map(column -> JsonTree.text(stream, column)).toList();
    }
}
