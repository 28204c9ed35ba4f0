package com.databroker.cli;

import com.databroker.core.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lists the views and how their last runs went.
@Command(footer = {"  databroker views ls", "  databroker views ls -o ndjson"})
final class ViewsLsVerb implements Verb {
    private static final List<String> COLUMNS =
            List.of("name", "stream", "state", "last", "took", "rows", "next", "title");

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            List<Map<String, @Nullable Object>> views =
                    JsonTree.objects(Json.parse(http.call("GET", "/views", null).body()));
            output.print(around, COLUMNS, views, ViewsLsVerb::cells, view -> view);
        }
        return Exit.OK;
    }

    private static List<String> cells(Map<String, @Nullable Object> view) {
        String millis = JsonTree.text(view, "millis");
        return List.of(
                JsonTree.text(view, "name"),
                JsonTree.text(view, "stream"),
                state(view),
                minute(JsonTree.text(view, "last")),
                millis.isEmpty() ? "" : Math.round(Long.parseLong(millis) / 100.0) / 10.0 + " s",
                JsonTree.text(view, "rows"),
                minute(JsonTree.text(view, "next")),
                JsonTree.text(view, "title"));
    }

    private static String state(Map<String, @Nullable Object> view) {
        if (Boolean.TRUE.equals(view.get("running"))) {
            return "running";
        }
        String failure = JsonTree.text(view, "failure");
        return !failure.isEmpty()
                ? "failed: " + failure
                : JsonTree.text(view, "last").isEmpty() ? "not run yet" : "well";
    }

    private static String minute(String time) {
        return time.length() < 16 ? time : time.substring(0, 16) + "Z";
    }
}
