package com.databroker.cli;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Has a collector do its next step now, where whom it asks allows it, and says what it brought.
@Command(
        footer = {
            "  databroker streams collect papers --once",
            "  databroker streams collect arxiv --once --wait 5m",
            "",
            "A wait that the other side asked for is kept; one that is only ours, after failures, is not.",
            "Exit code 0 where every step was done and did not fail, 5 where one may not be done yet, 1 where one failed."
        })
final class StreamsCollectVerb implements Verb {
    @Parameters(index = "0", paramLabel = "NAME", description = "A collector, or a stream for all of its collectors.")
    private String name = "";

    /// There is no other way yet; who types it will not be surprised when there is.
    @SuppressWarnings("UnusedVariable")
    @Option(names = "--once", required = true, description = "One step: a page, a file.")
    private boolean once;

    @Option(names = "--wait", paramLabel = "DURATION", description = "Wait for the step for at most so long, as 5m.")
    private Duration wait = Duration.ofMinutes(2);

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    private record Named(String stream, String collector) {}

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        int exit = Exit.OK;
        try (Http http = new Http(broker.resolve(around), around)) {
            for (Named named : named(http)) {
                exit = Math.max(exit, step(http, named, around));
            }
        }
        return exit;
    }

    private List<Named> named(Http http) throws InterruptedException {
        List<Named> all = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<String> pushed = new ArrayList<>();
        for (Map<String, @Nullable Object> stream : Streams.list(http)) {
            for (Map<String, @Nullable Object> collector : JsonTree.objects(stream.get("collectors"))) {
                Named named = new Named(JsonTree.text(stream, "name"), JsonTree.text(collector, "name"));
                names.add(named.collector);
                if (collector.get("received") != null) {
                    // Of a stream the others do their steps; by its own name it is told below why it does none.
                    pushed.add(named.collector);
                } else if (name.equals(named.collector) || name.equals(named.stream)) {
                    all.add(named);
                }
            }
        }
        if (all.isEmpty() && pushed.contains(name)) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, Text.excerpt(name) + " is pushed to: it asks nobody, so it has no steps");
        }
        if (all.isEmpty()) {
            String near = Text.nearest(name, names);
            throw new ProblemException(
                    Problem.NOT_FOUND,
                    "no collector \"" + Text.excerpt(name) + "\" is configured"
                            + (near.isEmpty() ? "" : "; did you mean " + near + "?"));
        }
        return all;
    }

    private int step(Http http, Named named, Surroundings around) throws InterruptedException {
        String stream = Http.segment(named.stream);
        String which = named.collector;
        Map<String, @Nullable Object> answer = http.call(
                        "POST", "/streams/" + stream + "/collectors/" + Http.segment(which), null)
                .object();
        Map<String, @Nullable Object> before = JsonTree.object(answer.get("collector"));
        if (before.get("nextPoll") == null) {
            around.out().println(which + ": it has ended");
            return Exit.OK;
        }
        if (!Boolean.TRUE.equals(answer.get("due"))) {
            around.out()
                    .println(Surroundings.visible(
                            which + ": not before " + JsonTree.text(before, "nextPoll") + trouble(before)));
            return Exit.CONFLICT;
        }
        for (long left = wait.toMillis(); left > 0; left -= Streams.PAUSE_MILLIS) {
            for (Map<String, @Nullable Object> now :
                    JsonTree.objects(http.call("GET", "/streams/" + stream + "/status", null)
                            .object()
                            .get("collectors"))) {
                if (which.equals(now.get("name"))
                        && !JsonTree.text(now, "steps").equals(JsonTree.text(before, "steps"))) {
                    return print(now, around);
                }
            }
            Streams.pause();
        }
        throw new ProblemException(Problem.UNAVAILABLE, "the step of " + which + " takes longer than " + wait);
    }

    private static int print(Map<String, @Nullable Object> now, Surroundings around) {
        String next = now.get("nextPoll") == null ? "it has ended" : "next " + JsonTree.text(now, "nextPoll");
        String note = JsonTree.text(now, "note");
        around.out()
                .println(Surroundings.visible(JsonTree.text(now, "name") + ": " + JsonTree.text(now, "brought")
                        + " records, " + JsonTree.text(now, "rejected") + " set aside; "
                        + (note.isEmpty() ? "" : note + "; ") + next + trouble(now)));
        return JsonTree.text(now, "trouble").isEmpty() ? Exit.OK : Exit.FAILED;
    }

    private static String trouble(Map<String, @Nullable Object> collector) {
        String trouble = JsonTree.text(collector, "trouble");
        return trouble.isEmpty() ? "" : "; failed: " + trouble;
    }
}
