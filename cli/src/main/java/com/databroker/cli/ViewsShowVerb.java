package com.databroker.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows the days of a view, the newest first.
@Command(
        footer = {
            "  databroker views show arxiv-categories --from 30d",
            "  databroker views show github-repositories --from 2026-11-01 --to 2026-11-08 --limit 5",
            "  databroker views show news-trends --key flood -o ndjson"
        })
final class ViewsShowVerb implements Verb {
    private static final int BAR_MAX = 24;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    @Parameters(index = "0", paramLabel = "NAME", description = "The view.")
    private String name = "";

    @Option(names = "--from", paramLabel = "TIME", description = "The first day, as 2026-11-28 or 30d; else 7d.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "The day behind the last one; else tomorrow.")
    private @Nullable String to;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "At most so many keys of each day.")
    private int limit = 10;

    @Option(names = "--key", paramLabel = "KEY", description = "Only that one.")
    private @Nullable String key;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    /// @param bar what its bar shows
    private record Row(String day, Map<String, @Nullable Object> row, double bar) {}

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("from", from);
        parameters.put("to", to);
        parameters.put("limit", limit);
        parameters.put("key", key);
        List<Row> rows = new ArrayList<>();
        try (Http http = new Http(broker.resolve(around), around)) {
            Map<String, @Nullable Object> answer = http.call(
                            "GET", "/views/" + Http.segment(name) + Streams.query(parameters), null)
                    .object();
            if (answer.get("partial") instanceof String why) {
                around.say("note: the answer is not complete: " + why);
            }
            for (Map<String, @Nullable Object> day : JsonTree.objects(answer.get("days"))) {
                for (Map<String, @Nullable Object> row : JsonTree.objects(day.get("rows"))) {
                    rows.add(new Row(JsonTree.text(day, "day"), row, bar(row)));
                }
            }
        }
        boolean scored = rows.stream().anyMatch(row -> row.row.containsKey("score"));
        double most = rows.stream().mapToDouble(Row::bar).max().orElse(0);
        output.print(
                around,
                scored ? List.of("day", "key", "count", "expected", "score", "") : List.of("day", "key", "count", ""),
                rows,
                row -> cells(row, scored, most),
                ViewsShowVerb::json);
        return rows.isEmpty() ? Exit.NOT_FOUND : Exit.OK;
    }

    /// Of terms the score, else the count.
    private static double bar(Map<String, @Nullable Object> row) {
        String text = JsonTree.text(row, row.containsKey("score") ? "score" : "count");
        return text.isEmpty() ? 0 : Double.parseDouble(text);
    }

    private static List<String> cells(Row row, boolean scored, double most) {
        List<String> cells = new ArrayList<>();
        cells.add(row.day);
        cells.add(JsonTree.text(row.row, "key"));
        cells.add((Boolean.TRUE.equals(row.row.get("atLeast")) ? "≥ " : "") + JsonTree.text(row.row, "count"));
        if (scored) {
            cells.add(JsonTree.text(row.row, "expected"));
            cells.add(JsonTree.text(row.row, "score"));
        }
        cells.add(drawn(row.bar, most));
        return cells;
    }

    /// A bar as long as the number is great, in eighths of a character.
    private static String drawn(double number, double most) {
        int eighths = most == 0 ? 0 : (int) Math.round(number * BAR_MAX * 8 / most);
        String rest = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8, eighths % 8 + 1);
        return "█".repeat(eighths / 8) + rest;
    }

    private static Map<String, @Nullable Object> json(Row row) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("day", row.day);
        json.putAll(row.row);
        return json;
    }
}
