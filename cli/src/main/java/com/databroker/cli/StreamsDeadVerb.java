package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists what could not become a record of a stream, and why; sends it again, or closes it.
@Command(
        footer = {
            "  databroker streams dead dns",
            "  databroker streams dead news --resend --offset 17 --with corrected.xml",
            "  databroker streams dead github --resend --all",
            "  databroker streams dead github --drop --offset 18",
            "",
            "What would be set aside again is not sent: it stays open, and the exit code is 5."
        })
final class StreamsDeadVerb implements Verb {
    private static final int EXCERPT_MAX = 60;
    private static final int PAGE = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Parameters(index = "0", paramLabel = "NAME", description = "The stream.")
    private String name = "";

    @Option(names = "--after", paramLabel = "OFFSET", description = "List behind that one.")
    private @Nullable Long after;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "List at most so many.")
    private int limit = 100;

    @Option(names = "--resend", description = "Send it again, and close it.")
    private boolean resend;

    @Option(names = "--drop", description = "Close it without sending it.")
    private boolean drop;

    @Option(names = "--offset", paramLabel = "N", description = "Which one, by its offset in the list.")
    private @Nullable Long offset;

    @Option(names = "--all", description = "All that are open.")
    private boolean all;

    @Option(names = "--with", paramLabel = "FILE", description = "Send these bytes in its place: corrected ones.")
    private @Nullable String with;

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        boolean acts = resend || drop;
        String wrong = resend && drop
                ? "--resend and --drop exclude each other"
                : acts && all == (offset != null)
                        ? "say which: --offset N or --all"
                        : !acts && (all || offset != null || with != null)
                                ? "say what to do: --resend or --drop"
                                : with != null && (drop || all) ? "--with goes with --resend --offset N" : null;
        if (wrong != null) {
            throw CliException.usage(wrong, around.launcher() + " help streams dead");
        }
        try (Http http = new Http(broker.resolve(around), around)) {
            if (acts) {
                return act(http, around);
            }
            output.print(
                    around,
                    List.of("offset", "at", "place", "reason", "bytes"),
                    letters(http, after, limit),
                    StreamsDeadVerb::cells,
                    row -> row);
        }
        return Exit.OK;
    }

    private String path() {
        return "/streams/" + Http.segment(name) + "/dead";
    }

    private List<Map<String, @Nullable Object>> letters(Http http, @Nullable Long behind, int most)
            throws InterruptedException {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("after", behind);
        parameters.put("limit", most);
        return JsonTree.objects(Json.parse(
                http.call("GET", path() + Streams.query(parameters), null).body()));
    }

    private int act(Http http, Surroundings around) throws IOException, InterruptedException {
        if (offset != null) {
            Bytes bytes = with == null ? Bytes.EMPTY : Streams.file(around, with);
            if (with != null && bytes.length() == 0) {
                // The broker would see no body, and send it as it was.
                throw new ProblemException(
                        Problem.RECORD_UNREADABLE, with + " is empty, so there is no record in it; --drop closes one");
            }
            around.out().println(act(http, offset, bytes));
            return Exit.OK;
        }
        int done = 0;
        int left = 0;
        long last = -1;
        for (var page = letters(http, null, PAGE); !page.isEmpty(); page = letters(http, last, PAGE)) {
            for (Map<String, @Nullable Object> letter : page) {
                last = Long.parseLong(JsonTree.text(letter, "offset"));
                try {
                    act(http, last, Bytes.EMPTY);
                    done++;
                } catch (ProblemException refused) {
                    if (refused.problem() != Problem.RECORD_UNREADABLE) {
                        throw refused;
                    }
                    left++;
                    around.say(last + ": " + refused.detail());
                }
            }
        }
        around.out()
                .println(done + (drop ? " dropped" : " sent again") + (left == 0 ? "" : ", " + left + " left open"));
        return left == 0 ? Exit.OK : Exit.CONFLICT;
    }

    private String act(Http http, long which, Bytes bytes) throws InterruptedException {
        Http.Answer answer = http.call(drop ? "DELETE" : "POST", path() + "/" + which, bytes, PATIENCE);
        return which + (drop ? ": dropped" : ": " + JsonTree.text(answer.object(), "records") + " records sent again");
    }

    private static List<String> cells(Map<String, @Nullable Object> letter) {
        String bytes = new String(Base64.getDecoder().decode(JsonTree.text(letter, "base64")), StandardCharsets.UTF_8);
        return List.of(
                JsonTree.text(letter, "offset"),
                JsonTree.text(letter, "at"),
                JsonTree.text(letter, "place"),
                JsonTree.text(letter, "reason"),
                bytes.length() > EXCERPT_MAX ? bytes.substring(0, EXCERPT_MAX) + "…" : bytes);
    }
}
