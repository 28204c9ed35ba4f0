package com.databroker.cli;

import com.databroker.core.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// A list on standard output: columns for people, JSON for programs.
final class Table {
    /// In which form.
    enum Format {
        TABLE,
        JSON,
        NDJSON
    }

    private Table() {}

    /// The option of verbs that print lists.
    static final class Options {
        @Option(
                names = {"-o", "--output"},
                paramLabel = "FORMAT",
                description = "table, json (one array) or ndjson (one object a line).")
        private Format format = Format.TABLE;

        boolean isTable() {
            return format == Format.TABLE;
        }

        <T> void print(
                Surroundings around,
                List<String> columns,
                List<T> rows,
                Function<T, List<String>> cells,
                Function<T, Map<String, @Nullable Object>> json) {
            switch (format) {
                case TABLE ->
                    around.out().print(text(columns, rows.stream().map(cells).toList()));
                case JSON ->
                    around.out()
                            .println(Json.bytes(out -> Json.writeTree(
                                            out, rows.stream().map(json).toList()))
                                    .utf8());
                case NDJSON ->
                    rows.forEach(row -> around.out()
                            .println(Json.bytes(out -> Json.writeTree(out, json.apply(row)))
                                    .utf8()));
            }
        }
    }

    private static String text(List<String> columns, List<List<String>> rows) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(columns.stream().map(name -> name.toUpperCase(Locale.ROOT)).toList());
        rows.forEach(row -> lines.add(row.stream().map(Surroundings::visible).toList()));
        int[] widths = new int[columns.size()];
        for (List<String> line : lines) {
            Arrays.setAll(widths, i -> Math.max(widths[i], line.get(i).length()));
        }
        StringBuilder out = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                text.append(line.get(i)).repeat(' ', widths[i] - line.get(i).length() + 2);
            }
            out.append(text.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }
}
