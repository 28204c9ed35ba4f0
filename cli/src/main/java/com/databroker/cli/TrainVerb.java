package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Folders;
import com.databroker.core.Pattern;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import com.databroker.server.Config;
import com.databroker.server.ConfigReader;
import com.databroker.server.Databroker;
import com.databroker.server.Logs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Rehearses a broker: one of its own comes up in a temporary folder, passes an event, a file and, where streams are
/// not
/// switched off by their variable, a record, and ends.
///
/// The launcher has the VM record what that needs, as a cache of classes that later starts begin from.
@Command(
        footer = {
            "  databroker train",
            "",
            "A start takes half as long with it, and so do other verbs with theirs. A broker that runs for a",
            "while makes both by itself, once for each build; do it beforehand for an image or a package."
        })
final class TrainVerb implements Verb {
    private static final String STREAMS = "DATABROKER_STREAMS_ENABLED";
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String FEED = """
            <rss version="2.0"><channel><title>Rehearsal</title><link>http://localhost/</link>\
            <item><title>A first record</title><link>http://localhost/1</link><guid>1</guid>\
            <description>It is here to be found.</description></item></channel></rss>
            """;

    @Option(names = "--answer", hidden = true, description = "Be the broker of a rehearsal of verbs, in this folder.")
    private @Nullable Path answer;

    @Option(names = "--type", hidden = true, description = "Rehearse verbs with the broker of this folder.")
    private @Nullable Path type;

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (answer != null) {
            VerbRehearsal.answer(answer);
            return Exit.OK;
        }
        Path folder = Files.createTempDirectory("databroker-train");
        try {
            if (type != null) {
                VerbRehearsal.type(type, folder);
                return Exit.OK;
            }
            rehearse(folder, !"false".equals(around.environment().get(STREAMS)));
            return Exit.OK;
        } finally {
            Folders.delete(folder);
        }
    }

    private static void rehearse(Path folder, boolean streams) throws IOException, InterruptedException {
        Path empty = Files.createFile(folder.resolve("databroker.yaml"));
        Config config = ConfigReader.read(
                        empty,
                        Map.of(),
                        Map.of(
                                "data", folder.resolve("data").toString(),
                                "http.port", "0",
                                "zmq.port", "0",
                                "ssh.port", "0",
                                "log.level", "warn",
                                "streams.enabled", Boolean.toString(streams),
                                "streams.flink.checkpoint-interval", "500ms"))
                .config();
        Logs.configure(config.log());
        try (Databroker broker = Databroker.start(config);
                DatabrokerClient client = DatabrokerClient.builder(broker.httpAddress())
                        .token(broker.firstToken().orElseThrow())
                        .timeout(PATIENCE)
                        .build()) {
            CountDownLatch heard = new CountDownLatch(2);
            CountDownLatch found = new CountDownLatch(1);
            client.subscribe(Pattern.of("train/**"), event -> heard.countDown());
            client.subscribe(Pattern.of("streams/**"), event -> found.countDown());
            client.publish(Publication.of(Topic.of("train/first"), Bytes.utf8("{}")));
            client.publish(Publication.of(Topic.of("train/second"), Bytes.utf8("{}")));
            client.put("inbox/news/rehearsal.xml", Bytes.utf8(FEED));
            client.get("inbox/news/rehearsal.xml", new ByteArrayOutputStream());
            await(heard, "events");
            if (streams) {
                await(found, "the record");
            }
        }
    }

    private static void await(CountDownLatch latch, String what) throws IOException, InterruptedException {
        if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IOException("the rehearsal waited " + PATIENCE.toSeconds() + " s for " + what + " and gave up");
        }
    }
}
