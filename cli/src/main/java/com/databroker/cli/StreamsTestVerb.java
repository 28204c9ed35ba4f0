package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Says what would come of a file, were it put into the inbox of a stream. Nothing is kept.
@Command(
        footer = {
            "  databroker streams test news feed.xml",
            "  databroker streams test dns capture.pcap --json",
            "",
            "Exit code 0 where all of it can be read, 5 where some would be set aside."
        })
final class StreamsTestVerb implements Verb {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Parameters(index = "0", paramLabel = "NAME", description = "The stream.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "The file, of up to 64 MiB.")
    private String file = "";

    @Option(names = "--json", description = "Print the answer as JSON.")
    private boolean json;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Path path = around.folder().resolve(file);
        Bytes bytes = Streams.file(around, file);
        Map<String, @Nullable Object> query = Map.of("name", String.valueOf(path.getFileName()));
        try (Http http = new Http(broker.resolve(around), around)) {
            Http.Answer answer = http.call(
                    "POST", "/streams/" + Http.segment(name) + "/test" + Streams.query(query), bytes, PATIENCE);
            Map<String, @Nullable Object> result = answer.object();
            if (json) {
                around.out().println(answer.body().utf8());
            } else {
                print(result, around);
            }
            return JsonTree.text(result, "rejected").equals("0") ? Exit.OK : Exit.CONFLICT;
        }
    }

    private static void print(Map<String, @Nullable Object> result, Surroundings around) {
        around.out()
                .println(JsonTree.text(result, "records") + " records, " + JsonTree.text(result, "rejected")
                        + " would be set aside");
        for (Map<String, @Nullable Object> record : JsonTree.objects(result.get("first"))) {
            around.out()
                    .println(Surroundings.visible(
                            Json.bytes(out -> Json.writeTree(out, record)).utf8()));
        }
        for (Map<String, @Nullable Object> rejection : JsonTree.objects(result.get("rejections"))) {
            around.out()
                    .println(Surroundings.visible("set aside: " + JsonTree.text(rejection, "position") + ": "
                            + JsonTree.text(rejection, "reason")));
        }
    }
}
