package com.databroker.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Removes a file of the files plane.
@Command(footer = "  databroker rm ci/report.pdf")
final class RmVerb implements Verb {
    @Parameters(index = "0", paramLabel = "PATH", description = "Path of the file, as ci/report.pdf.")
    private String path = "";

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return broker.with(around, (client, address) -> {
            client.delete(Paths.plain(path));
            return Exit.OK;
        });
    }
}
