package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Makes a token; its secret is printed and then exists nowhere but with whoever read it.
@Command(
        footer = {
            "  databroker token add jenkins --label 2027 --expires 90d",
            "  databroker token add alice --label dashboard --scope 'subscribe:builds/*/done'",
            "",
            "Prints the token, and only the token, on standard output."
        })
final class TokenAddVerb implements Verb {
    @Parameters(index = "0", paramLabel = "USER", description = "Whose token it is.")
    private String user = "";

    @Option(names = "--label", required = true, paramLabel = "LABEL", description = "What it is called; once per user.")
    private String label = "";

    @Option(
            names = "--expires",
            paramLabel = "WHEN",
            description = "90d, 12h or 2027-01-31T00:00:00Z. Else it does not expire.")
    private @Nullable String expires;

    @Option(
            names = "--scope",
            paramLabel = "ACTIONS:PATTERN",
            description = "Narrows the token to less than its user may do.")
    private final List<String> scope = new ArrayList<>();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Map<String, @Nullable Object> token = new LinkedHashMap<>();
        token.put("label", label);
        if (expires != null) {
            token.put("expires", expires);
        }
        token.put("scope", scope);
        try (Users users = new Users(broker, around)) {
            Map<String, @Nullable Object> made = users.addToken(user, token);
            around.out().println(JsonTree.text(made, "token"));
            IOException lost = around.out().failure();
            if (lost != null) {
                // Also where who read it has gone: there is a token now that nobody has.
                throw new CliException(
                        Exit.FAILED,
                        "the token could not be written to standard output, and is lost: " + lost.getMessage(),
                        "",
                        around.launcher() + " token revoke " + Shell.quoted(user) + " " + JsonTree.text(made, "id")
                                + ", then make another",
                        lost);
            }
            String until = JsonTree.text(made, "expires");
            around.say("token " + JsonTree.text(made, "id") + " of " + user
                    + (until.isEmpty() ? "" : ", valid until " + until) + "; it is not shown again");
        }
        return Exit.OK;
    }
}
