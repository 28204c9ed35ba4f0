package com.databroker.streams;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The hot store in a cluster of Elasticsearch: an index for each stream and day, see [ElasticIndexes], [ElasticForm].
///
/// It is open in any number of processes. Those of a job put; the broker's own searches, and deletes what is old. The
/// cluster may go away and come back: whoever puts waits for it up to [ElasticConfig#patience] and then tells the job,
/// which begins again at its last checkpoint; whoever searches is told at once.
final class ElasticHotStore implements HotStore {
    private static final Logger LOG = LoggerFactory.getLogger(ElasticHotStore.class);
    private static final long CLOSE_SECONDS = 30;

    private final ElasticConfig config;
    private final InstantSource clock;
    private final ElasticClient client;
    private final Map<String, Turn> streams = new ConcurrentHashMap<>();
    private final List<Consumer<HotVisible>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ScheduledThreadPoolExecutor timer;
    private final ExecutorService senders;
    private final ElasticExpiry expiry;

    /// A stream, and whether its records are about to be sent and made findable.
    private static final class Turn {
        private final ElasticStream stream;
        private final AtomicBoolean scheduled = new AtomicBoolean();

        Turn(ElasticStream stream) {
            this.stream = stream;
        }
    }

    /// Asks nothing of the cluster yet.
    ///
    /// @param sources whose old records go and whose status is told, also when nobody puts here
    /// @throws IOException where the certificates cannot be read
    ElasticHotStore(ElasticConfig config, List<Source> sources, InstantSource clock) throws IOException {
        this.config = config;
        this.clock = clock;
        client = new ElasticClient(config);
        expiry = new ElasticExpiry(client, config, clock);
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("hot-timer").factory());
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        senders = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("hot-sender-", 0).factory());
        sources.forEach(this::turn);
        if (config.tellsEverybody()) {
            LOG.atWarn()
                    .addKeyValue("hosts", config.hosts())
                    .log("Elasticsearch is signed in to without TLS: whoever listens learns how");
        }
    }

    private Turn turn(Source source) {
        return streams.computeIfAbsent(
                source.name(), first -> new Turn(new ElasticStream(source, client, config, clock, closing)));
    }

    private void open() throws IOException {
        if (closing.getCount() == 0) {
            throw new IOException("the hot store is closed");
        }
    }

    @Override
    public void put(Source source, Arrival arrival) throws IOException {
        open();
        Turn turn = turn(source);
        turn.stream.put(arrival);
        schedule(turn);
    }

    private void schedule(Turn turn) {
        // One who reads is cheaper than one who writes, in what all threads share.
        if (!turn.scheduled.get() && turn.scheduled.compareAndSet(false, true)) {
            try {
                timer.schedule(
                        () -> senders.execute(() -> send(turn)),
                        config.refresh().toMillis(),
                        TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException ends) {
                LOG.atDebug().log("the hot store closes before the last records are findable");
            }
        }
    }

    private void send(Turn turn) {
        boolean again = false;
        try {
            again = !sent(turn.stream);
        } finally {
            turn.scheduled.set(false);
            // Who put meanwhile found that somebody comes.
            if (again || turn.stream.isWaiting()) {
                schedule(turn);
            }
        }
    }

    /// Sends what waits, makes it findable, and tells. Says whether all of that is done.
    private boolean sent(ElasticStream stream) {
        try {
            stream.flush();
        } catch (IOException | RuntimeException lost) {
            // The job learns of it at its next checkpoint, by the stream's life.
            LOG.atWarn().setCause(lost).log("records could not be sent");
        }
        HotVisible news = stream.news().take();
        if (news == null) {
            return true;
        }
        try {
            stream.refresh();
        } catch (IOException | RuntimeException notYet) {
            stream.news().back(news);
            LOG.atDebug().setCause(notYet).log("what was put cannot be made findable yet");
            return false;
        }
        listeners.forEach(listener -> tell(listener, news));
        return true;
    }

    private static void tell(Consumer<HotVisible> listener, HotVisible news) {
        try {
            listener.accept(news);
        } catch (RuntimeException failed) {
            LOG.atError().addKeyValue("stream", news.stream()).setCause(failed).log("a listener failed");
        }
    }

    @Override
    public void flush(Source source) throws IOException {
        open();
        turn(source).stream.flush();
    }

    @Override
    public long life(Source source) {
        return turn(source).stream.life();
    }

    /// The stream, with what the cluster remembers of it.
    private ElasticStream known(Source source) throws IOException {
        open();
        ElasticStream stream = turn(source).stream;
        stream.indexes().prepare();
        return stream;
    }

    @Override
    public StreamQuery.Answer search(Source source, StreamQuery query) throws IOException {
        ElasticSearch search = new ElasticSearch(turn(source).stream, query);
        known(source);
        return search.answer(client);
    }

    @Override
    public long count(Source source, StreamQuery query) throws IOException {
        ElasticSearch search = new ElasticSearch(turn(source).stream, query);
        known(source);
        return search.count(client);
    }

    @Override
    public void expire() throws IOException {
        open();
        expiry.run(streams.values().stream().map(turn -> turn.stream).toList());
    }

    @Override
    public List<HotStatus> status() throws IOException {
        open();
        List<HotStatus> all = new ArrayList<>();
        for (Turn turn : streams.values()) {
            all.add(status(turn.stream));
        }
        all.sort(Comparator.comparing(HotStatus::stream));
        return all;
    }

    private HotStatus status(ElasticStream stream) {
        List<String> damage = new ArrayList<>();
        long documents = 0;
        long bytes = 0;
        Instant oldest = null;
        try {
            stream.indexes().prepare();
            for (ElasticIndexes.Index index : stream.indexes().list()) {
                bytes += index.bytes();
                if (index.broken()) {
                    damage.add(index.day() + ": a part of the index is missing in the cluster");
                }
            }
            ElasticSearch everything = new ElasticSearch(stream, StreamQuery.of("", 1));
            documents = everything.count(client);
            Long first = everything.oldest(client);
            oldest = first == null ? null : Arrival.instant(first);
        } catch (IOException away) {
            damage.add(String.valueOf(away.getMessage()));
        }
        return new HotStatus(
                stream.name(), documents, bytes, oldest, stream.tooOld(), expiry.early(stream.name()), damage);
    }

    @Override
    public void visible(Consumer<HotVisible> listener) {
        listeners.add(listener);
    }

    @Override
    public void delete(Source source) throws IOException {
        open();
        turn(source).stream.delete();
    }

    /// Sends what waits, as far as the cluster takes it.
    @Override
    public void close() throws IOException {
        IOException failure = null;
        if (closing.getCount() > 0) {
            timer.shutdown();
            // From now on nobody waits for a cluster that is away.
            closing.countDown();
            for (Turn turn : streams.values()) {
                try {
                    turn.stream.flush();
                } catch (IOException lost) {
                    failure = lost;
                }
            }
            senders.shutdown();
            try {
                if (!senders.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                    failure = new IOException("the hot store was closed while it still sent");
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                failure = new IOException("interrupted while the hot store closes", interrupted);
            }
            client.close();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
