package com.databroker.streams;

import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The hot store in this process: Lucene indexes in a folder.
///
/// ```
///   <folder>/<stream>/2026-11-28/             what arrived on that day (UTC)
///   <folder>/<stream>/2026-11-27.broken/      a folder set aside, gone when its day is past the retention
/// ```
///
/// One folder is open once, in one process.
final class LuceneHotStore implements HotStore {
    private static final Logger LOG = LoggerFactory.getLogger(LuceneHotStore.class);

    /// What the filters of ids may take of memory: enough for 30 million records.
    private static final long IDS_BYTES_MAX = 64L << 20;

    private static final long CLOSE_SECONDS = 60;
    private static final long PAUSE_MILLIS_MAX = 1000;

    private final HotConfig config;
    private final InstantSource clock;
    private final AtomicLong memory = new AtomicLong(IDS_BYTES_MAX);
    private final Map<String, LuceneStream> streams = new ConcurrentHashMap<>();
    private final List<Consumer<HotVisible>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean refreshing = new AtomicBoolean();
    private final ScheduledThreadPoolExecutor refresher;
    private final ExecutorService commits;
    private final ExecutorService counting;
    private volatile long tookMillis;
    private volatile boolean closed;

    LuceneHotStore(HotConfig config, InstantSource clock) throws IOException {
        this.config = config;
        this.clock = clock;
        Files.createDirectories(config.folder());
        refresher = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("hot-refresh").factory());
        refresher.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        commits = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("hot-commit-", 0).factory());
        // Beside the one that asks.
        counting = Executors.newFixedThreadPool(
                Math.max(1, Runtime.getRuntime().availableProcessors() - 1),
                Thread.ofPlatform().daemon().name("hot-count-", 0).factory());
    }

    private LuceneStream stream(Source source) throws IOException {
        LuceneStream stream = streams.get(source.name());
        if (stream == null) {
            synchronized (streams) {
                if (closed) {
                    throw new IOException("the hot store is closed");
                }
                stream = streams.get(source.name());
                if (stream == null) {
                    stream = new LuceneStream(source.name(), source.schema(), config, clock, memory, commits);
                    streams.put(source.name(), stream);
                }
            }
        }
        return stream;
    }

    @Override
    public void put(Source source, Arrival arrival) throws IOException {
        stream(source).put(arrival);
        // One who reads is cheaper than one who writes, in what all threads share.
        if (!refreshing.get() && refreshing.compareAndSet(false, true)) {
            try {
                refresher.schedule(this::refresh, pauseMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException closing) {
                LOG.atDebug().log("the hot store closes before the last records are visible");
            }
        }
    }

    /// Under load what is made visible comes in larger pieces, of which there is less to merge: making
    /// it visible takes a tenth of the time at most, as long as nobody waits longer than a second for
    /// it.
    private long pauseMillis() {
        long least = config.refresh().toMillis();
        return Math.clamp(9 * tookMillis, least, Math.max(least, PAUSE_MILLIS_MAX));
    }

    /// Nothing more is scheduled here: while nothing is put, nothing runs.
    private void refresh() {
        refreshing.set(false);
        long begin = clock.millis();
        for (LuceneStream stream : streams.values()) {
            HotVisible news = stream.visible().take();
            if (stream.isThinned() || news != null) {
                stream.refresh();
            }
            if (news != null) {
                listeners.forEach(listener -> tell(listener, news));
            }
        }
        tookMillis = Math.clamp(clock.millis() - begin, 0, PAUSE_MILLIS_MAX);
    }

    private static void tell(Consumer<HotVisible> listener, HotVisible news) {
        try {
            listener.accept(news);
        } catch (RuntimeException failed) {
            LOG.atError().addKeyValue("stream", news.stream()).setCause(failed).log("a listener failed");
        }
    }

    /// Its documents are made and packed in a put; an interrupt would close its files under everybody.
    @Override
    public boolean isWork() {
        return true;
    }

    @Override
    public void flush(Source source) throws IOException {
        stream(source).flush();
    }

    @Override
    public long life(Source source) {
        LuceneStream stream = streams.get(source.name());
        return stream == null ? 0 : stream.life();
    }

    @Override
    public StreamQuery.Answer search(Source source, StreamQuery query) throws IOException {
        LuceneStream stream = stream(source);
        LuceneSearch search = new LuceneSearch(stream.fields(), query);
        LuceneSearch.Running how = new LuceneSearch.Running(clock, config.timeout(), counting);
        StreamQuery.Answer answer = stream.read((reader, earliest) -> search.answer(reader, earliest, how));
        String missing = stream.damage().missing();
        return missing == null ? answer : answer.partly(missing);
    }

    @Override
    public long since(Source source) throws IOException {
        return stream(source).cutoff();
    }

    @Override
    public long count(Source source, StreamQuery query) throws IOException {
        LuceneStream stream = stream(source);
        return stream.read(new LuceneSearch(stream.fields(), query)::count);
    }

    @Override
    public HotRange.Seen days(Source source, HotRange range, String field, HotRange.Visitor to) throws IOException {
        LuceneDays days = new LuceneDays(range, to, clock, config.timeout());
        return seen(stream(source), (reader, earliest) -> days.count(reader, earliest, field));
    }

    @Override
    public HotRange.Seen each(Source source, HotRange range, HotRange.Visitor to) throws IOException {
        return seen(stream(source), new LuceneDays(range, to, clock, config.timeout())::each);
    }

    private static HotRange.Seen seen(LuceneStream stream, LuceneStream.Reading<HotRange.Seen> reading)
            throws IOException {
        HotRange.Seen seen = stream.read(reading);
        String missing = stream.damage().missing();
        return missing == null ? seen : new HotRange.Seen(seen.since(), missing);
    }

    @Override
    public void expire() throws IOException {
        for (LuceneStream stream : streams.values()) {
            stream.expire();
        }
        boolean more = true;
        while (more && bytes() > config.bytesMax()) {
            Optional<LuceneStream> fullest = fullest();
            // Of today only a part goes, and no more of it before the next call: merges have to free its room.
            more = fullest.isPresent() && fullest.get().dropOldest();
        }
    }

    /// Whose oldest day goes first: the oldest of all, of several the stream that takes most.
    private Optional<LuceneStream> fullest() throws IOException {
        Optional<LuceneStream> fullest = Optional.empty();
        LocalDate oldest = LocalDate.MAX;
        long most = 0;
        for (LuceneStream stream : streams.values()) {
            LocalDate day = stream.oldestDay();
            long bytes = stream.bytes();
            if (day != null && (day.isBefore(oldest) || (day.equals(oldest) && bytes > most))) {
                fullest = Optional.of(stream);
                oldest = day;
                most = bytes;
            }
        }
        return fullest;
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (LuceneStream stream : streams.values()) {
            bytes += stream.bytes();
        }
        return bytes;
    }

    @Override
    public List<HotStatus> status() throws IOException {
        List<HotStatus> all = new ArrayList<>();
        for (LuceneStream stream : streams.values()) {
            all.add(stream.status());
        }
        all.sort(Comparator.comparing(HotStatus::stream));
        return all;
    }

    @Override
    public void visible(Consumer<HotVisible> listener) {
        listeners.add(listener);
    }

    @Override
    public void delete(Source source) throws IOException {
        synchronized (streams) {
            LuceneStream stream = stream(source);
            streams.remove(source.name());
            stream.delete();
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (streams) {
            closed = true;
            IOException failure = ended();
            for (LuceneStream stream : streams.values()) {
                try {
                    stream.close();
                } catch (IOException failed) {
                    failure = failed;
                }
            }
            streams.clear();
            if (failure != null) {
                throw failure;
            }
        }
    }

    /// Waits for what still runs, without an interrupt, which would close files under it.
    private @Nullable IOException ended() {
        refresher.shutdown();
        commits.shutdown();
        counting.shutdown();
        try {
            if (refresher.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)
                    && commits.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                return null;
            }
            return new IOException("the hot store was closed while it still wrote");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return new IOException("interrupted while the hot store closes", interrupted);
        }
    }
}
