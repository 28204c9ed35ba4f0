package com.databroker.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Ends a connection.
@Command(footer = "  databroker connections end 1a2247-17")
final class ConnectionsEndVerb implements Verb {
    @Parameters(index = "0", paramLabel = "ID", description = "Of connections ls.")
    private String id = "";

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            http.call("DELETE", "/connections/" + URLEncoder.encode(id, StandardCharsets.UTF_8), null);
        }
        return Exit.OK;
    }
}
