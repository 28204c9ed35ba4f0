package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows a broker in figures.
@Command(footer = {"  databroker status", "  databroker status --format json | jq .events.published"})
final class StatusVerb implements Verb {
    /// In which form.
    enum Format {
        TEXT,
        JSON
    }

    @Option(names = "--format", paramLabel = "FORMAT", description = "text or json.")
    private Format format = Format.TEXT;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Address address = broker.resolve(around);
        try (Http http = new Http(address, around)) {
            Http.Answer answer = http.call("GET", "/status", null);
            if (format == Format.JSON) {
                around.out().println(answer.body().utf8());
                return Exit.OK;
            }
            Map<String, @Nullable Object> status = answer.object();
            Map<String, @Nullable Object> events = JsonTree.object(status.get("events"));
            Map<String, @Nullable Object> files = JsonTree.object(status.get("files"));
            Map<String, @Nullable Object> heap = JsonTree.object(status.get("heap"));
            line(around, "broker", address.url() + ", version " + JsonTree.text(status, "version"));
            line(around, "since", JsonTree.text(status, "started"));
            line(
                    around,
                    "events",
                    JsonTree.text(events, "published") + " taken, " + JsonTree.text(events, "delivered")
                            + " delivered, " + JsonTree.text(events, "lost") + " lost");
            line(
                    around,
                    "window",
                    JsonTree.text(events, "held") + " events, " + JsonTree.text(events, "heldBytes") + " of "
                            + JsonTree.text(events, "windowBytes") + " bytes");
            line(
                    around,
                    "files",
                    JsonTree.text(files, "files") + ", " + JsonTree.text(files, "bytes") + " bytes, "
                            + JsonTree.text(files, "uploads") + " uploads under way");
            if (status.get("objects") instanceof Map<?, ?>) {
                line(around, "objects", objects(JsonTree.object(status.get("objects"))));
            }
            StringBuilder doors = new StringBuilder();
            JsonTree.object(status.get("connections"))
                    .forEach((door, open) -> doors.append(doors.isEmpty() ? "" : ", ")
                            .append(door)
                            .append(' ')
                            .append(open));
            line(around, "connections", doors + "; " + JsonTree.text(status, "sessions") + " sessions");
            line(around, "heap", JsonTree.text(heap, "used") + " of " + JsonTree.text(heap, "max") + " bytes");
        }
        return Exit.OK;
    }

    private static String objects(Map<String, @Nullable Object> objects) {
        List<Map<String, @Nullable Object>> stores = JsonTree.objects(objects.get("stores"));
        StringBuilder out = new StringBuilder();
        out.append(stores.size()).append(stores.size() == 1 ? " store, " : " stores, ");
        out.append(sum(stores, "commits")).append(" commits, ");
        out.append(sum(stores, "conflicts")).append(" in conflict, ");
        out.append(JsonTree.text(objects, "listeners")).append(" clients with a cache");
        for (Map<String, @Nullable Object> store : stores) {
            if (Boolean.FALSE.equals(store.get("reachable"))) {
                out.append("; ").append(JsonTree.text(store, "name")).append(" does not answer");
            }
        }
        return out.toString();
    }

    private static long sum(List<Map<String, @Nullable Object>> stores, String name) {
        long sum = 0;
        for (Map<String, @Nullable Object> store : stores) {
            sum += store.get(name) instanceof Number number ? number.longValue() : 0;
        }
        return sum;
    }

    private static void line(Surroundings around, String name, String text) {
        around.out().println(Surroundings.visible(name + " ".repeat(13 - name.length()) + text));
    }
}
