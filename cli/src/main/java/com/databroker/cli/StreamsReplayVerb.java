package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Takes what was collected through reader and parser again; what comes of it replaces what came of it before.
@Command(
        footer = {
            "  databroker streams replay news",
            "  databroker streams replay arxiv --from 2026-11-01 --to 2026-11-08",
            "",
            "Parts are unreadable to the reader. What the parser refuses, too, is among what is set aside and open",
            "in the stream, from whenever that is; see databroker streams dead.",
            "It may be ended and begun again at any time. Ending the command does not end the replay."
        })
final class StreamsReplayVerb implements Verb {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Parameters(index = "0", paramLabel = "NAME", description = "The stream.")
    private String name = "";

    @Option(names = "--from", paramLabel = "TIME", description = "Only what came then or later, as 2026-11-28 or 3d.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Only what came before.")
    private @Nullable String to;

    @Option(names = "--no-wait", description = "Begin, and do not wait for the end.")
    private boolean noWait;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("from", from);
        parameters.put("to", to);
        try (Http http = new Http(broker.resolve(around), around)) {
            String stream = "/streams/" + Http.segment(name);
            String replay = stream + "/replay";
            Map<String, @Nullable Object> status = http.call(
                            "POST", replay + Streams.query(parameters), Bytes.EMPTY, PATIENCE)
                    .object();
            String told = "";
            while (!noWait) {
                boolean runs = "running".equals(status.get("phase"));
                Map<String, @Nullable Object> now =
                        http.call("GET", stream + "/status", null).object();
                String lag = JsonTree.text(now, "lag");
                String line = JsonTree.text(status, "done") + " of " + JsonTree.text(status, "bodies") + " bodies, "
                        + JsonTree.text(status, "records") + " records, " + JsonTree.text(status, "rejected")
                        + " parts unreadable, " + JsonTree.text(status, "missing") + " gone; lag " + lag + ", "
                        + JsonTree.text(now, "dead") + " set aside and open";
                if (!line.equals(told)) {
                    around.out().println(line);
                    told = line;
                }
                if ("failed".equals(status.get("phase"))) {
                    around.say("the replay failed: " + JsonTree.text(status, "detail"));
                    return Exit.FAILED;
                }
                if (!runs && lag.equals("0")) {
                    return Exit.OK;
                }
                Streams.pause();
                status = http.call("GET", replay, null).object();
            }
        }
        return Exit.OK;
    }
}
