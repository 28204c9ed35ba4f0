package com.databroker.cli;

import com.databroker.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists what could not become a record of a stream, and why.
@Command(footer = {"  databroker streams dead dns", "  databroker streams dead dns --after 17 -o ndjson"})
final class StreamsDeadVerb implements Verb {
    private static final int EXCERPT_MAX = 60;

    @Parameters(index = "0", paramLabel = "NAME", description = "The stream.")
    private String name = "";

    @Option(names = "--after", paramLabel = "OFFSET", description = "Behind that one.")
    private @Nullable Long after;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "At most so many.")
    private int limit = 100;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("after", after);
        parameters.put("limit", limit);
        try (Http http = new Http(broker.resolve(around), around)) {
            String path = "/streams/" + Http.segment(name) + "/dead" + Streams.query(parameters);
            List<Map<String, @Nullable Object>> letters =
                    JsonTree.objects(Json.parse(http.call("GET", path, null).body()));
            output.print(
                    around,
                    List.of("offset", "at", "place", "reason", "bytes"),
                    letters,
                    StreamsDeadVerb::cells,
                    row -> row);
        }
        return Exit.OK;
    }

    private static List<String> cells(Map<String, @Nullable Object> letter) {
        String bytes = new String(Base64.getDecoder().decode(JsonTree.text(letter, "base64")), StandardCharsets.UTF_8);
        return List.of(
                JsonTree.text(letter, "offset"),
                JsonTree.text(letter, "at"),
                JsonTree.text(letter, "place"),
                JsonTree.text(letter, "reason"),
                bytes.length() > EXCERPT_MAX ? bytes.substring(0, EXCERPT_MAX) + "…" : bytes);
    }
}
