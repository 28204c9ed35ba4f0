package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.sources.GithubSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/// Fills a hot store with GitHub events that arrived evenly over its days, by the parser of the stream and the store's
/// own writer: what a broker has that ran for so long, in minutes. Recorded events come again and again under new ids,
/// each time of another of a thousand repositories and people, of which few are asked for often.
public final class HotLoad {
    private static final int THREADS = 2;
    private static final int VARIANTS = 1000;
    private static final Pattern PARTS = Pattern.compile(
            "^\\{\"id\":\"\\d+\"(.*?\"login\":\"[^\"]*)(\".*?\"repo\":\\{\"id\":\\d+,\"name\":\"[^\"]*)(\".*\"created_at\":\")[^\"]*(\".*)$",
            Pattern.DOTALL);

    private final Source source = new GithubSource();
    private final AtomicLong done = new AtomicLong();
    private final List<String[]> events = new ArrayList<>();
    private final HotStore hot;
    private final long count;
    private final Instant first;
    private final double stepMicros;

    private HotLoad(HotStore hot, Path recorded, long count, Duration days) throws Exception {
        this.hot = hot;
        this.count = count;
        first = Instant.now().minus(days).truncatedTo(ChronoUnit.SECONDS);
        stepMicros = days.toNanos() / 1000.0 / count;
        try (Stream<Path> files = Files.list(recorded)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".gz")).sorted().toList()) {
                read(file);
            }
        }
    }

    private void read(Path file) throws Exception {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            lines.lines().map(PARTS::matcher).filter(Matcher::matches).forEach(parts -> events.add(
                    new String[] {parts.group(1), parts.group(2), parts.group(3), parts.group(4)}));
        }
    }

    /// @param args a folder for the store, a folder of `*.json.gz`, how many records, over how many hours
    public static void main(String[] args) throws Exception {
        HotConfig config = new HotConfig(
                Path.of(args[0]), HotConfig.RETENTION, Long.MAX_VALUE, Duration.ofSeconds(5), HotConfig.TIMEOUT);
        HotStore hot = new LuceneHotStore(config, InstantSource.system());
        HotLoad load =
                new HotLoad(hot, Path.of(args[1]), Long.parseLong(args[2]), Duration.ofHours(Long.parseLong(args[3])));
        load.run();
        hot.close();
        System.out.printf("{\"records\": %d}%n", load.done.get());
    }

    private void run() throws Exception {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            long from = count * i / THREADS;
            long to = count * (i + 1) / THREADS;
            all.add(Thread.ofPlatform().start(() -> put(from, to)));
        }
        for (Thread each : all) {
            each.join();
        }
        hot.flush(source);
    }

    private void put(long from, long to) {
        Random random = new Random(from);
        RecordParser parser = source.parser();
        try {
            for (long i = from; i < to; i++) {
                long id = 40_000_000_000L + i;
                // Events are told a little later than they happen, and not in order.
                Instant created = first.plus((long) (i * stepMicros), ChronoUnit.MICROS);
                Instant arrived = created.plusMillis(random.nextInt(60_000));
                String json = json(events.get((int) (i % events.size())), id, created, random);
                DataRecord record = parser.parse(new Collected(String.valueOf(id), Bytes.utf8(json)), arrived);
                Long time = (Long) record.get(source.timeField());
                long micros = Arrival.micros(arrived);
                hot.put(source, new Arrival(record, time == null ? micros : time, micros, 0, i));
                if (done.incrementAndGet() % 50_000 == 0) {
                    hot.flush(source);
                }
            }
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static String json(String[] event, long id, Instant created, Random random) {
        String variant = "-" + (int) (VARIANTS * Math.pow(random.nextDouble(), 4));
        return "{\"id\":\"" + id + "\"" + event[0] + variant + event[1] + variant + event[2]
                + created.truncatedTo(ChronoUnit.SECONDS) + event[3];
    }
}
