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
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// Fills a hot store, and a cold one where it is given, with GitHub events that arrived evenly over their days,
/// by the parser of the stream and the stores' own writers: what a broker has that ran for so long, in minutes.
/// Its clock goes with what arrives, so that what is done once a minute or when a day is over is done here, too.
/// Recorded events come again and again under new ids, each time of another of a thousand repositories and
/// people, of which few are frequent.
public final class StoresLoad {
    private static final int THREADS = 2;
    private static final int VARIANTS = 1000;
    private static final int TURN_MAX = 10_000;
    private static final int LOOKS_MAX = 1500;
    private static final Pattern PARTS = Pattern.compile(
            "^\\{\"id\":\"\\d+\"(.*?\"login\":\"[^\"]*)"
                    + "(\".*?\"repo\":\\{\"id\":\\d+,\"name\":\"[^\"]*)"
                    + "(\".*\"created_at\":\")[^\"]*(\".*)$",
            Pattern.DOTALL);

    private final Source source = new GithubSource();
    private final AtomicLong done = new AtomicLong();
    private final List<String[]> events = new ArrayList<>();
    private final AtomicLong begun = new AtomicLong();
    private final Path folder;
    private final HotStore hot;
    private final @Nullable ColdTable cold;
    private final long count;
    private final Instant ended = Instant.now();
    private final Instant first;
    private final double stepMicros;
    /// So short that nothing arrives a day ahead of the clock, however the threads run.
    private final int turn;

    private StoresLoad(Path folder, Path recorded, long count, Duration days, @Nullable Path table) throws Exception {
        HotConfig config = new HotConfig(
                folder, HotConfig.RETENTION, Long.MAX_VALUE, Duration.ofSeconds(5), HotConfig.TIMEOUT);
        this.folder = folder;
        this.count = count;
        turn = (int) Math.clamp(count / 400, 1, TURN_MAX);
        first = ended.minus(days).truncatedTo(ChronoUnit.SECONDS);
        stepMicros = days.toNanos() / 1000.0 / count;
        this.hot = new LuceneHotStore(config, this::now);
        this.cold = table == null ? null : ColdTable.open(table.toString(), source);
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

    /// @param args a folder for the hot store, a folder of `*.json.gz`, how many records, over how many hours, and a
    ///     folder for a cold store that shall have them as well
    public static void main(String[] args) throws Exception {
        StoresLoad load = new StoresLoad(
                Path.of(args[0]),
                Path.of(args[1]),
                Long.parseLong(args[2]),
                Duration.ofHours(Long.parseLong(args[3])),
                args.length > 4 ? Path.of(args[4]) : null);
        load.run();
        System.out.printf(
                "{\"records\": %d, \"first\": %d, \"step_us\": %s}%n",
                load.done.get(), load.first.getEpochSecond(), load.stepMicros);
    }

    private Instant now() {
        return first.plus((long) (done.get() * stepMicros), ChronoUnit.MICROS).plusSeconds(120);
    }

    private void run() throws Exception {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            all.add(Thread.ofPlatform().start(this::put));
        }
        for (Thread each : all) {
            while (!each.join(Duration.ofSeconds(1))) {
                hot.expire();
            }
        }
        hot.flush(source);
        for (int looks = 0; isBusy() && looks < LOOKS_MAX; looks++) {
            hot.expire();
            Thread.sleep(200);
        }
        hot.close();
    }

    /// Whether a day that is over is not made few parts yet.
    private boolean isBusy() throws Exception {
        String over = now().minus(Duration.ofHours(25)).toString().substring(0, 10);
        for (Path day : LuceneDay.folders(folder.resolve(source.name()))) {
            try (Stream<Path> files = Files.list(day)) {
                long parts = files.filter(each -> each.toString().endsWith(".si")).count();
                if (parts > 4 && day.getFileName().toString().compareTo(over) <= 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private void put() {
        RecordParser parser = source.parser();
        try {
            for (long from = begun.getAndAdd(turn); from < count; from = begun.getAndAdd(turn)) {
                Random random = new Random(from);
                List<Arrival> all = new ArrayList<>();
                for (long i = from; i < Math.min(count, from + turn); i++) {
                    all.add(arrival(i, parser, random));
                }
                keep(all, from);
            }
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }

    private Arrival arrival(long i, RecordParser parser, Random random) throws Exception {
        long id = 40_000_000_000L + i;
        // Events are told a little later than they happen, and not in order.
        Instant created = first.plus((long) (i * stepMicros), ChronoUnit.MICROS);
        Instant arrived = created.plusMillis(random.nextInt(60_000));
        String json = json(events.get((int) (i % events.size())), id, created, random);
        DataRecord record = parser.parse(new Collected(String.valueOf(id), Bytes.utf8(json)), arrived);
        Long time = (Long) record.get(source.timeField());
        long micros = Arrival.micros(arrived);
        return new Arrival(record, time == null ? micros : time, micros, 0, i);
    }

    private void keep(List<Arrival> all, long from) throws Exception {
        long kept = Arrival.micros(ended.minus(HotConfig.RETENTION));
        for (Arrival each : all) {
            if (each.arrived() >= kept) {
                hot.put(source, each);
            }
            done.incrementAndGet();
        }
        hot.flush(source);
        if (cold != null) {
            cold.commit("load-" + from, 1, cold.stage(all));
        }
    }

    private static String json(String[] event, long id, Instant created, Random random) {
        String variant = "-" + (int) (VARIANTS * Math.pow(random.nextDouble(), 4));
        return "{\"id\":\"" + id + "\"" + event[0] + variant + event[1] + variant + event[2]
                + created.truncatedTo(ChronoUnit.SECONDS) + event[3];
    }
}
