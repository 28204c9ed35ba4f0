package com.databroker.cli;

import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Draws the types and what they refer to.
@Command(footer = {"  databroker objects graph", "  databroker objects graph --dot | dot -Tsvg >types.svg"})
final class ObjectsGraphVerb implements Verb {
    @Option(names = "--dot", description = "In the language of Graphviz.")
    private boolean dot;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        StringBuilder drawn = new StringBuilder(dot ? "digraph types {\n  rankdir=LR;\n  node [shape=box];\n" : "");
        try (Http http = new Http(broker.resolve(around), around)) {
            for (Map<String, @Nullable Object> type :
                    JsonTree.objects(http.call("GET", "/objects", null).object().get("types"))) {
                String name = JsonTree.text(type, "name");
                if (JsonTree.text(type, "store").isEmpty()) {
                    continue;
                }
                drawn.append(dot ? "  \"" + name + "\";\n" : name + "\n");
                for (Map<String, @Nullable Object> field : JsonTree.objects(type.get("fields"))) {
                    if (field.get("target") instanceof String to) {
                        String by = JsonTree.text(field, "name");
                        drawn.append(
                                dot
                                        ? "  \"" + name + "\" -> \"" + to + "\" [label=\"" + by + "\"];\n"
                                        : "  ── " + by + " ──▶ " + to + "\n");
                    }
                }
            }
        }
        around.out().print(drawn.append(dot ? "}\n" : ""));
        return Exit.OK;
    }
}
