package com.databroker.cli;

import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Finds records of streams, the newest first.
@Command(
        footer = {
            "  databroker search 'quantum error correction' --stream arxiv --since 3d",
            "  databroker search 'arxiv_ids:2401.01234' --stream github --limit 1000 -o ndjson",
            "  databroker search --stream dns --from 2026-11-01 --to 2026-11-02"
        })
final class SearchVerb implements Verb {
    private static final int CELL_MAX = 80;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "QUERY",
            description = "Words, \"phrases\", field:value, AND, OR, NOT; else all records.")
    private String query = "";

    @Option(
            names = {"-s", "--stream"},
            paramLabel = "NAME",
            description =
                    "The stream; else every one that you may search and whose fields the query names. May be repeated.")
    private List<String> streams = new ArrayList<>();

    @Option(names = "--since", paramLabel = "DURATION", description = "Only what happened so long ago at most, as 3d.")
    private @Nullable String since;

    @Option(names = "--from", paramLabel = "TIME", description = "Only what happened then or later, as 2026-11-28.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Only what happened before.")
    private @Nullable String to;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "At most so many of each stream.")
    private int limit = 20;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    /// @param columns names of the fields that a table shows
    private record Row(String stream, List<String> columns, Map<String, @Nullable Object> record) {}

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (since != null && from != null) {
            throw CliException.usage("--since and --from exclude each other", around.launcher() + " help search");
        }
        List<Row> rows = new ArrayList<>();
        try (Http http = new Http(broker.resolve(around), around)) {
            if (streams.isEmpty()) {
                findAnywhere(http, rows, around);
            }
            for (String stream : new LinkedHashSet<>(streams)) {
                rows.addAll(find(http, stream, around));
            }
        }
        output.print(around, List.of("stream", "time", "record"), rows, SearchVerb::cells, SearchVerb::json);
        return rows.isEmpty() ? Exit.NOT_FOUND : Exit.OK;
    }

    /// Looks into all streams that have what is asked for: few of them have the same fields.
    private void findAnywhere(Http http, List<Row> rows, Surroundings around) throws InterruptedException {
        List<String> names = Streams.names(http);
        Map<String, ProblemException> refusals = new LinkedHashMap<>();
        for (String stream : names) {
            try {
                rows.addAll(find(http, stream, around));
            } catch (ProblemException refused) {
                if (refused.problem() != Problem.BAD_REQUEST) {
                    throw refused;
                }
                refusals.put(stream, refused);
            }
        }
        if (refusals.isEmpty()) {
            return;
        }
        Map.Entry<String, ProblemException> first =
                refusals.entrySet().iterator().next();
        String why = first.getKey() + ": " + first.getValue().detail();
        if (refusals.size() == names.size()) {
            throw new ProblemException(Problem.BAD_REQUEST, why, first.getValue());
        }
        around.say("note: the query does not fit " + String.join(", ", refusals.keySet()) + " (" + why + ")");
    }

    private List<Row> find(Http http, String stream, Surroundings around) throws InterruptedException {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("q", query);
        parameters.put("from", since == null ? from : since);
        parameters.put("to", to);
        parameters.put("limit", Integer.toString(limit));
        Map<String, @Nullable Object> answer = http.call(
                        "GET", "/streams/" + Http.segment(stream) + Streams.query(parameters), null)
                .object();
        if (answer.get("partial") instanceof String why) {
            around.say("note: the answer of " + stream + " is not complete: " + why);
        }
        List<String> columns = JsonTree.strings(answer.get("columns"));
        List<Row> rows = new ArrayList<>();
        for (Map<String, @Nullable Object> record : JsonTree.objects(answer.get("records"))) {
            rows.add(new Row(stream, columns, record));
        }
        return rows;
    }

    private static List<String> cells(Row row) {
        List<String> rest = new ArrayList<>();
        for (String column : row.columns.subList(Math.min(1, row.columns.size()), row.columns.size())) {
            Object value = row.record.get(column);
            if (value != null) {
                rest.add(text(value));
            }
        }
        String time = row.columns.isEmpty() ? "" : text(row.record.get(row.columns.getFirst()));
        return List.of(row.stream, time, String.join("  ", rest));
    }

    private static String text(@Nullable Object value) {
        String text = value == null
                ? ""
                : value instanceof String plain
                        ? plain
                        : Json.bytes(out -> Json.writeTree(out, value)).utf8();
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() > CELL_MAX ? line.substring(0, CELL_MAX - 1) + "…" : line;
    }

    private static Map<String, @Nullable Object> json(Row row) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("stream", row.stream);
        json.putAll(row.record);
        return json;
    }
}
