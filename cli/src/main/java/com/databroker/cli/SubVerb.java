package com.databroker.cli;

import com.databroker.core.Pattern;
import com.databroker.core.Position;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Subscribes and prints what comes, until it has enough or is interrupted.
@Command(
        footer = {
            "  databroker sub 'builds/**'",
            "  databroker sub --json -n 1 'files/**' | jq .data",
            "  databroker sub --since 19a3f2c1b7d-42 'builds/*/done'",
            "",
            "A line is: time, topic, who published it, payload. Gaps and reconnections are told on standard",
            "error. Exit code 6 where --timeout ended it before anything came, or before -n events came."
        })
final class SubVerb implements Verb {
    @Parameters(
            arity = "1..*",
            paramLabel = "PATTERN",
            description = "* is one segment, ** is any number of them; put it between quotes.")
    private final List<String> patterns = new ArrayList<>();

    @Option(names = "--since", paramLabel = "POSITION", description = "Begin after this event, as pub printed it.")
    private @Nullable String since;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "End after N events.")
    private long count = Long.MAX_VALUE;

    @Option(names = "--json", description = "Each event as a CloudEvent, one JSON object a line.")
    private boolean json;

    @Option(names = "--raw", description = "Only the payloads, each followed by a newline.")
    private boolean raw;

    @Option(names = "--no-newline", description = "With --raw: nothing between the payloads.")
    private boolean noNewline;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "End when nothing came for so long, as 10s. Else it waits for ever.")
    private @Nullable Duration timeout;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (json && raw) {
            throw CliException.usage("--json and --raw exclude each other", "give one of them");
        }
        if (noNewline && !raw) {
            throw CliException.usage("--no-newline goes with --raw", "add --raw");
        }
        if (count < 1) {
            throw CliException.usage("--count " + count + " is less than 1", "leave it out for no end");
        }
        List<Pattern> wanted = patterns.stream().map(Pattern::of).distinct().toList();
        Position after = since == null ? null : Position.parse(since);
        EventPrinter printer = new EventPrinter(around.out(), json, raw, noNewline);
        return broker.with(
                around,
                (client, address) ->
                        new Following(printer, around, count, timeout).run(client, wanted, after, address.described()));
    }
}
