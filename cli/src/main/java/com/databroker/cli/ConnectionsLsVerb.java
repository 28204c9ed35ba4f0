package com.databroker.cli;

import com.databroker.core.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lists who is connected and stays so, the newest first.
@Command(footer = {"  databroker connections ls", "  databroker connections ls --door zmq --find jenkins -o json"})
final class ConnectionsLsVerb implements Verb {
    private static final List<String> COLUMNS =
            List.of("id", "who", "from", "door", "speaks", "since", "subscribes to", "delivered", "lag", "lost");

    private static final int PAGE = 500;

    @Option(
            names = "--door",
            paramLabel = "DOOR",
            defaultValue = "",
            description = "Only of that one: ws, sse, zmq, ssh or objects.")
    private String door = "";

    @Option(
            names = "--find",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "Only those that have it in user, address or protocol.")
    private String find = "";

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        List<Map<String, @Nullable Object>> all = new ArrayList<>();
        try (Http http = new Http(broker.resolve(around), around)) {
            String after = "";
            do {
                String asked = "/connections?limit=" + PAGE + "&door=" + encoded(door) + "&find=" + encoded(find)
                        + "&after=" + encoded(after);
                Map<String, @Nullable Object> page =
                        Json.parseObject(http.call("GET", asked, null).body());
                all.addAll(JsonTree.objects(page.get("connections")));
                after = JsonTree.text(page, "next");
            } while (!after.isEmpty());
        }
        output.print(around, COLUMNS, all, ConnectionsLsVerb::cells, connection -> connection);
        return Exit.OK;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static List<String> cells(Map<String, @Nullable Object> connection) {
        return List.of(
                JsonTree.text(connection, "id"),
                JsonTree.text(connection, "principal"),
                JsonTree.text(connection, "address"),
                JsonTree.text(connection, "door"),
                JsonTree.text(connection, "protocol"),
                JsonTree.text(connection, "since").replaceFirst("\\..*", "Z"),
                JsonTree.texts(connection, "patterns"),
                JsonTree.text(connection, "delivered"),
                JsonTree.text(connection, "lag"),
                JsonTree.text(connection, "lost"));
    }
}
