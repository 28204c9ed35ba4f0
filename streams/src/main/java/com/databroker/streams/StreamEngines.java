package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engines of the plane while they run, each stream's job, and the way from files to them.
final class StreamEngines implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamEngines.class);

    /// A run of a view counts what arrived so many checkpoints ago: it is in the cold table then, as a rule.
    private static final int VIEW_MARGIN = 3;

    private final List<Source> sources;
    private final Machines machines;
    private final KafkaEngine kafka;
    private final FlinkEngine flink;
    private final HotStore hot;
    private final StreamSearch search;
    private final Admin admin;
    private final StreamLag lags;
    private final DatabricksCatalog databricks;
    private final Map<String, ColdTable> tables = new LinkedHashMap<>();
    private final Map<String, DeadLetters> dead = new LinkedHashMap<>();
    private final Map<String, Ingest> ingests = new LinkedHashMap<>();
    private final Map<String, Inbox> inboxes = new LinkedHashMap<>();
    private final Map<String, String> failures = new HashMap<>();
    private final Map<String, Replay> replays = new LinkedHashMap<>();
    private final RawArchive archive;
    private final Room room;
    private final Cursors cursors;
    private @Nullable Collection collection;
    private final TopicGuard guard;
    private final Views views;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /// What is there to be taken.
    ///
    /// @param present the files in the inboxes, for a replay
    /// @param pushed what was pushed, and will be
    record Coming(InboxFile.Present present, List<Receiving> pushed) {}

    /// Starts all of it; when this returns every job runs. The machines end with it, but where they are to stay.
    static StreamEngines start(
            Machines machines,
            List<Source> sources,
            InstantSource clock,
            RandomGenerator random,
            Coming coming,
            Consumer<HotVisible> visible)
            throws IOException {
        return new StreamEngines(machines, sources, clock, random, coming, visible);
    }

    private StreamEngines(
            Machines machines,
            List<Source> sources,
            InstantSource clock,
            RandomGenerator random,
            Coming coming,
            Consumer<HotVisible> visible)
            throws IOException {
        this.machines = machines;
        this.sources = sources;
        StreamsConfig config = machines.config();
        Path folder = machines.folder();
        opened.push(machines::endKafka);
        try {
            kafka = machines.kafka();
            admin = open(Admin.create(kafka.address().client()));
            Topics.ensure(admin, sources, kafka.layout());
            lags = open(new StreamLag(admin, kafka.address()));
            cursors = new Cursors(kafka.address());
            room = new Room(folder, config.roomMin().bytes());
            archive = archive(machines, clock);
            Map<Receiving, Ingest> pushed = takeIn(coming.pushed(), clock);
            Path hotFolder = folder.resolve("hot");
            hot = open(HotStores.open(config.hot(), hotFolder, sources, clock));
            hot.visible(visible);
            HotStores.publish(hotFolder, hot);
            opened.push(() -> HotStores.withdraw(hotFolder));
            search = new StreamSearch(hot, clock);
            databricks = open(new DatabricksCatalog(config.cold().databricks(), random));
            Function<Source, String> cold = source -> machines.location(source.name());
            flink = machines.flink();
            opened.push(machines::endFlink);
            for (Source source : sources) {
                dead.put(source.name(), open(new DeadLetters(source, kafka.address())));
                replays.put(source.name(), open(new Replay(source, of(ingests, source), archive, lags, clock)));
                begin(source, cold.apply(source), HotStores.published(hotFolder), clock);
            }
            views = open(new Views(
                    tables.values(),
                    hot,
                    machines::location,
                    EmbeddedFlink.batch(flink, folder.resolve("flink")),
                    config.flink().checkpointInterval().multipliedBy(VIEW_MARGIN),
                    clock,
                    config.views().time()));
            if (!config.flink().embedded()) {
                open(new JobArrivals(admin, kafka.address(), sources, visible)).start();
            }
            TopicGuard.Recovery recovery = recovery(cold, hotFolder, coming.present());
            guard = new TopicGuard(admin, sources, kafka.layout(), cursors, clock, recovery);
            pushed.forEach((each, ingest) -> open(each.drain(ingest, cursors)));
            maintain(clock, config.flink().embedded());
        } catch (IOException | RuntimeException | Error failed) {
            close();
            // Where it failed before Flink was needed.
            machines.endFlink();
            throw failed;
        }
    }

    private static RawArchive archive(Machines machines, InstantSource clock) {
        StreamsConfig config = machines.config();
        return new RawArchive(
                machines.folder().resolve("raw"),
                config.raw().age(),
                config.raw().sizeMax().bytes(),
                clock);
    }

    /// Whoever took in before this process takes in no more, and where they were is known.
    private Map<Receiving, Ingest> takeIn(List<Receiving> receiving, InstantSource clock) throws IOException {
        for (Source source : sources) {
            Ingest ingest = open(new Ingest(source, kafka.address(), cursors, clock, archive, room));
            ingests.put(source.name(), ingest);
        }
        Map<Receiving, Ingest> pushed = new LinkedHashMap<>();
        for (Receiving each : receiving) {
            pushed.put(each, open(ingest(each, clock)));
        }
        fence(Stream.concat(ingests.values().stream(), pushed.values().stream()).toList());
        cursors.read();
        return pushed;
    }

    /// All at once: each waits for Kafka's answer most of the time.
    private static void fence(List<Ingest> all) throws IOException {
        ExecutorService each = Executors.newVirtualThreadPerTaskExecutor();
        try {
            List<Future<?>> fencing = new ArrayList<>();
            all.forEach(ingest -> fencing.add(each.submit(ingest::fence)));
            for (Future<?> one : fencing) {
                one.get();
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while streams start", closing);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException wrong) {
                throw wrong;
            }
            throw new IOException("streams cannot be taken in", failed.getCause());
        } finally {
            each.shutdownNow();
        }
    }

    /// A stream that cannot begin, since its table is damaged or another program's, say, does not hold up the others.
    private void begin(Source source, String location, HotStores.Opening opening, InstantSource clock) {
        try {
            tables.put(source.name(), machines.table(source));
            databricks.register(source.name(), location);
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

    /// What is pushed has transactions of its own: one of them may be open as long as something comes.
    private Ingest ingest(Receiving receiving, InstantSource clock) {
        Source source = sources.stream()
                .filter(each -> each.name().equals(receiving.stream()))
                .findFirst()
                .orElseThrow();
        return new Ingest(source, receiving.name(), kafka.address(), cursors, clock, archive, room);
    }

    private TopicGuard.Recovery recovery(Function<Source, String> cold, Path hotFolder, InboxFile.Present present) {
        return new TopicGuard.Recovery() {
            @Override
            public void beginAfresh(Source source, String topicId) throws IOException {
                if (failures.containsKey(source.name())) {
                    return;
                }
                of(ingests, source).beginPartsAfresh();
                flink.end(source.name());
                // The old job may have told its offsets for the new topic.
                Topics.forget(admin, StreamJob.group(source));
                of(tables, source).beginAfresh(topicId);
                String location = cold.apply(source);
                flink.run(StreamJob.of(source, kafka.address(), location, HotStores.published(hotFolder)));
            }

            @Override
            public void replay(Source source, Instant since) {
                of(replays, source).start(since, null, present);
            }

            @Override
            public void keep(Source source, Map<String, Bytes> these) throws IOException {
                of(ingests, source).keep(these);
            }
        };
    }

    /// Old records go, small files become large ones, and what no table names any more is removed.
    ///
    /// @param jobs whether they are this process' business
    private void maintain(InstantSource clock, boolean jobs) {
        ScheduledExecutorService sweeper = open(Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("streams-sweeper").daemon().factory()));
        ClockWatch watch = new ClockWatch(clock);
        sweeper.scheduleWithFixedDelay(watch::tick, 0, 1, TimeUnit.MINUTES);
        sweeper.scheduleWithFixedDelay(
                () -> attempt("expiry", () -> ifBelieved(watch, hot::expire)), 1, 1, TimeUnit.MINUTES);
        sweeper.scheduleWithFixedDelay(
                () -> attempt("raw", () -> ifBelieved(watch, archive::expire)), 0, 60, TimeUnit.MINUTES);
        if (jobs) {
            sweeper.scheduleWithFixedDelay(() -> attempt("topics", guard::look), 0, 10, TimeUnit.SECONDS);
        }
        for (ColdTable table : tables.values()) {
            Duty compaction = () -> table.compact(clock.instant());
            Duty vacuum = () -> ifBelieved(watch, () -> table.vacuum(ColdTable.RETENTION_MIN, clock.instant()));
            sweeper.scheduleWithFixedDelay(() -> attempt("compaction", compaction), 10, 60, TimeUnit.MINUTES);
            sweeper.scheduleWithFixedDelay(() -> attempt("vacuum", vacuum), 1, 24, TimeUnit.HOURS);
        }
    }

    /// What deletes by age waits until the clock can be believed.
    private static void ifBelieved(ClockWatch watch, Duty duty) throws IOException {
        if (watch.isBelieved()) {
            duty.run();
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
            public Ingest.Progress take(String stream, List<Body> bodies, String key, Bytes cursor) throws IOException {
                return ingest(stream).take(bodies, key, cursor);
            }
        };
        collection = open(new Collection(collectors, http, kept, clock, random));
        collection.start();
    }

    Ingest ingest(String stream) {
        return Objects.requireNonNull(ingests.get(stream), stream);
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

    /// As [Collection#ask].
    CollectorStatus ask(String collector) {
        if (collection == null) {
            throw new IllegalArgumentException(collector);
        }
        return collection.ask(collector);
    }

    Replay replay(Source source) {
        return of(replays, source);
    }

    RawArchive archive() {
        return archive;
    }

    /// Sends again what was set aside, or only closes it.
    ///
    /// @param asItWas as [DeadLetters#close]
    /// @param how what to send of a letter
    /// @return how many records were sent
    int close(Source source, long offset, boolean asItWas, Resending how) throws IOException {
        int[] sent = new int[1];
        of(dead, source).close(offset, asItWas, (letter, header) -> {
            List<Collected> records = how.records(letter);
            of(ingests, source).close(letter, header, records);
            sent[0] = records.size();
        });
        return sent[0];
    }

    /// What is sent again of a letter.
    interface Resending {
        List<Collected> records(DeadLetter letter) throws IOException;
    }

    StreamAnswer search(Source source, StreamQuery query) throws IOException {
        String failure = failures.get(source.name());
        if (failure != null) {
            throw new ProblemException(Problem.UNAVAILABLE, "the stream did not start: " + failure);
        }
        return search.search(source, of(tables, source), query);
    }

    Views views() {
        return views;
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
        StreamLag.Lag lag = lags.of(source);
        String shortage = room.shortage();
        return new StreamStatus(
                source.name(),
                job.phase(),
                job.detail().isEmpty() ? shortage : job.detail(),
                of(ingests, source).records(),
                lag.offsets(),
                of(dead, source).count(),
                inbox == null ? 0 : inbox.waiting(),
                hots == null ? 0 : hots.documents(),
                hots == null ? 0 : hots.bytes(),
                cold.rows(),
                cold.bytes(),
                damage(source, hots),
                lag.oldest(),
                failures.containsKey(source.name()) ? StreamStatus.Checkpoints.NONE : flink.checkpoints(source.name()));
    }

    private List<String> damage(Source source, @Nullable HotStatus hots) {
        List<String> all = new ArrayList<>(guard.told(source));
        all.addAll(hots == null ? List.of() : hots.damage());
        Optional.ofNullable(databricks.trouble(source.name())).ifPresent(all::add);
        return all;
    }

    /// What the job of each stream does: cheap, for those who ask often.
    Map<String, StreamStatus.Phase> phases() {
        Map<String, StreamStatus.Phase> all = new LinkedHashMap<>();
        sources.forEach(source -> all.put(source.name(), job(source).phase()));
        return all;
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

    /// As [#close].
    ///
    /// @return what stays, null where nothing does
    @Nullable
    Machines end(boolean staying) {
        machines.stay(staying);
        close();
        machines.stay(false);
        return staying ? machines : null;
    }

    /// In the reverse order of the start: nothing is taken in any more, the jobs stop at a checkpoint, then the
    /// engines, but where they are to stay.
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
