package com.databroker.cli;

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
    private long count;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        // Nothing counts it down: a pause that an interrupt ends.
        CountDownLatch never = new CountDownLatch(1);
        try (Http http = new Http(broker.resolve(around), around)) {
            Map<String, @Nullable Object> before = status(http);
            for (long lines = 0; count == 0 || lines < count; lines++) {
                if (lines % HEADED == 0) {
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
                print(around, before, now);
                before = now;
            }
        }
        return Exit.OK;
    }

    private static Map<String, @Nullable Object> status(Http http) throws InterruptedException {
        return http.call("GET", "/status", null).object();
    }

    private static void print(
            Surroundings around, Map<String, @Nullable Object> before, Map<String, @Nullable Object> now) {
        Instant time = Instant.parse(JsonTree.text(now, "now"));
        double seconds = Math.max(
                0.001,
                Duration.between(Instant.parse(JsonTree.text(before, "now")), time)
                                .toMillis()
                        / 1000.0);
        Map<String, @Nullable Object> doors = JsonTree.object(now.get("connections"));
        around.out()
                .printf(
                        Locale.ROOT,
                        FORM,
                        time.toString().substring(11, 19),
                        rate(before, now, "published", seconds),
                        rate(before, now, "delivered", seconds),
                        rate(before, now, "lost", seconds),
                        JsonTree.text(doors, "http"),
                        JsonTree.text(doors, "zmq"),
                        JsonTree.text(doors, "ssh"),
                        number(now, "files", "files"),
                        number(now, "heap", "used") / (1 << 20));
        around.out().flush();
    }

    private static String rate(
            Map<String, @Nullable Object> before, Map<String, @Nullable Object> now, String name, double seconds) {
        long more = number(now, "events", name) - number(before, "events", name);
        // Less than before: another broker, which counts anew.
        return String.format(Locale.ROOT, "%.1f", Math.max(0, more) / seconds);
    }

    private static long number(Map<String, @Nullable Object> status, String part, String name) {
        Object value = JsonTree.object(status.get(part)).get(name);
        if (value instanceof Number number) {
            return number.longValue();
        }
        throw new ProblemException(Problem.UNAVAILABLE, "the broker's status has no " + part + "." + name);
    }
}
