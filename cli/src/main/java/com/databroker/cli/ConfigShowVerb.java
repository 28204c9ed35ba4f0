package com.databroker.cli;

import com.databroker.server.ConfigOrigin;
import com.databroker.server.ConfigReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Prints what `serve` would run with.
@Command(
        footer = {
            "  databroker config show",
            "  databroker config show --config databroker.yaml --http.port 8081 -o json",
            "",
            "Takes the options that serve takes. Secrets are not shown."
        })
final class ConfigShowVerb implements Verb {
    @Mixin
    private final SettingFlags settings = new SettingFlags();

    @Mixin
    private final Table.Options output = new Table.Options();

    @Override
    public int run(Surroundings around) {
        ConfigReader.Result read =
                ConfigReader.read(settings.file(around), around.environment(), settings.flags(around));
        output.print(
                around,
                List.of("key", "value", "origin"),
                read.origins(),
                line -> List.of(line.key(), line.value(), line.origin()),
                ConfigShowVerb::json);
        return Exit.OK;
    }

    private static Map<String, @Nullable Object> json(ConfigOrigin line) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("key", line.key());
        json.put("value", line.value());
        json.put("origin", line.origin());
        return json;
    }
}
