package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Lists tokens by label and id.
@Command(footer = {"  databroker token list", "  databroker token list jenkins -o ndjson"})
final class TokenListVerb implements Verb {
    @Parameters(index = "0", arity = "0..1", paramLabel = "USER", description = "Whose tokens; else all.")
    private @Nullable String user;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        List<Map<String, @Nullable Object>> tokens = new ArrayList<>();
        boolean known = user == null;
        try (Users users = new Users(broker, around)) {
            for (Map<String, @Nullable Object> entry : users.list()) {
                String name = JsonTree.text(entry, "name");
                if (user == null || user.equals(name)) {
                    known = true;
                    JsonTree.objects(entry.get("tokens")).forEach(token -> {
                        Map<String, @Nullable Object> row = new LinkedHashMap<>();
                        row.put("user", name);
                        row.putAll(token);
                        tokens.add(row);
                    });
                }
            }
        }
        if (!known) {
            throw new CliException(
                    Exit.NOT_FOUND, "there is no user \"" + user + "\"", "", around.launcher() + " user list", null);
        }
        output.print(
                around, List.of("user", "label", "id", "expires", "scope"), tokens, TokenListVerb::cells, row -> row);
        return Exit.OK;
    }

    private static List<String> cells(Map<String, @Nullable Object> token) {
        return List.of(
                JsonTree.text(token, "user"),
                JsonTree.text(token, "label"),
                JsonTree.text(token, "id"),
                JsonTree.text(token, "expires"),
                JsonTree.texts(token, "scope"));
    }
}
