package com.databroker.cli;

import com.databroker.core.Pattern;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

    @Option(names = "--json", description = "Each event as a CloudEvent, one JSON object a line.")
    private boolean json;

    @Option(names = "--raw", description = "Only the payloads, each followed by a newline.")
    private boolean raw;

    @Option(names = "--no-newline", description = "With --raw: nothing between the payloads.")
    private boolean noNewline;

    @Mixin
    private final Following.Options options = new Following.Options();

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
        List<Pattern> wanted = patterns.stream().map(Pattern::of).distinct().toList();
        EventPrinter printer = new EventPrinter(around.out(), json, raw, noNewline);
        Following following = new Following(printer, around, options);
        return broker.with(around, (client, address) -> following.run(client, wanted, address.described()));
    }
}
