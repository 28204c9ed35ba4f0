package com.databroker.cli;

import java.io.IOException;
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

    private static void line(Surroundings around, String name, String text) {
        around.out().println(Surroundings.visible(name + " ".repeat(13 - name.length()) + text));
    }
}
