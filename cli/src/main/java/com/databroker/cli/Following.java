package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.EventListener;
import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Follows patterns and prints what comes, until it is enough.
final class Following {
    /// What the listeners tell.
    private sealed interface Signal {
        record Came() implements Signal {}

        record Ended(ProblemException why) implements Signal {}

        record Closed() implements Signal {}
    }

    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private long came;

    /// From where, and when it is enough.
    static final class Options {
        @Option(names = "--since", paramLabel = "POSITION", description = "Begin after this event, as pub printed it.")
        private @Nullable String since;

        @Option(
                names = {"-n", "--count"},
                paramLabel = "N",
                description = "End after N events.")
        private long count = Long.MAX_VALUE;

        @Option(
                names = "--timeout",
                paramLabel = "DURATION",
                description = "End when nothing came for so long, as 10s. Else it waits for ever.")
        private @Nullable Duration timeout;

        /// Says what is wrong before anything is connected.
        private @Nullable Position check() {
            if (count < 1) {
                throw CliException.usage("--count " + count + " is less than 1", "leave it out for no end");
            }
            return since == null ? null : Position.parse(since);
        }
    }

    private final EventPrinter printer;
    private final Surroundings around;
    private final @Nullable Position after;
    private final long count;
    private final @Nullable Duration timeout;

    Following(EventPrinter printer, Surroundings around, Options options) {
        this.printer = printer;
        this.around = around;
        this.after = options.check();
        this.count = options.count;
        this.timeout = options.timeout;
    }

    /// @return the exit code
    int run(DatabrokerClient client, List<Pattern> wanted, String described) throws InterruptedException {
        for (int i = 0; i < wanted.size(); i++) {
            client.subscribe(wanted.get(i), after, new Listener(wanted.subList(0, i)));
        }
        around.say("subscribed to "
                + String.join(", ", wanted.stream().map(Pattern::text).toList()) + " at " + described);
        return await();
    }

    private int await() throws InterruptedException {
        while (true) {
            Signal signal = timeout == null ? signals.take() : signals.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            switch (signal) {
                case null -> {
                    boolean enough = count == Long.MAX_VALUE && came > 0;
                    return enough ? Exit.OK : nothing();
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

    private int nothing() {
        around.say("nothing came for " + timeout + (came == 0 ? "" : " after " + came + " of " + count + " events"));
        return Exit.UNAVAILABLE;
    }

    /// All of them are called on one thread.
    private final class Listener implements EventListener {
        private final List<Pattern> earlier;
        private boolean lost;

        /// @param earlier patterns whose events another listener prints
        Listener(List<Pattern> earlier) {
            this.earlier = earlier;
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
