package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// What lies under `deploy` and is about watching a broker.
final class Deployed {
    static final Path PROMETHEUS = House.ROOT.resolve("deploy").resolve("prometheus");
    static final Path ALERTMANAGER = House.ROOT.resolve("deploy").resolve("alertmanager");
    static final String METRICS = "docs/reference/metrics.md";

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| ([^|]*)\\|");
    private static final Pattern WORD = Pattern.compile("`([a-z]+)`");

    private Deployed() {}

    static Map<?, ?> yaml(String file) {
        return parsed(House.text(file));
    }

    static Map<?, ?> parsed(String yaml) {
        return (Map<?, ?>)
                Objects.requireNonNull(new Load(LoadSettings.builder().build()).loadFromString(yaml), yaml);
    }

    static Stream<Map<?, ?>> maps(@Nullable Object list) {
        return list instanceof List<?> all ? all.stream().map(each -> (Map<?, ?>) each) : Stream.of();
    }

    /// A map within a map.
    static Map<?, ?> inner(Map<?, ?> map, String name) {
        return (Map<?, ?>) Objects.requireNonNull(map.get(name), name);
    }

    static String text(Map<?, ?> map, String... path) {
        Object at = map;
        for (String name : path) {
            at = at instanceof Map<?, ?> inner ? inner.get(name) : null;
        }
        return at == null ? "" : at.toString();
    }

    /// The rules of a file.
    static List<Map<?, ?>> rules(String file) {
        return maps(yaml("deploy/prometheus/" + file).get("groups"))
                .flatMap(group -> maps(group.get("rules")))
                .toList();
    }

    /// Names of metrics, as they are documented, with their labels; of a histogram those of its parts.
    static Map<String, List<String>> metrics() {
        Map<String, List<String>> found = new TreeMap<>();
        Matcher row = ROW.matcher(House.text(METRICS));
        while (row.find()) {
            List<String> labels = WORD.matcher(row.group(3))
                    .results()
                    .map(label -> label.group(1))
                    .sorted()
                    .toList();
            if (row.group(2).equals("histogram")) {
                found.put(row.group(1) + "_sum", labels);
                found.put(row.group(1) + "_count", labels);
                found.put(
                        row.group(1) + "_bucket",
                        Stream.concat(labels.stream(), Stream.of("le")).sorted().toList());
            } else {
                found.put(row.group(1), labels);
            }
        }
        return found;
    }

    private static String name(Path file) {
        return file.toString().substring(file.toString().lastIndexOf('/') + 1);
    }

    /// Dashboards by the name of their file.
    static Map<String, Map<?, ?>> dashboards() {
        Map<String, Map<?, ?>> found = new LinkedHashMap<>();
        for (Path file : House.files(".json")) {
            if (file.startsWith("deploy/grafana/dashboards")) {
                found.put(name(file), (Map<?, ?>) Objects.requireNonNull(Json.parse(Bytes.utf8(House.text(file)))));
            }
        }
        return found;
    }

    /// An expression of a panel, and which.
    record Panel(String place, String expression) {}

    static List<Panel> panels() {
        List<Panel> found = new ArrayList<>();
        dashboards()
                .forEach((name, dashboard) -> maps(dashboard.get("panels"))
                        .forEach(panel -> maps(panel.get("targets"))
                                .forEach(target ->
                                        found.add(new Panel(name + ": " + panel.get("title"), text(target, "expr"))))));
        return found;
    }
}
