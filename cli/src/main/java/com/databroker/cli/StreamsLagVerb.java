package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Says how far streams and their collectors are behind: a line for each.
@Command(footer = {"  databroker streams lag", "  databroker streams lag arxiv -o json"})
final class StreamsLagVerb implements Verb {
    private static final List<String> COLUMNS = List.of(
            "stream",
            "collector",
            "lag",
            "oldest",
            "waiting",
            "last",
            "next",
            "gaps",
            "failures",
            "limited",
            "trouble");

    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "The stream; else every one.")
    private @Nullable String name;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        try (Http http = new Http(broker.resolve(around), around)) {
            List<Map<String, @Nullable Object>> streams = name == null
                    ? Streams.list(http)
                    : List.of(http.call("GET", "/streams/" + Http.segment(name) + "/status", null)
                            .object());
            for (Map<String, @Nullable Object> stream : streams) {
                rows.add(ofStream(stream));
                for (Map<String, @Nullable Object> collector : JsonTree.objects(stream.get("collectors"))) {
                    rows.add(ofCollector(stream, collector));
                }
            }
        }
        output.print(around, COLUMNS, rows, StreamsLagVerb::cells, row -> row);
        return Exit.OK;
    }

    private static Map<String, @Nullable Object> ofStream(Map<String, @Nullable Object> stream) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("stream", stream.get("name"));
        copy(stream, row, "phase", "lag", "oldest", "waiting");
        return row;
    }

    private static Map<String, @Nullable Object> ofCollector(
            Map<String, @Nullable Object> stream, Map<String, @Nullable Object> collector) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("stream", stream.get("name"));
        row.put("collector", collector.get("name"));
        if (collector.get("lastPoll") != null) {
            row.put("last", collector.get("lastPoll"));
        }
        if (collector.get("nextPoll") != null) {
            row.put("next", collector.get("nextPoll"));
        }
        copy(collector, row, "gaps", "failures", "limited", "trouble", "note");
        return row;
    }

    private static void copy(Map<String, @Nullable Object> from, Map<String, @Nullable Object> to, String... names) {
        for (String each : names) {
            if (from.get(each) != null) {
                to.put(each, from.get(each));
            }
        }
    }

    private static List<String> cells(Map<String, @Nullable Object> row) {
        return COLUMNS.stream()
                .map(column -> row.get(column) == null ? "" : JsonTree.text(row, column))
                .toList();
    }
}
