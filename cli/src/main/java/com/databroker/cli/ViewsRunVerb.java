package com.databroker.cli;

import com.databroker.core.Json;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs a view now.
@Command(
        footer = {
            "  databroker views run arxiv-categories --wait",
            "",
            "Needs a grant admin on views. Exit code 1 where --wait sees that the run failed."
        })
final class ViewsRunVerb implements Verb {
    private static final long PAUSE_MILLIS = 500;

    @Parameters(index = "0", paramLabel = "NAME", description = "The view.")
    private String name = "";

    @Option(names = "--wait", description = "Return when the run has ended; else at once.")
    private boolean wait;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            Map<String, @Nullable Object> asked =
                    http.call("POST", "/views/" + Http.segment(name), null).object();
            long run = Long.parseLong(JsonTree.text(asked, "run"));
            CountDownLatch never = new CountDownLatch(1);
            while (wait) {
                Map<String, @Nullable Object> view = view(http);
                if (Long.parseLong(JsonTree.text(view, "done")) >= run) {
                    return ended(view, around);
                }
                if (never.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException("nobody counts");
                }
            }
        }
        return Exit.OK;
    }

    private Map<String, @Nullable Object> view(Http http) throws InterruptedException {
        for (Map<String, @Nullable Object> view :
                JsonTree.objects(Json.parse(http.call("GET", "/views", null).body()))) {
            if (JsonTree.text(view, "name").equals(name)) {
                return view;
            }
        }
        throw new IllegalStateException("the broker does not list the view any more");
    }

    private int ended(Map<String, @Nullable Object> view, Surroundings around) {
        String failure = JsonTree.text(view, "failure");
        if (!failure.isEmpty()) {
            around.say("the run of " + name + " failed: " + failure);
            return Exit.FAILED;
        }
        around.say(name + ": " + JsonTree.text(view, "rows") + " rows, counted in " + JsonTree.text(view, "millis")
                + " ms");
        return Exit.OK;
    }
}
