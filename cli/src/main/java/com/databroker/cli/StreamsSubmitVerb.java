package com.databroker.cli;

import com.databroker.server.ConfigReader;
import com.databroker.server.Logs;
import com.databroker.server.StreamJobs;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Brings jobs to the Flink cluster of `streams.flink.url`.
@Command(
        footer = {
            "  databroker streams submit",
            "  databroker streams submit github --streams.flink.url http://flink:8081",
            "",
            "A job that runs is stopped at a savepoint and goes on from there; one that does not goes on",
            "from its newest checkpoint. No broker has to run."
        })
final class StreamsSubmitVerb implements Verb {
    @Parameters(index = "0..*", paramLabel = "STREAM", description = "Those streams; all where none is named.")
    private List<String> streams = List.of();

    @Option(
            names = "--from",
            paramLabel = "ADDRESS",
            description = "The savepoint or checkpoint to go on from, in place of the newest.")
    private @Nullable String from;

    @Mixin
    private final SettingFlags settings = new SettingFlags();

    @Override
    public int run(Surroundings around) throws IOException {
        if (from != null && streams.size() != 1) {
            throw CliException.usage("--from is about one stream", "name it: streams submit github --from " + from);
        }
        ConfigReader.Result read =
                ConfigReader.read(settings.file(around), around.environment(), settings.flags(around));
        Logs.configure(read.config().log());
        StreamJobs.of(read.config()).submit(streams, from, around.out()::println);
        return Exit.OK;
    }
}
