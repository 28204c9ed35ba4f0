package com.databroker.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Takes a token out of force.
@Command(footer = {"  databroker token revoke jenkins 2026", "  databroker token revoke jenkins b7Xw20Lm"})
final class TokenRevokeVerb implements Verb {
    @Parameters(index = "0", paramLabel = "USER", description = "Whose token it is.")
    private String user = "";

    @Parameters(index = "1", paramLabel = "LABEL|ID", description = "Its label or its id, as token list shows them.")
    private String token = "";

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Users users = new Users(broker, around)) {
            users.revoke(user, token);
        }
        return Exit.OK;
    }
}
