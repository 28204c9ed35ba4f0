package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Shows of which types changes by other programs are told, and has a database record them or no longer.
@Command(
        footer = {
            "  databroker objects triggers",
            "  databroker objects triggers install shop",
            "  databroker objects triggers remove shop",
            "",
            "Whoever changes a database without the broker is heard of only where its tables have triggers.",
            "A type that is added later needs them installed once more."
        })
final class ObjectsTriggersVerb implements Verb {
    /// What can be done.
    enum What {
        SHOW,
        INSTALL,
        REMOVE
    }

    @Parameters(index = "0", arity = "0..1", paramLabel = "WHAT", description = "show, install or remove.")
    private What what = What.SHOW;

    @Parameters(index = "1", arity = "0..1", paramLabel = "STORE", description = "The store.")
    private @Nullable String store;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (what != What.SHOW && store == null) {
            throw CliException.usage("the name of a store is missing", "databroker objects triggers shows all of them");
        }
        List<Map<String, @Nullable Object>> all;
        try (Http http = new Http(broker.resolve(around), around)) {
            String path = "/objects/triggers" + (what == What.SHOW ? "" : "/" + Http.segment(String.valueOf(store)));
            String method = what == What.SHOW ? "GET" : what == What.INSTALL ? "POST" : "DELETE";
            all = JsonTree.objects(Json.parse(
                    http.call(method, path, Bytes.EMPTY, (String) null).body()));
        }
        List<Map<String, @Nullable Object>> wanted = new ArrayList<>();
        for (Map<String, @Nullable Object> each : all) {
            if (store == null || JsonTree.text(each, "store").equals(store)) {
                wanted.add(each);
            }
        }
        if (wanted.isEmpty()) {
            around.say(
                    store == null
                            ? "there is no store that you administer"
                            : "there is no store " + store + " that you administer");
            return Exit.NOT_FOUND;
        }
        output.print(
                around,
                List.of("store", "triggers", "told", "untold"),
                wanted,
                each -> List.of(
                        JsonTree.text(each, "store"),
                        Boolean.TRUE.equals(each.get("possible")) ? "possible" : "not needed: the broker's own",
                        JsonTree.texts(each, "told"),
                        JsonTree.texts(each, "untold")),
                each -> each);
        return Exit.OK;
    }
}
