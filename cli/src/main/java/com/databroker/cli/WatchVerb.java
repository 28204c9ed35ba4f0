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

/// Tells what becomes of files, whoever changes them.
@Command(
        footer = {
            "  databroker watch",
            "  databroker watch 'ci/**'",
            "  databroker watch -n 1 --json ci/report.pdf | jq .data.sha256",
            "",
            "A line is: time, what happened, path, size in bytes, who did it (disk: another program)."
        })
final class WatchVerb implements Verb {
    @Parameters(
            arity = "0..1",
            paramLabel = "PATTERN",
            description = "Paths: * is one segment, ** is any number of them. Else all.")
    private String pattern = "**";

    @Option(names = "--json", description = "Each change as a CloudEvent, one JSON object a line.")
    private boolean json;

    @Mixin
    private final Following.Options options = new Following.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        String plain = Paths.plain(pattern);
        Pattern wanted = Pattern.of("files/" + (plain.endsWith("/") ? plain + "**" : plain));
        EventPrinter printer = new EventPrinter(around.out(), json, false, false, WatchVerb::line);
        Following following = new Following(printer, around, options);
        return broker.with(around, (client, address) -> following.run(client, List.of(wanted), address.described()));
    }

    private static String line(Event event) {
        Map<String, @Nullable Object> change;
        try {
            change = Json.parseObject(event.payload());
        } catch (ProblemException odd) {
            change = Map.of();
        }
        String kind = String.valueOf(change.get("event")).replace("FILE ", "");
        return event.time().truncatedTo(ChronoUnit.MILLIS) + " " + kind + " "
                + Surroundings.visible(String.valueOf(change.get("path"))) + " " + change.get("size") + " "
                + change.get("principal");
    }
}
