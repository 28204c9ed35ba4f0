package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Finds objects of a type by conditions on their fields.
@Command(
        footer = {
            "  databroker objects find Person 'salary>=1000' name^=A --order -salary -n 10",
            "  databroker objects find Task owner=Person/42 status=in:open,late",
            "  databroker objects find Person boss=null --count"
        })
final class ObjectsFindVerb implements Verb {
    @Parameters(index = "0", paramLabel = "TYPE", description = "The type.")
    private String type = "";

    @Parameters(
            index = "1..*",
            paramLabel = "CONDITION",
            description = "Field, operator and value: = != < <= > >= or ^= (begins with); =in:a,b and =null.")
    private List<String> conditions = List.of();

    @Option(names = "--order", paramLabel = "FIELDS", description = "As name,-salary; else by key.")
    private @Nullable String order;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "At most so many.")
    private int limit = 100;

    @Option(names = "--after", paramLabel = "NEXT", description = "Goes on where the page before ended.")
    private @Nullable String after;

    @Option(names = "--with", paramLabel = "NAMES", description = "References and collections that come along.")
    private @Nullable String with;

    @Option(names = "--count", description = "Says how many there are, and shows none.")
    private boolean count;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Map<String, @Nullable Object> parameters = ObjectForms.conditions(conditions);
        parameters.put("order", order);
        parameters.put("limit", count ? 0 : limit);
        parameters.put("after", after);
        parameters.put("with", with);
        parameters.put("count", count ? "true" : null);
        Map<String, @Nullable Object> answer;
        try (Http http = new Http(broker.resolve(around), around)) {
            answer = http.call("GET", "/objects/" + Http.segment(type) + ObjectForms.query(parameters), null)
                    .object();
        }
        if (count) {
            around.out().println(JsonTree.text(answer, "count"));
            return Exit.OK;
        }
        List<Map<String, @Nullable Object>> rows = new ArrayList<>(JsonTree.objects(answer.get("objects")));
        boolean none = rows.isEmpty();
        rows.addAll(JsonTree.objects(answer.get("with")));
        ObjectForms.print(output, around, rows);
        if (answer.get("next") instanceof String next) {
            around.say("there are more: --after " + next);
        }
        return none ? Exit.NOT_FOUND : Exit.OK;
    }
}
