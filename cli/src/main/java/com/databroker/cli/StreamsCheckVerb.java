package com.databroker.cli;

import com.databroker.server.DefinitionCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Reads the definition of a stream exactly as a broker does at its start, and a sample of its data.
@Command(
        footer = {
            "  databroker streams check sources/builds.yaml",
            "  databroker streams check sources/builds.yaml yesterday.csv",
            "",
            "Needs no broker. Exit code 2 where the definition is wrong, 1 where some of the sample cannot be read."
        })
final class StreamsCheckVerb implements Verb {
    @Parameters(index = "0", paramLabel = "DEFINITION", description = "The file, <name of the stream>.yaml.")
    private Path definition = Path.of("");

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SAMPLE",
            description = "A file that could come into its inbox: its first records are shown.")
    private @Nullable Path sample;

    @Override
    public int run(Surroundings around) throws IOException {
        Path data = sample == null ? null : around.folder().resolve(sample);
        DefinitionCheck check = DefinitionCheck.of(around.folder().resolve(definition), data);
        around.out().println("ok: stream " + check.name() + " with the fields " + String.join(", ", check.fields()));
        if (data == null) {
            return Exit.OK;
        }
        print(around, check.shown());
        around.out()
                .println("records: " + check.records() + ", of which " + check.repeated()
                        + " have the id of another; cannot be read: " + check.rejects());
        print(around, check.rejected());
        return check.rejects() == 0 ? Exit.OK : Exit.FAILED;
    }

    private static void print(Surroundings around, List<String> lines) {
        lines.forEach(line -> around.out().println("  " + Surroundings.visible(line)));
    }
}
