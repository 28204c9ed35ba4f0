package com.databroker.cli;

import com.databroker.server.ConfigReader;
import com.databroker.server.Logs;
import com.databroker.server.StreamJobs;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Writes the jar of the jobs, with what they have to know.
@Command(
        footer = {
            "  databroker streams jar jobs.jar",
            "  flink run -d jobs.jar github",
            "",
            "The jar holds passwords and keys of the configuration: only its owner may read it."
        })
final class StreamsJarVerb implements Verb {
    @Parameters(index = "0", paramLabel = "FILE", description = "The jar to write.")
    private Path file = Path.of("");

    @Mixin
    private final SettingFlags settings = new SettingFlags();

    @Override
    public int run(Surroundings around) throws IOException {
        ConfigReader.Result read =
                ConfigReader.read(settings.file(around), around.environment(), settings.flags(around));
        Logs.configure(read.config().log());
        StreamJobs.of(read.config()).jar(around.folder().resolve(file));
        return Exit.OK;
    }
}
