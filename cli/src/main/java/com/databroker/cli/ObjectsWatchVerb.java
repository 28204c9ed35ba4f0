package com.databroker.cli;

import com.databroker.core.Event;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Tells what becomes of objects, whoever changes them.
@Command(
        footer = {
            "  databroker objects watch",
            "  databroker objects watch Person",
            "",
            "A line is: time, what happened, key, version or -, fields, who did it (database: another program)."
        })
final class ObjectsWatchVerb implements Verb {
    @Parameters(arity = "0..1", paramLabel = "TYPE", description = "Only objects of this type; * and ** as in topics.")
    private String type = "*";

    @Option(names = "--json", description = "Each change as a CloudEvent, one JSON object a line.")
    private boolean json;

    @Mixin
    private final Following.Options options = new Following.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Pattern wanted = Pattern.of("objects/*/" + type);
        EventPrinter printer = new EventPrinter(around.out(), json, false, false, ObjectsWatchVerb::line);
        Following following = new Following(printer, around, options);
        return broker.with(around, (client, address) -> following.run(client, List.of(wanted), address.described()));
    }

    private static String version(Map<String, @Nullable Object> change) {
        String version = JsonTree.text(change, "version");
        return version.equals("0") ? "-" : version;
    }

    private static String line(Event event) {
        Map<String, @Nullable Object> change;
        try {
            change = Json.parseObject(event.payload());
        } catch (ProblemException odd) {
            change = Map.of();
        }
        return event.time().truncatedTo(ChronoUnit.MILLIS) + " "
                + JsonTree.text(change, "event").replace("OBJECT ", "") + " "
                + Surroundings.visible(JsonTree.text(change, "key")) + " " + version(change) + " "
                + Surroundings.visible(String.join(",", JsonTree.strings(change.get("fields")))) + " "
                + Surroundings.visible(JsonTree.text(change, "principal"));
    }
}
