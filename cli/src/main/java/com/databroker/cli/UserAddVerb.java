package com.databroker.cli;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
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

/// Adds a user to the users file.
@Command(
        footer = {
            "  databroker user add jenkins --grant 'publish,subscribe:builds/**' --grant 'write:ci/**'",
            "  databroker user add alice --role builder",
            "",
            "Needs a token of an administrator. The user has no token yet: token add."
        })
final class UserAddVerb implements Verb {
    @Parameters(index = "0", paramLabel = "NAME", description = "1 to 64 of A-Z a-z 0-9 . _ @ -")
    private String name = "";

    @Option(
            names = "--grant",
            paramLabel = "ACTIONS:PATTERN",
            description = "What the user may do: publish, subscribe, read, write, delete, admin, … or all.")
    private final List<String> grants = new ArrayList<>();

    @Option(names = "--role", paramLabel = "ROLE", description = "A role of the users file.")
    private final List<String> roles = new ArrayList<>();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Map<String, @Nullable Object> user = new LinkedHashMap<>();
        user.put("name", name);
        user.put("grants", grants);
        user.put("roles", roles);
        try (Users users = new Users(broker, around)) {
            users.add(user);
        } catch (ProblemException refused) {
            throw refused.problem() == Problem.BAD_REQUEST ? unnamed(refused) : refused;
        }
        around.say("added " + name + "; give it a token: " + around.launcher() + " token add " + Shell.quoted(name)
                + " --label LABEL");
        return Exit.OK;
    }

    /// A name that cannot be one is all that the broker refuses so.
    private static CliException unnamed(ProblemException refused) {
        return new CliException(
                Exit.USAGE,
                "[" + refused.problem().number() + "] " + refused.problem().title() + ": " + refused.detail(),
                "",
                "choose another name, as build-server or eve@example.org",
                refused);
    }
}
