package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.EventListener;
import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Subscribes and prints what comes, until it has enough or is interrupted.
@Command(
        footer = {
            "  databroker sub 'builds/**'",
            "  databroker sub --json -n 1 'files/**' | jq .data",
            "  databroker sub --since 19a3f2c1b7d-42 'builds/*/done'",
            "",
            "A line is: time, topic, who published it, payload. Gaps and reconnections are told on standard",
            "error. Exit code 6 where --timeout ended it before anything came, or before -n events came."
        })
final class SubVerb implements Verb {
    @Parameters(
            arity = "1..*",
            paramLabel = "PATTERN",
            description = "* is one segment, ** is any number of them; put it between quotes.")
    private final List<String> patterns = new ArrayList<>();

    @Option(names = "--since", paramLabel = "POSITION", description = "Begin after this event, as pub printed it.")
    private @Nullable String since;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "End after N events.")
    private long count = Long.MAX_VALUE;

    @Option(names = "--json", description = "Each event as a CloudEvent, one JSON object a line.")
    private boolean json;

    @Option(names = "--raw", description = "Only the payloads, each followed by a newline.")
    private boolean raw;

    @Option(names = "--no-newline", description = "With --raw: nothing between the payloads.")
    private boolean noNewline;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "End when nothing came for so long, as 10s. Else it waits for ever.")
    private @Nullable Duration timeout;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    /// What the listeners tell the verb.
    private sealed interface Signal {
        record Came() implements Signal {}

        record Ended(ProblemException why) implements Signal {}

        record Closed() implements Signal {}
    }

    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private long came;

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        if (json && raw) {
            throw CliException.usage("--json and --raw exclude each other", "give one of them");
        }
        if (noNewline && !raw) {
            throw CliException.usage("--no-newline goes with --raw", "add --raw");
        }
        if (count < 1) {
            throw CliException.usage("--count " + count + " is less than 1", "leave it out for no end");
        }
        List<Pattern> wanted = patterns.stream().map(Pattern::of).distinct().toList();
        Position after = since == null ? null : Position.parse(since);
        EventPrinter printer = new EventPrinter(around.out(), json, raw, noNewline);
        return broker.with(around, (client, address) -> {
            subscribe(client, wanted, after, printer, around);
            around.say("subscribed to " + String.join(", ", patterns) + " at " + address.described());
            return await(around);
        });
    }

    private void subscribe(
            DatabrokerClient client,
            List<Pattern> wanted,
            @Nullable Position after,
            EventPrinter printer,
            Surroundings around) {
        for (int i = 0; i < wanted.size(); i++) {
            Listener listener = new Listener(wanted.subList(0, i), printer, around);
            client.subscribe(wanted.get(i), after, listener);
        }
    }

    private int await(Surroundings around) throws InterruptedException {
        while (true) {
            Signal signal = timeout == null ? signals.take() : signals.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            switch (signal) {
                case null -> {
                    boolean enough = count == Long.MAX_VALUE && came > 0;
                    return enough ? Exit.OK : nothing(around);
                }
                case Signal.Ended ended -> throw ended.why();
                case Signal.Closed closed -> {
                    // Whoever read our output has gone, as head does when it has enough.
                    return Exit.FAILED;
                }
                case Signal.Came event -> {
                    came++;
                    if (came == count) {
                        return Exit.OK;
                    }
                }
            }
        }
    }

    private int nothing(Surroundings around) {
        around.say("nothing came for " + timeout + (came == 0 ? "" : " after " + came + " of " + count + " events"));
        return Exit.UNAVAILABLE;
    }

    /// All of them are called on one thread.
    private final class Listener implements EventListener {
        private final List<Pattern> earlier;
        private final EventPrinter printer;
        private final Surroundings around;
        private boolean lost;

        /// @param earlier patterns whose events another listener prints
        Listener(List<Pattern> earlier, EventPrinter printer, Surroundings around) {
            this.earlier = earlier;
            this.printer = printer;
            this.around = around;
        }

        @Override
        public void event(Event event) {
            if (earlier.stream().anyMatch(pattern -> pattern.matches(event.topic())) || printer.printed() >= count) {
                return;
            }
            signals.add(printer.print(event) ? new Signal.Came() : new Signal.Closed());
        }

        @Override
        public void gap(EventMessage.Gap gap) {
            if (earlier.isEmpty()) {
                around.say("gap: " + (gap.lost() < 0 ? "events" : gap.lost() + " events") + " from " + gap.from()
                        + " to before " + gap.to() + " are missing");
            }
        }

        @Override
        public void closed(ProblemException why) {
            signals.add(new Signal.Ended(why));
        }

        @Override
        public void disconnected(String why, Duration nextTry) {
            lost = true;
            if (earlier.isEmpty()) {
                around.say("disconnected: " + why + "; next attempt in " + nextTry.toMillis() + " ms");
            }
        }

        @Override
        public void connected() {
            if (lost && earlier.isEmpty()) {
                around.say("connected again");
            }
            lost = false;
        }
    }
}
