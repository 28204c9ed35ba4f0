package com.databroker.cli;

import com.databroker.core.CloudEvents;
import com.databroker.core.Event;
import com.databroker.core.Json;
import com.databroker.core.Utf8;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import java.util.function.Function;

/// Events on standard output, each flushed as it comes: what reads a pipe wants them now.
final class EventPrinter {
    private final PrintStream out;
    private final boolean json;
    private final boolean raw;
    private final boolean noNewline;
    private final Function<Event, String> line;
    private long printed;

    EventPrinter(PrintStream out, boolean json, boolean raw, boolean noNewline) {
        this(out, json, raw, noNewline, EventPrinter::line);
    }

    /// @param line the event for people, without a line end
    EventPrinter(PrintStream out, boolean json, boolean raw, boolean noNewline, Function<Event, String> line) {
        this.line = line;
        this.out = out;
        this.json = json;
        this.raw = raw;
        this.noNewline = noNewline;
    }

    long printed() {
        return printed;
    }

    /// @return false where nobody reads the output any more
    boolean print(Event event) {
        if (json) {
            byte[] line =
                    Json.bytes(generator -> CloudEvents.write(event, generator)).toArray();
            out.write(line, 0, line.length);
            out.write('\n');
        } else if (raw) {
            byte[] payload = event.payload().toArray();
            out.write(payload, 0, payload.length);
            if (!noNewline) {
                out.write('\n');
            }
        } else {
            out.print(line.apply(event) + "\n");
        }
        printed++;
        // Flushes, and tells what a PrintStream otherwise keeps to itself.
        return !out.checkError();
    }

    private static String line(Event event) {
        String text = Utf8.decode(event.payload());
        return event.time().truncatedTo(ChronoUnit.MILLIS) + " " + event.topic() + " " + event.principal() + " "
                + (text == null
                        ? "(" + event.payload().length() + " bytes)"
                        : Surroundings.visible(text.stripTrailing()));
    }
}
