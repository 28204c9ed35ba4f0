package com.databroker.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Removes a file, an empty folder, or with `-r` a folder with all that is in it.
@Command(footer = {"  databroker rm ci/report.pdf", "  databroker rm -r ci/old"})
final class RmVerb implements Verb {
    @Parameters(index = "0", paramLabel = "PATH", description = "Path of the file, as ci/report.pdf.")
    private String path = "";

    @Option(
            names = {"-r", "--recursive"},
            description = "A folder with all that is in it.")
    private boolean recursive;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return broker.with(around, (client, address) -> {
            if (recursive) {
                client.deleteTree(Paths.plain(path));
            } else {
                client.delete(Paths.plain(path));
            }
            return Exit.OK;
        });
    }
}
