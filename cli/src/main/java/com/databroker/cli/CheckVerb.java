package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Asks a broker how it is.
@Command(
        footer = {
            "  databroker check ready --wait 30s",
            "  databroker check health --format json",
            "",
            "Exit code 0 where it is well, 1 where it says that it is not, 6 where nothing answers. With",
            "--format nagios: 0 where it is well, 2 where not, 3 where it could not be asked. Where nothing",
            "answers, json has the status \"away\" and prometheus a 0."
        })
final class CheckVerb implements Verb {
    private static final Duration PAUSE = Duration.ofMillis(200);

    /// What is asked.
    enum What {
        /// Whether it takes work.
        READY,
        /// Whether the process answers.
        LIVE,
        /// The same as ready, with each component on a line of its own.
        HEALTH
    }

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "ready|live|health",
            description = "Whether it takes work (as nothing is said), whether it answers, or how each part is.")
    private What what = What.READY;

    @Option(names = "--format", paramLabel = "FORMAT", description = "text, json, nagios or prometheus.")
    private Verdict.Format format = Verdict.Format.TEXT;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            description = "Ask again until it is well, for at most so long, as 30s.")
    private Duration wait = Duration.ZERO;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return Verdict.asked(around, format, () -> ask(around), why -> printAway(around, why));
    }

    private int ask(Surroundings around) throws IOException, InterruptedException {
        // Nothing ever counts it down: a pause that an interrupt ends.
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + wait.toNanos();
        while (true) {
            boolean last = System.nanoTime() - end >= 0;
            // Found anew each time: a broker that starts writes its address last.
            try (Http http = new Http(broker.resolve(around), around)) {
                Http.Answer answer =
                        http.send("GET", what == What.LIVE ? "/health/live" : "/health/ready", Bytes.EMPTY);
                if (answer.status() == 200 || last) {
                    return print(around, answer);
                }
            } catch (CliException | ProblemException unanswered) {
                boolean hopeless = unanswered instanceof CliException told && told.exit() != Exit.UNAVAILABLE;
                if (last || hopeless) {
                    throw unanswered;
                }
            }
            if (never.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("nobody counts");
            }
        }
    }

    private int print(Surroundings around, Http.Answer answer) {
        boolean well = answer.status() == 200;
        if (!well && answer.status() != 503) {
            throw ProblemDocument.read(answer.status(), answer.body());
        }
        Map<String, @Nullable Object> health = answer.object();
        String word = word();
        String status = String.valueOf(health.getOrDefault("status", ""));
        switch (format) {
            case JSON -> around.out().println(answer.body().utf8());
            case NAGIOS -> {
                Verdict.Level level = well ? Verdict.Level.OK : Verdict.Level.CRITICAL;
                around.out().println(Verdict.nagios(level, word + ": " + status));
                return level.exit();
            }
            case PROMETHEUS -> prometheus(around, well);
            case TEXT -> {
                around.out().println(Surroundings.visible(word + ": " + status));
                if ((what == What.HEALTH || !well) && health.get("components") instanceof Map<?, ?> components) {
                    components.forEach((name, state) -> around.out().println("  " + component(name, state)));
                }
            }
        }
        return well ? Exit.OK : Exit.FAILED;
    }

    private void printAway(Surroundings around, String why) {
        if (format == Verdict.Format.PROMETHEUS) {
            prometheus(around, false);
            return;
        }
        Map<String, @Nullable Object> health = new LinkedHashMap<>();
        health.put("status", "away");
        health.put("cause", why);
        around.out().println(Json.bytes(json -> Json.writeTree(json, health)).utf8());
    }

    private void prometheus(Surroundings around, boolean well) {
        around.out().println("# HELP databroker_check_ok 1 where it is well.");
        around.out().println("# TYPE databroker_check_ok gauge");
        around.out().println("databroker_check_ok{check=\"" + word() + "\"} " + (well ? 1 : 0));
    }

    private String word() {
        return what.name().toLowerCase(Locale.ROOT);
    }

    private static String component(@Nullable Object name, @Nullable Object state) {
        if (!(state instanceof Map<?, ?> map)) {
            return Surroundings.visible(name + ": " + state);
        }
        Object cause = map.get("cause");
        return Surroundings.visible(name + ": " + map.get("status") + (cause == null ? "" : " (" + cause + ")"));
    }
}
