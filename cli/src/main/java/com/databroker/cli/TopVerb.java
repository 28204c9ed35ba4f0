package com.databroker.cli;

import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows what flows through a broker, a line each time.
@Command(
        footer = {
            "  databroker top",
            "  databroker top --every 1s -n 10",
            "  databroker top --format json | jq .published",
            "",
            "Rates are those since the line before, by the broker's clock. Ctrl-C ends it."
        })
final class TopVerb implements Verb {
    private static final int HEADED = 20;
    private static final String FORM = "%-10s%12s%12s%10s%8s%8s%8s%10s%10s%n";

    @Option(names = "--every", paramLabel = "DURATION", description = "Between two lines; else 2s.")
    private Duration every = Duration.ofSeconds(2);

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "End after N lines. Else it goes on.")
    private long count = Long.MAX_VALUE;

    @Option(names = "--format", paramLabel = "FORMAT", description = "text, or json: an object a line.")
    private StatusVerb.Format format = StatusVerb.Format.TEXT;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (count < 1) {
            throw CliException.usage("--count " + count + " is less than 1", "leave it out for no end");
        }
        // Nothing counts it down: a pause that an interrupt ends.
        CountDownLatch never = new CountDownLatch(1);
        try (Http http = new Http(broker.resolve(around), around)) {
            Map<String, @Nullable Object> before = status(http);
            for (long lines = 0; lines < count; lines++) {
                if (lines % HEADED == 0 && format == StatusVerb.Format.TEXT) {
                    around.out()
                            .printf(
                                    Locale.ROOT,
                                    FORM,
                                    "TIME",
                                    "TAKEN/S",
                                    "GIVEN/S",
                                    "LOST/S",
                                    "HTTP",
                                    "ZMQ",
                                    "SSH",
                                    "FILES",
                                    "HEAP MIB");
                }
                if (never.await(every.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException("nobody counts");
                }
                Map<String, @Nullable Object> now = status(http);
                print(around, new Flow(before, now));
                before = now;
                if (around.out().checkError()) {
                    // Nobody would see the lines that follow.
                    return Exit.FAILED;
                }
            }
        }
        return Exit.OK;
    }

    private static Map<String, @Nullable Object> status(Http http) throws InterruptedException {
        return http.call("GET", "/status", null).object();
    }

    /// What happened between two looks.
    private record Flow(Map<String, @Nullable Object> before, Map<String, @Nullable Object> now) {
        Instant time() {
            return Instant.parse(JsonTree.text(now, "now"));
        }

        /// A second.
        double rate(String name) {
            Duration between = Duration.between(Instant.parse(JsonTree.text(before, "now")), time());
            long more = number(now, "events", name) - number(before, "events", name);
            // Less than before: another broker, which counts anew.
            return Math.max(0, more) / Math.max(0.001, between.toMillis() / 1000.0);
        }

        String text(String name) {
            return String.format(Locale.ROOT, "%.1f", rate(name));
        }
    }

    private void print(Surroundings around, Flow flow) {
        Map<String, @Nullable Object> doors = JsonTree.object(flow.now.get("connections"));
        if (format == StatusVerb.Format.JSON) {
            around.out().println(json(flow, doors));
        } else {
            around.out()
                    .printf(
                            Locale.ROOT,
                            FORM,
                            flow.time().toString().substring(11, 19),
                            flow.text("published"),
                            flow.text("delivered"),
                            flow.text("lost"),
                            JsonTree.text(doors, "http"),
                            JsonTree.text(doors, "zmq"),
                            JsonTree.text(doors, "ssh"),
                            number(flow.now, "files", "files"),
                            number(flow.now, "heap", "used") / (1 << 20));
        }
    }

    private static String json(Flow flow, Map<String, @Nullable Object> doors) {
        return Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("time", flow.time().toString());
                    for (String name : new String[] {"published", "delivered", "lost"}) {
                        json.writeNumberProperty(name, Math.round(flow.rate(name) * 10) / 10.0);
                    }
                    json.writeName("connections");
                    Json.writeTree(json, doors);
                    json.writeNumberProperty("files", number(flow.now, "files", "files"));
                    json.writeNumberProperty("heap", number(flow.now, "heap", "used"));
                    json.writeEndObject();
                })
                .utf8();
    }

    private static long number(Map<String, @Nullable Object> status, String part, String name) {
        Object value = JsonTree.object(status.get(part)).get(name);
        if (value instanceof Number number) {
            return number.longValue();
        }
        throw new ProblemException(Problem.UNAVAILABLE, "the broker's status has no " + part + "." + name);
    }
}
