package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lists the users.
@Command(footer = {"  databroker user list", "  databroker user list -o json"})
final class UserListVerb implements Verb {
    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Users users = new Users(broker, around)) {
            List<String> columns = List.of("name", "roles", "grants", "tokens", "state");
            output.print(around, columns, users.list(), UserListVerb::cells, user -> user);
        }
        return Exit.OK;
    }

    private static List<String> cells(Map<String, @Nullable Object> user) {
        List<String> labels = JsonTree.objects(user.get("tokens")).stream()
                .map(token -> JsonTree.text(token, "label"))
                .toList();
        return List.of(
                JsonTree.text(user, "name"),
                JsonTree.texts(user, "roles"),
                JsonTree.texts(user, "grants"),
                String.join(", ", labels),
                Boolean.TRUE.equals(user.get("disabled")) ? "disabled" : "");
    }
}
