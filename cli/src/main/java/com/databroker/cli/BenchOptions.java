package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What the measurements have in common: how much, how fast, and how it is told.
final class BenchOptions {
    private static final int NUMBER_BYTES = Integer.BYTES;
    private static final int COUNT_MAX = 10_000_000;

    @Option(names = "--topic", paramLabel = "TOPIC", description = "Where it is published; else bench/<process>.")
    private @Nullable String topic;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "How many events; else 10000.")
    private int count = 10_000;

    @Option(names = "--size", paramLabel = "BYTES", description = "Bytes of each payload, at least 4; else 128.")
    private int size = 128;

    @Option(names = "--rate", paramLabel = "N", description = "Events per second; else as fast as it goes.")
    private int rate;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "The longest wait for the next event or answer; else 10s.")
    private Duration timeout = Duration.ofSeconds(10);

    @Mixin
    private final Table.Options output = new Table.Options();

    void check() {
        if (count < 1 || count > COUNT_MAX || size < NUMBER_BYTES || rate < 0) {
            throw CliException.usage(
                    "--count is 1 to " + COUNT_MAX + ", --size at least " + NUMBER_BYTES + ", --rate not negative",
                    "leave out what you do not need");
        }
    }

    int count() {
        return count;
    }

    Duration timeout() {
        return timeout;
    }

    Topic topic() {
        return Topic.of(topic == null ? "bench/" + ProcessHandle.current().pid() : topic);
    }

    /// The event of that number, which its payload begins with.
    Publication publication(Topic where, int number) {
        byte[] payload = new byte[size];
        ByteBuffer.wrap(payload).putInt(number);
        return Publication.of(where, Bytes.wrap(payload));
    }

    /// Whose number [#publication] wrote, -1 for a payload of somebody else.
    int number(Bytes payload) {
        int number = payload.length() == size ? payload.asReadOnlyBuffer().getInt() : -1;
        return number < count ? number : -1;
    }

    /// Waits until the event of that number is due.
    void pace(long start, int number) {
        if (rate == 0) {
            return;
        }
        long due = start + number * (1_000_000_000L / rate);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /// @param nanos of each, in any order
    /// @param elapsed from the first to the last, in nanoseconds
    void print(Surroundings around, String what, long[] nanos, long elapsed) {
        Arrays.sort(nanos);
        double seconds = Math.max(1, elapsed) / 1e9;
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("messages", nanos.length);
        row.put("bytes", size);
        row.put("seconds", String.format(Locale.ROOT, "%.3f", seconds));
        row.put("messages_per_second", Math.round(nanos.length / seconds));
        row.put("p50_us", micros(nanos, 0.5));
        row.put("p90_us", micros(nanos, 0.9));
        row.put("p99_us", micros(nanos, 0.99));
        row.put("p999_us", micros(nanos, 0.999));
        row.put("max_us", micros(nanos, 1));
        around.say(what);
        List<String> columns = List.copyOf(row.keySet());
        output.print(around, columns, List.of(row), BenchOptions::cells, line -> {
            Map<String, @Nullable Object> json = new LinkedHashMap<>(line);
            json.put("seconds", new java.math.BigDecimal(String.valueOf(line.get("seconds"))));
            return json;
        });
    }

    private static List<String> cells(Map<String, @Nullable Object> row) {
        return row.values().stream().map(String::valueOf).toList();
    }

    private static long micros(long[] sorted, double share) {
        int index = (int) Math.ceil(share * sorted.length) - 1;
        return sorted.length == 0 ? 0 : sorted[Math.clamp(index, 0, sorted.length - 1)] / 1000;
    }
}
