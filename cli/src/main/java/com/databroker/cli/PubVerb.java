package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Publishes an event and prints its position.
@Command(
        footer = {
            "  databroker pub builds/core/done '{\"ok\":true}'",
            "  databroker pub builds/core/log --type text/plain < build.log",
            "  databroker pub builds/core/done -a type=com.example.build -a subject=core '{\"ok\":true}'",
            "",
            "Prints the position of each event. Data that begins with - stands behind --."
        })
final class PubVerb implements Verb {
    private static final int IN_FLIGHT_MAX = 256;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "Segments between slashes, as builds/core/done.")
    private String topic = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "DATA|-",
            description = "The payload; where it is absent or -, standard input to its end.")
    private @Nullable String data;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Content type. Else application/json where the payload is a JSON object or array.")
    private @Nullable String type;

    @Option(
            names = {"-a", "--attribute"},
            paramLabel = "NAME=VALUE",
            description = "CloudEvents attribute: id, source, type, subject, time or an extension.")
    private final Map<String, String> attributes = new LinkedHashMap<>();

    @Option(names = "--count", paramLabel = "N", description = "Publish it N times.")
    private int count = 1;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (count < 1) {
            throw CliException.usage("--count " + count + " is less than 1", "leave it out for one event");
        }
        // Checked before anything is read or connected.
        Topic where = Topic.of(topic);
        return broker.with(around, (client, address) -> {
            Bytes payload =
                    data == null || data.equals("-") ? Bytes.wrap(around.in().readAllBytes()) : Bytes.utf8(data);
            publish(client, new Publication(where, payload, contentType(payload), attributes), around);
            return Exit.OK;
        });
    }

    private @Nullable String contentType(Bytes payload) {
        if (type != null) {
            return type.isEmpty() ? null : type;
        }
        String start = payload.length() > 0 ? payload.utf8().stripLeading() : "";
        boolean structured = start.startsWith("{") || start.startsWith("[");
        return structured && Json.isValid(payload) ? "application/json" : null;
    }

    private void publish(DatabrokerClient client, Publication publication, Surroundings around)
            throws InterruptedException {
        Queue<CompletableFuture<Position>> waiting = new ArrayDeque<>();
        for (int sent = 0; sent < count; sent++) {
            if (waiting.size() >= IN_FLIGHT_MAX) {
                around.out().println(position(waiting.remove()));
            }
            waiting.add(client.publishAsync(publication));
        }
        for (CompletableFuture<Position> answer : waiting) {
            around.out().println(position(answer));
        }
    }

    static Position position(CompletableFuture<Position> answer) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof ProblemException refused) {
                throw refused;
            }
            throw new ProblemException(Problem.INTERNAL, "the client failed", failure);
        }
    }
}
