package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Durations;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The streams plane: takes in what is collected, and answers what is asked of it.
///
/// ```
///   file, answer, webhook ─▶ Ingest ─▶ raw topic ─▶ StreamJob ─▶ hot store, cold store ─▶ StreamSearch
///                                      (Kafka)      (Flink)      (Lucene)   (Delta)
/// ```
/// Its engines take seconds to come up, so they do that while the rest of the broker is at work already; until then
/// a question is answered with [Problem#UNAVAILABLE], and files wait.
///
/// ```
/// streams/
/// ├── kafka/    see EmbeddedKafka
/// ├── flink/    see EmbeddedFlink
/// ├── pushed/   a Spool for each receiver
/// ├── hot/      see LuceneHotStore
/// ├── raw/      see RawArchive
/// └── cold/     a table for each stream, see ColdTable; below views/ one for each view, see ViewTable
/// ```
public final class StreamPlane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamPlane.class);
    private static final long PAUSE_MILLIS = 500;
    private static final long RESTART_PAUSE_MILLIS = 5000;

    private final StreamsConfig config;
    private final Path folder;
    private final Map<String, Source> sources = new LinkedHashMap<>();
    private final StreamTimes searches;
    private final StreamViews views;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final List<Consumer<List<StreamChange>>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch came = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private final Pushing pushing;
    private final Thread starter;
    private final Stillness stillness;
    private InboxFile.Present present = to -> {};
    private List<Collector> collectors = List.of();
    private @Nullable PoliteHttp http;

    private volatile @Nullable StreamEngines engines;
    /// What the engines stood on and will stand on again.
    private @Nullable Machines kept;
    private volatile String failure = "";
    private volatile boolean closing;
    /// Whether the engines were up once: then they come up again.
    private volatile boolean ran;

    private StreamPlane(
            StreamsConfig config, Path folder, List<Source> sources, InstantSource clock, RandomGenerator random) {
        this.config = config;
        this.folder = folder;
        this.clock = clock;
        this.random = random;
        sources.forEach(source -> this.sources.put(source.name(), source));
        this.searches = new StreamTimes(sources);
        this.pushing = new Pushing(folder.resolve("pushed"), clock, random);
        this.stillness = new Stillness(clock);
        this.views = new StreamViews(sources, stillness, () -> ready().views());
        this.starter = Thread.ofPlatform().name("streams-start").unstarted(this::run);
    }

    /// A plane at rest.
    ///
    /// @param folder for everything it keeps
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where it could not work with these settings
    public static StreamPlane of(
            StreamsConfig config, Path folder, List<Source> sources, InstantSource clock, RandomGenerator random) {
        if (!config.kafka().embedded()) {
            ForeignKafka.of(config.kafka());
        }
        if (!config.flink().embedded()) {
            StreamCluster.require(config);
        }
        return new StreamPlane(config, folder, sources, clock, random);
    }

    /// Says who collects for the streams, before the start.
    ///
    /// @param by through which they ask; closed with the plane
    public void collect(List<Collector> from, PoliteHttp by) {
        from.forEach(collector -> source(collector.stream()));
        collectors = List.copyOf(from);
        http = by;
    }

    /// Says who is pushed to, before the start; of the hooks of [#deliver], names and streams.
    public void receive(List<Receiver> from, Map<String, String> hooks) {
        from.forEach(receiver -> source(receiver.stream()));
        pushing.add(from);
        hooks.forEach((hook, stream) -> pushing.addHook(hook, source(stream).name()));
    }

    /// Takes what a hook was told; when this returns it is in the raw topic for good.
    ///
    /// @throws ProblemException [Problem#UNAVAILABLE] where it should be delivered again
    public void deliver(String hook, Body body) {
        stillness.outside(() -> pushing.deliver(hook, body, engines));
    }

    /// How every collector does; before the engines are up only those that are pushed to.
    public List<CollectorStatus> collectors() {
        StreamEngines ready = engines;
        return pushing.statusBeside(ready == null ? List.of() : ready.collectors());
    }

    /// Begins to receive and to start the engines, and returns at once.
    ///
    /// @param files those that lie in the inboxes; asked for when the engines are up
    /// @throws ProblemException [Problem#DATA_NOT_WRITABLE]
    public void start(InboxFile.Present files) {
        present = files;
        pushing.start();
        starter.start();
    }

    /// Starts the engines, and again when Kafka gave up, as soon as there is room on the disk. Engines of our own that
    /// do not start have a reason that stays. A cluster that is away comes back.
    private void run() {
        try {
            while (!closing) {
                boolean up = stillness.change(this::begin);
                if (up ? !awaitTrouble() : config.kafka().embedded() && !ran) {
                    return;
                }
                if (up) {
                    stillness.change(this::endEngines);
                }
                awaitRoom();
                LOG.atInfo().log("the streams plane is started again");
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean endEngines() {
        failure = "Kafka gave up: " + Text.excerpt(EmbeddedKafka.gaveUp()) + "; it is started again when there is room";
        return end(engines, false);
    }

    private boolean end(@Nullable StreamEngines ended, boolean staying) {
        engines = null;
        kept = ended == null ? null : ended.end(staying);
        return ended != null;
    }

    /// Ends all that moves but Kafka and Flink, whom nobody asks for anything, runs `work` over what rests on the disk,
    /// and has it begin again. Whoever asks for something meanwhile waits; what is pushed goes to the spools.
    public void still(Stillness.Work work) throws IOException {
        stillness.have(() -> {
            boolean again = end(engines, true);
            try {
                work.run();
            } finally {
                // Also where the plane closes, which comes when they are up.
                again = again && begin();
            }
        });
    }

    private void awaitRoom() throws InterruptedException {
        Room room = new Room(folder, config.roomMin().bytes());
        do {
            if (end.await(RESTART_PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        } while (!room.shortage().isEmpty());
    }

    /// @return false where the plane closes
    private boolean awaitTrouble() throws InterruptedException {
        while (EmbeddedKafka.gaveUp().isEmpty() && stillness.isWell(() -> engines != null)) {
            if (end.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }

    private boolean begin() {
        try {
            Machines under =
                    kept == null ? Machines.start(config, folder, List.copyOf(sources.values()), random) : kept;
            kept = null;
            StreamEngines.Coming coming = new StreamEngines.Coming(to -> present.list(to), pushing.receiving());
            StreamEngines ready =
                    StreamEngines.start(under, List.copyOf(sources.values()), clock, random, coming, this::tell);
            if (http != null) {
                ready.collect(collectors, http, clock, random);
            }
            ran = true;
            engines = ready;
            failure = "";
            present.list(this::offer);
            LOG.atInfo()
                    .addKeyValue("kafka", ready.kafka().bootstrap())
                    .addKeyValue("streams", sources.keySet())
                    .log("streams are ready");
            return true;
        } catch (IOException | RuntimeException | LinkageError failed) {
            if (!closing) {
                failure = Text.excerpt(String.valueOf(failed.getMessage()));
                LOG.atError().setCause(failed).log("the streams plane did not start; the other planes go on");
            }
            // What failed after it had run once is tried again: another program may fill the disk at once.
            return false;
        } finally {
            came.countDown();
        }
    }

    /// Waits until the engines are up, or have failed.
    public void awaitStarted() throws InterruptedException {
        came.await();
    }

    /// `listener` is told of what came into a stream when a search finds it.
    public void changes(Consumer<List<StreamChange>> listener) {
        listeners.add(listener);
    }

    private void tell(HotVisible visible) {
        List<StreamChange> changes = List.of(StreamChange.of(visible));
        listeners.forEach(listener -> listener.accept(changes));
    }

    /// The streams there are, in the order in which they were given.
    public List<Source> sources() {
        return List.copyOf(sources.values());
    }

    /// @throws ProblemException [Problem#NOT_FOUND]
    public Source source(String name) {
        Source source = sources.get(name);
        if (source == null) {
            String near = Text.nearest(name, sources.keySet());
            throw new ProblemException(
                    Problem.NOT_FOUND,
                    "there is no stream \"" + Text.excerpt(name) + "\""
                            + (near.isEmpty() ? "" : "; did you mean " + near + "?"));
        }
        return source;
    }

    /// A file that is to be taken in; before the engines are up it is found when they are.
    public void offer(InboxFile file) {
        StreamEngines ready = engines;
        if (ready != null) {
            ready.offer(file);
        }
    }

    /// Where somebody has got to who brings bodies by [#take]: what was committed with the last of them.
    ///
    /// @param who the name of the cursor within the stream
    /// @throws ProblemException [Problem#NOT_FOUND], [Problem#UNAVAILABLE] before the engines are up
    public Optional<Bytes> cursor(String stream, String who) throws IOException {
        return stillness.outside(() -> ready().cursor(source(stream), key(stream, who)));
    }

    /// Takes bodies and a cursor into a stream: all of it, or nothing. After a failure nobody knows which, until
    /// [#cursor] tells.
    ///
    /// @throws ProblemException as [#cursor]
    public void take(String stream, List<Body> bodies, String who, Bytes cursor) throws IOException {
        stillness.during(() -> ready().take(source(stream), bodies, key(stream, who), cursor));
    }

    private static String key(String stream, String who) {
        return stream + "/from/" + who;
    }

    /// @throws ProblemException [Problem#NOT_FOUND], [Problem#BAD_REQUEST] where the query is wrong,
    ///     [Problem#UNAVAILABLE] before the engines are up
    public StreamAnswer search(String stream, StreamQuery query) {
        Source source = source(stream);
        return searches.timed(source, () -> stillness.outside(() -> ready().search(source, query)));
    }

    /// Of each stream, how long searches took.
    public Map<String, Durations> searches() {
        return searches.all();
    }

    /// How every stream does.
    public List<StreamStatus> status() {
        StreamEngines ready = engines;
        if (ready == null) {
            return statusAtRest();
        }
        try {
            return ready.status();
        } catch (IOException | RuntimeException failed) {
            if (ready != engines) {
                // They were ended while they were asked.
                return statusAtRest();
            }
            throw new ProblemException(Problem.UNAVAILABLE, "an engine failed: " + failed.getMessage(), failed);
        }
    }

    private List<StreamStatus> statusAtRest() {
        List<StreamStatus> all = new ArrayList<>();
        sources.keySet().forEach(name -> all.add(StreamStatus.atRest(name, waiting(), failure)));
        return all;
    }

    /// What was set aside of a stream, the oldest first.
    ///
    /// @param after behind that offset; -1 to begin
    public List<DeadLetter> dead(String stream, long after, int limit) {
        Source source = source(stream);
        try {
            return stillness.outside(() -> ready().dead(source, after, limit));
        } catch (IOException failed) {
            throw new ProblemException(Problem.UNAVAILABLE, "Kafka failed: " + failed.getMessage(), failed);
        }
    }

    /// Sends again what was set aside, exactly once, and closes it.
    ///
    /// @param corrected in the place of its bytes; null for them as they are
    /// @return how many records were sent
    /// @throws ProblemException [Problem#NOT_FOUND] where nothing open lies there, [Problem#RECORD_UNREADABLE]
    ///     where it would be set aside again
    public int resend(String stream, long offset, @Nullable Bytes corrected) {
        Source source = source(stream);
        return close(source, offset, corrected == null, letter -> {
            Bytes bytes = corrected == null ? letter.bytes() : corrected;
            return DryRun.cured(source, letter, bytes, clock.instant());
        });
    }

    /// Closes what was set aside, without sending it.
    ///
    /// @throws ProblemException [Problem#NOT_FOUND] where nothing open lies there
    public void drop(String stream, long offset) {
        close(source(stream), offset, false, letter -> List.of());
    }

    private int close(Source source, long offset, boolean asItWas, StreamEngines.Resending how) {
        try {
            return stillness.outside(() -> ready().close(source, offset, asItWas, how));
        } catch (IOException failed) {
            throw new ProblemException(Problem.UNAVAILABLE, "Kafka failed: " + failed.getMessage(), failed);
        }
    }

    /// What would come of a body; nothing of it is kept. The engines need not be up.
    ///
    /// @param name as the reader would know it
    /// @param most how many records and rejections are told
    public StreamTest test(String stream, String name, InputStream bytes, int most) {
        Source source = source(stream);
        try {
            return DryRun.of(source, new Body("", name, Map.of(), clock.instant(), bytes), most);
        } catch (IOException failed) {
            throw new ProblemException(Problem.RECORD_UNREADABLE, String.valueOf(failed.getMessage()), failed);
        }
    }

    /// Has a collector do its next step now, where whom it asks allows it.
    ///
    /// @return how it does before that; its count of steps grows when the step is done. Where its next step is
    ///     later than now, that is when it may be
    /// @throws ProblemException [Problem#NOT_FOUND] where the stream has none of that name, [Problem#BAD_REQUEST]
    ///     where it is pushed to
    public CollectorStatus collectOnce(String stream, String collector) {
        StreamEngines ready = ready();
        CollectorStatus.requireSteps(collectors(), stream, collector);
        return ready.ask(collector);
    }

    /// Takes bodies that are kept again through reader and parser; what comes of them replaces what came before.
    ///
    /// @param from only what came then or later; null for no such limit
    /// @param to only what came before
    /// @throws ProblemException [Problem#UNAVAILABLE] where one is under way
    public ReplayStatus replay(String stream, @Nullable Instant from, @Nullable Instant to) {
        Replay replay = ready().replay(source(stream));
        if (!replay.start(from, to, present)) {
            throw new ProblemException(Problem.UNAVAILABLE, "a replay of " + stream + " is under way");
        }
        return replay.status();
    }

    /// How the last replay of a stream does.
    public ReplayStatus replayed(String stream) {
        return ready().replay(source(stream)).status();
    }

    /// What is kept of fetched bodies, of all streams: how many, and their bytes on the disk.
    public RawStatus raw() {
        StreamEngines ready = engines;
        return ready == null ? new RawStatus(0, 0) : ready.archive().status();
    }

    /// What is kept of fetched bodies.
    ///
    /// @param bytes on the disk, packed
    public record RawStatus(long bodies, long bytes) {}

    /// What the plane does while there are no engines.
    private StreamStatus.Phase waiting() {
        return StreamStatus.Phase.atRest(failure.isEmpty() || stillness.isHad(), ran);
    }

    /// What the plane is doing as a whole: the phase of the stream that is worst off.
    public StreamStatus.Phase phase() {
        StreamEngines ready = engines;
        if (ready == null) {
            return waiting();
        }
        try {
            return StreamStatus.Phase.worst(ready.phases().values());
        } catch (RuntimeException ended) {
            if (ready != engines) {
                return waiting();
            }
            throw ended;
        }
    }

    /// The views of its streams.
    public StreamViews views() {
        return views;
    }

    /// Why the plane does not run, empty where it does or is about to.
    public Optional<String> failure() {
        return failure.isEmpty() ? Optional.empty() : Optional.of(failure);
    }

    /// Whether the engines are up.
    public boolean isReady() {
        return engines != null;
    }

    private StreamEngines ready() {
        StreamEngines ready = engines;
        if (ready == null) {
            throw new ProblemException(
                    Problem.UNAVAILABLE,
                    failure.isEmpty() ? "the streams plane is starting" : "the streams plane does not run: " + failure);
        }
        return ready;
    }

    @Override
    public void close() {
        closing = true;
        end.countDown();
        try {
            starter.join();
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        pushing.close();
        stillness.change(() -> end(engines, false));
        if (http != null) {
            http.close();
        }
    }
}
