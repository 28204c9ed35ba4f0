package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Lists the types of objects, or the fields of one.
@Command(footer = {"  databroker objects types", "  databroker objects types Person"})
final class ObjectsTypesVerb implements Verb {
    @Parameters(arity = "0..1", paramLabel = "TYPE", description = "Only this one, with its fields.")
    private @Nullable String type;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        List<Map<String, @Nullable Object>> types;
        try (Http http = new Http(broker.resolve(around), around)) {
            types = JsonTree.objects(http.call("GET", "/objects", null).object().get("types"));
        }
        if (type == null) {
            output.print(
                    around,
                    List.of("type", "store", "key", "rights", "fields", "collections", "methods"),
                    types,
                    each -> List.of(
                            JsonTree.text(each, "name"),
                            JsonTree.text(each, "store"),
                            JsonTree.texts(each, "key"),
                            JsonTree.text(each, "rights"),
                            names(each, "fields"),
                            names(each, "collections"),
                            names(each, "methods")),
                    each -> each);
            return Exit.OK;
        }
        for (Map<String, @Nullable Object> each : types) {
            if (JsonTree.text(each, "name").equals(type)) {
                output.print(
                        around,
                        List.of("field", "kind", "to", "required", "generated"),
                        JsonTree.objects(each.get("fields")),
                        field -> List.of(
                                JsonTree.text(field, "name"),
                                JsonTree.text(field, "kind"),
                                JsonTree.text(field, "target"),
                                JsonTree.text(field, "required"),
                                JsonTree.text(field, "generated")),
                        field -> field);
                return Exit.OK;
            }
        }
        around.say("there is no type " + type + " that you may see");
        return Exit.NOT_FOUND;
    }

    private static String names(Map<String, @Nullable Object> type, String list) {
        List<String> names = new ArrayList<>();
        for (Map<String, @Nullable Object> each : JsonTree.objects(type.get(list))) {
            names.add(JsonTree.text(each, "name"));
        }
        return String.join(" ", names);
    }
}
