package com.databroker.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Removes a user.
@Command(footer = "  databroker user remove jenkins")
final class UserRemoveVerb implements Verb {
    @Parameters(index = "0", paramLabel = "NAME", description = "The user.")
    private String name = "";

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Users users = new Users(broker, around)) {
            users.remove(name);
        }
        return Exit.OK;
    }
}
