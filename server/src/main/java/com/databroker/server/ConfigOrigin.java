package com.databroker.server;

import java.util.List;

/// One line of `databroker config show`: a key, the value in force and where it came from.
///
/// @param value as it would stand in the file; `********` for a secret, empty where there is none
/// @param origin `default`, `databroker.yaml:12`, `DATABROKER_HTTP_PORT` or `--http.port`
public record ConfigOrigin(String key, String value, String origin) {
    /// The lines in columns for a terminal.
    public static String table(List<ConfigOrigin> origins) {
        int key = origins.stream().mapToInt(line -> line.key.length()).max().orElse(0);
        int value = origins.stream().mapToInt(line -> line.value.length()).max().orElse(0);
        StringBuilder out = new StringBuilder();
        for (ConfigOrigin line : origins) {
            out.append(line.key)
                    .repeat(' ', key - line.key.length() + 2)
                    .append(line.value)
                    .repeat(' ', value - line.value.length() + 2)
                    .append(line.origin)
                    .append('\n');
        }
        return out.toString();
    }
}
