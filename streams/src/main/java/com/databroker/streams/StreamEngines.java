package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engines of the plane while they run, each stream's job, and the way from files to them.
final class StreamEngines implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamEngines.class);

    private final List<Source> sources;
    private final KafkaEngine kafka;
    private final FlinkEngine flink;
    private final HotStore hot;
    private final StreamSearch search;
    private final Admin admin;
    private final StreamLag lags;
    private final Map<String, ColdTable> tables = new LinkedHashMap<>();
    private final Map<String, DeadLetters> dead = new LinkedHashMap<>();
    private final Map<String, Ingest> ingests = new LinkedHashMap<>();
    private final Map<String, Inbox> inboxes = new LinkedHashMap<>();
    private final Map<String, String> failures = new HashMap<>();
    private final Cursors cursors;
    private @Nullable Collection collection;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /// Starts all of it; when this returns every job runs.
    static StreamEngines start(
            StreamsConfig config,
            Path folder,
            List<Source> sources,
            InstantSource clock,
            RandomGenerator random,
            Consumer<HotVisible> visible)
            throws IOException {
        return new StreamEngines(config, folder, sources, clock, random, visible);
    }

    private StreamEngines(
            StreamsConfig config,
            Path folder,
            List<Source> sources,
            InstantSource clock,
            RandomGenerator random,
            Consumer<HotVisible> visible)
            throws IOException {
        this.sources = sources;
        try {
            // The two that take longest come up beside one another.
            CompletableFuture<FlinkEngine> flinkStarts = CompletableFuture.supplyAsync(
                    () -> FlinkEngine.start(config.flink(), folder.resolve("flink"), sources.size()));
            kafka = open(KafkaEngine.start(config.kafka(), folder.resolve("kafka"), random));
            admin = open(Admin.create(kafka.address().client()));
            Topics.ensure(admin, sources, kafka.layout());
            lags = open(new StreamLag(admin, kafka.address()));
            cursors = new Cursors(kafka.address());
            for (Source source : sources) {
                Ingest ingest = open(new Ingest(source, kafka.address(), cursors, clock));
                ingests.put(source.name(), ingest);
                ingest.fence();
            }
            cursors.read();
            Path hotFolder = folder.resolve("hot");
            hot = open(HotStores.open(config.hot(), hotFolder, sources, clock));
            hot.visible(visible);
            HotStores.publish(hotFolder, hot);
            opened.push(() -> HotStores.withdraw(hotFolder));
            search = new StreamSearch(hot);
            Path cold = config.cold().location() == null
                    ? folder.resolve("cold")
                    : Path.of(config.cold().location());
            flink = open(flinkStarts.join());
            for (Source source : sources) {
                dead.put(source.name(), open(new DeadLetters(source, kafka.address())));
                begin(source, cold.resolve(source.name()), HotStores.published(hotFolder), clock);
            }
            if (!config.flink().embedded()) {
                open(new JobArrivals(admin, kafka.address(), sources, visible)).start();
            }
            maintain(clock);
        } catch (IOException | RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    /// A stream that cannot begin, since its table is damaged or another program's, say, does not hold up the others.
    private void begin(Source source, Path cold, HotStores.Opening opening, InstantSource clock) {
        String location = cold.toAbsolutePath().toString();
        try {
            tables.put(source.name(), ColdTable.open(location, source));
            flink.run(StreamJob.of(source, kafka.address(), location, opening));
            Inbox inbox = open(new Inbox(source, of(ingests, source), clock));
            inboxes.put(source.name(), inbox);
            inbox.start();
        } catch (IOException | RuntimeException failed) {
            failures.put(source.name(), Text.excerpt(String.valueOf(failed.getMessage())));
            LOG.atError()
                    .addKeyValue("stream", source.name())
                    .setCause(failed)
                    .log("a stream did not start; the others go on");
        }
    }

    private <T extends AutoCloseable> T open(T component) {
        opened.push(component);
        return component;
    }

    /// Old records go, small files become large ones, and what no table names any more is removed.
    private void maintain(InstantSource clock) {
        ScheduledExecutorService sweeper = open(Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("streams-sweeper").daemon().factory()));
        sweeper.scheduleWithFixedDelay(() -> attempt("expiry", hot::expire), 1, 1, TimeUnit.MINUTES);
        for (ColdTable table : tables.values()) {
            Duty compaction = () -> table.compact(clock.instant());
            Duty vacuum = () -> table.vacuum(ColdTable.RETENTION_MIN, clock.instant());
            sweeper.scheduleWithFixedDelay(() -> attempt("compaction", compaction), 10, 60, TimeUnit.MINUTES);
            sweeper.scheduleWithFixedDelay(() -> attempt("vacuum", vacuum), 1, 24, TimeUnit.HOURS);
        }
    }

    /// Something that is done from time to time.
    private interface Duty {
        void run() throws IOException;
    }

    private static void attempt(String what, Duty duty) {
        try {
            duty.run();
        } catch (IOException | RuntimeException failed) {
            LOG.atError().addKeyValue("duty", what).setCause(failed).log("a duty failed; it is tried again");
        }
    }

    KafkaAddress kafka() {
        return kafka.address();
    }

    void offer(InboxFile file) {
        Inbox inbox = inboxes.get(file.source());
        if (inbox != null) {
            inbox.offer(file);
        }
    }

    /// Has them collect from now on; their cursors say where they go on.
    void collect(List<Collector> collectors, PoliteHttp http, InstantSource clock, RandomGenerator random) {
        Collection.Kept kept = new Collection.Kept() {
            @Override
            public Optional<Bytes> cursor(String key) {
                return cursors.get(key);
            }

            @Override
            public void take(String stream, List<Body> bodies, String key, Bytes cursor) throws IOException {
                Objects.requireNonNull(ingests.get(stream), stream).take(bodies, key, cursor);
            }
        };
        collection = open(new Collection(collectors, http, kept, clock, random));
        collection.start();
    }

    /// As [StreamPlane#cursor].
    Optional<Bytes> cursor(Source source, String key) throws IOException {
        return of(ingests, source).cursor(key);
    }

    /// As [StreamPlane#take].
    void take(Source source, List<Body> bodies, String key, Bytes cursor) throws IOException {
        of(ingests, source).take(bodies, key, cursor);
    }

    List<CollectorStatus> collectors() {
        return collection == null ? List.of() : collection.status();
    }

    StreamAnswer search(Source source, StreamQuery query) throws IOException {
        String failure = failures.get(source.name());
        if (failure != null) {
            throw new ProblemException(Problem.UNAVAILABLE, "the stream did not start: " + failure);
        }
        return search.search(source, of(tables, source), query);
    }

    List<StreamStatus> status() throws IOException {
        Map<String, HotStatus> hots = new HashMap<>();
        hot.status().forEach(each -> hots.put(each.stream(), each));
        List<StreamStatus> all = new ArrayList<>();
        for (Source source : sources) {
            all.add(status(source, hots.get(source.name())));
        }
        return all;
    }

    private StreamStatus status(Source source, @Nullable HotStatus hots) throws IOException {
        ColdTable table = tables.get(source.name());
        Inbox inbox = inboxes.get(source.name());
        ColdTable.Statistics cold = table == null ? ColdTable.Statistics.NONE : table.statistics();
        JobState job = job(source);
        return new StreamStatus(
                source.name(),
                job.phase(),
                job.detail(),
                of(ingests, source).records(),
                lags.of(source),
                of(dead, source).count(),
                inbox == null ? 0 : inbox.waiting(),
                hots == null ? 0 : hots.documents(),
                hots == null ? 0 : hots.bytes(),
                cold.rows(),
                cold.bytes(),
                hots == null ? List.of() : hots.damage());
    }

    private JobState job(Source source) {
        String failure = failures.get(source.name());
        return failure == null
                ? flink.state(source.name())
                : new JobState(StreamStatus.Phase.FAILED, "it did not start: " + failure);
    }

    List<DeadLetter> dead(Source source, long after, int limit) throws IOException {
        return of(dead, source).list(after, limit);
    }

    private static <T> T of(Map<String, T> each, Source source) {
        return Objects.requireNonNull(each.get(source.name()));
    }

    /// In the reverse order of the start: nothing is taken in any more, the jobs stop at a checkpoint, then the
    /// engines.
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception failed) {
                // Whatever it is, the others are closed, too.
                LOG.atWarn().setCause(failed).log("a part of the streams plane did not close cleanly");
            }
        }
    }
}
