package com.databroker.cli;

import com.databroker.server.ConfigReader;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Reads a configuration exactly as `serve` does and starts nothing.
@Command(
        footer = {
            "  databroker config check",
            "  databroker config check /etc/databroker/databroker.yaml",
            "",
            "Exit code 2 where something is wrong. The variables of the environment are checked along with it."
        })
final class ConfigCheckVerb implements Verb {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE",
            description =
                    "Configuration file. Else that of DATABROKER_CONFIG, else databroker.yaml in the home folder.")
    private @Nullable Path file;

    @Override
    public int run(Surroundings around) {
        Path named = file == null ? null : around.folder().resolve(file);
        ConfigReader.Result read = ConfigReader.read(named, around.environment(), Map.of());
        long fromFile = read.origins().stream()
                .filter(line -> line.origin().matches("(?s).*:\\d+"))
                .count();
        around.out().println("ok: " + read.origins().size() + " settings, " + fromFile + " from the file");
        return Exit.OK;
    }
}
