package com.databroker.server;

import com.databroker.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// Writes the pages under `docs/reference` that follow from code: the configuration, the
/// problems and the metrics.
public final class ConfigDocs {
    private static final String FOLDER = "docs/reference/";
    private static final Map<Integer, String> THOUSANDS = Map.of(
            1, "The request",
            2, "Access",
            3, "Events",
            4, "Files",
            5, "The broker itself",
            6, "Streams",
            7, "Objects",
            9, "Start and configuration");

    private ConfigDocs() {}

    /// @param arguments the root of the project
    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments.length == 0 ? "" : arguments[0]);
        for (Map.Entry<String, String> page : pages().entrySet()) {
            Path file = root.resolve(page.getKey());
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, page.getValue());
        }
    }

    /// Path below the project's root to text.
    static Map<String, String> pages() {
        SettingGroup tree = SettingGroup.of(Config.class);
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put(FOLDER + "configuration.md", reference(tree));
        pages.put(FOLDER + "databroker.yaml", defaultFile(tree));
        pages.put(FOLDER + "databroker.schema.json", ConfigSchema.of(tree));
        pages.put(FOLDER + "problems.md", problems());
        pages.put(FOLDER + "metrics.md", MetricDocs.page());
        return pages;
    }

    /// The commented default file, which `databroker init` copies.
    public static String defaultFile() {
        return defaultFile(SettingGroup.of(Config.class));
    }

    static String defaultFile(SettingGroup tree) {
        StringBuilder out = new StringBuilder("""
                # yaml-language-server: $schema=databroker.schema.json
                #
                # Every key with its default. To change one, remove the # before it; a key that is absent has its default.
                # Variables (DATABROKER_HTTP_PORT) and flags (--http.port) stand above this file.
                """);
        section(out, tree, "");
        return out.toString();
    }

    /// Below a map the whole example is a comment, and the indentation ends in its `#`.
    private static void section(StringBuilder out, SettingGroup group, String indent) {
        String hash = indent.contains("#") ? "" : "#";
        for (SettingNode part : group.parts()) {
            out.append(indent.contains("#") ? indent.stripTrailing() : "").append('\n');
            switch (part) {
                case SettingKey key -> {
                    String limits = key.limits().isEmpty() ? "" : " (" + key.limits() + ")";
                    out.append(comment(indent, key.setting().value() + limits));
                    if (key.type().form() == SettingType.Form.WORD) {
                        out.append(comment(
                                indent, "One of " + String.join(", ", key.type().words()) + "."));
                    }
                    String value = key.setting().secret() ? "" : yaml(key);
                    out.append(indent).append(hash).append(key.name()).append(':');
                    out.append(value.isEmpty() ? "\n" : " " + value + "\n");
                }
                case SettingGroup below -> {
                    out.append(comment(indent, below.text()))
                            .append(indent)
                            .append(below.name())
                            .append(":\n");
                    section(out, below, indent + "  ");
                }
                case SettingMap map -> {
                    String below = indent + "  " + hash;
                    out.append(comment(indent, map.text() + " Each below a name: " + map.names() + "."))
                            .append(indent)
                            .append(map.name())
                            .append(":\n")
                            .append(below)
                            .append(map.example().name())
                            .append(":\n");
                    section(out, map.example(), below + "  ");
                }
            }
        }
    }

    private static String comment(String indent, String text) {
        StringBuilder out = new StringBuilder();
        StringBuilder line = new StringBuilder(indent).append('#');
        for (String word : text.split("\\s+", -1)) {
            if (line.length() + 1 + word.length() > 120) {
                out.append(line).append('\n');
                line = new StringBuilder(indent).append('#');
            }
            line.append(' ').append(word);
        }
        return out.append(line).append('\n').toString();
    }

    private static String yaml(SettingKey key) {
        Object value = key.otherwise();
        String text = value == null ? "" : key.type().text(value);
        boolean plain = key.type().form() == SettingType.Form.LIST
                || text.matches("[A-Za-z0-9/.][A-Za-z0-9/._-]*(:[A-Za-z0-9/._-]+)*|");
        return plain ? text : "'" + text.replace("'", "''") + "'";
    }

    static String reference(SettingGroup tree) {
        StringBuilder out = new StringBuilder("""
                # Configuration

                The broker needs none. What differs from the defaults stands in `databroker.yaml`, in variables or in flags;
                each of them prevails over the one before:

                1. the defaults below;
                2. what was [imported](backup.md#the-document), in `imported.yaml` in the data folder;
                3. the file: `--config FILE`, else that of `DATABROKER_CONFIG`, else `databroker.yaml` in the home folder;
                4. variables: `DATABROKER_HTTP_PORT` for `http.port`;
                5. flags: `--http.port 9090`.

                An unknown key or variable, a value out of range, two values that do not go together: all of it is said at once
                with its place, and the broker does not start. `databroker config check` says it without starting,
                `databroker config show` prints every value in force and where it came from.

                In the file, dots are levels: `http.tls.key` is `key` below `tls` below `http`. A list is a list there, and in
                variables and flags `a, b`. Durations are `500ms`, `30s`, `5m`, `2h`, `10d`; sizes are `512`, `64KiB`, `1MiB`,
                `2GiB`. Relative paths are relative to the home folder, in which the command lies; those of `--config` and
                `--data` to where one stands. A secret may also be given by a file: append `_FILE` to its variable. The file
                is at most 1 MiB of YAML 1.2, without anchors and tags.
                [databroker.yaml](databroker.yaml) has every key to copy from; editors complete and check keys by
                [databroker.schema.json](databroker.schema.json).

                Variables of the command that are not settings: \
                """);
        out.append(ConfigReader.NOT_SETTINGS.stream()
                .sorted()
                .map(name -> "`" + name + "`")
                .collect(Collectors.joining(", ")));
        out.append(".\n\nThis page is generated from the program.\n\n## General\n");
        table(out, tree);
        tree.parts().forEach(part -> heading(out, part));
        return out.toString();
    }

    private static void heading(StringBuilder out, SettingNode part) {
        switch (part) {
            case SettingKey key -> {}
            case SettingGroup group -> chapter(out, group, group.text());
            case SettingMap map ->
                chapter(
                        out,
                        map.example(),
                        map.text()
                                + " Any number of them in the file and by flags, but not by variables; each below a name: "
                                + map.names() + ".");
        }
    }

    private static void chapter(StringBuilder out, SettingGroup group, String text) {
        out.append("\n## `").append(group.key()).append("`\n\n").append(text).append('\n');
        table(out, group);
        group.parts().forEach(below -> heading(out, below));
    }

    private static void table(StringBuilder out, SettingGroup group) {
        if (group.parts().stream().noneMatch(SettingKey.class::isInstance)) {
            return;
        }
        out.append("\n| Key | Type | Default | Variable | What it does | Limits |\n|---|---|---|---|---|---|\n");
        for (SettingNode part : group.parts()) {
            if (part instanceof SettingKey key) {
                Object value = key.otherwise();
                String otherwise = value == null ? "" : "`" + key.show(value) + "`";
                String variable = key.named() ? "" : "`" + key.variable() + "`";
                if (key.setting().secret() && !key.named()) {
                    variable += ", `" + key.variable() + "_FILE`";
                }
                if (!key.setting().variable().isEmpty()) {
                    variable += ", `" + key.setting().variable() + "`";
                }
                row(
                        out,
                        "`" + key.key() + "`",
                        typeName(key) + (key.setting().secret() ? ", secret" : ""),
                        key.required() ? "none, must be given" : otherwise,
                        variable,
                        key.setting().value(),
                        key.limits());
            }
        }
    }

    private static String typeName(SettingKey key) {
        return switch (key.type().form()) {
            case TEXT -> "text";
            case NUMBER -> "number";
            case FLAG -> "`true`, `false`";
            case DURATION -> "duration";
            case SIZE -> "size";
            case PATH -> "path";
            case WORD ->
                key.type().words().stream().map(word -> "`" + word + "`").collect(Collectors.joining(", "));
            case LIST -> "list";
        };
    }

    private static String problems() {
        StringBuilder out = new StringBuilder("""
                # Problems

                Whatever goes wrong has a number. Over HTTP it comes as a problem document (RFC 9457, media type
                `application/problem+json`) whose `type` is `/problems/<number>`; a WebSocket is closed with a code of
                4000 to 4499 where the client should stay away and 4500 to 4999 where it should come back later; the
                command prints `[number] title: what. remedy`.

                This page is generated from the program.
                """);
        int thousand = 0;
        for (Problem problem : Problem.values()) {
            if (problem.number() / 1000 != thousand) {
                thousand = problem.number() / 1000;
                String title = THOUSANDS.getOrDefault(thousand, "Others");
                out.append("\n## ")
                        .append(thousand)
                        .append("xxx: ")
                        .append(title)
                        .append("\n\n");
                out.append("| Number | Title | HTTP status | WebSocket close code | Retry | Remedy |\n");
                out.append("|---|---|---|---|---|---|\n");
            }
            row(
                    out,
                    Integer.toString(problem.number()),
                    problem.title(),
                    Integer.toString(problem.status()),
                    Integer.toString(problem.closeCode()),
                    problem.retry() ? "yes" : "no",
                    problem.remedy());
        }
        return out.toString();
    }

    private static void row(StringBuilder out, String... cells) {
        for (String cell : cells) {
            // Between backticks Markdown knows no entities.
            out.append("| ")
                    .append(cell.replace("|", "\\|").replaceAll("<(?=[^`]*(`[^`]*`[^`]*)*$)", "&lt;"))
                    .append(cell.isEmpty() ? "" : " ");
        }
        out.append("|\n");
    }
}
