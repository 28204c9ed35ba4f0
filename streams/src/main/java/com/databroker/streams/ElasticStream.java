package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is put into one stream, on its way to Elasticsearch.
///
/// Records gather until there are enough, or for a moment; whoever puts the last of them sends. One request is under
/// way at a time, so that of two records of the same id the last one wins; others wait for it when they have
/// gathered as much again, which holds the job back while the cluster is slow or away. An id lies in the index of one
/// day only: before a record goes, it is looked for in those of the other days.
final class ElasticStream {
    private static final Logger LOG = LoggerFactory.getLogger(ElasticStream.class);
    private static final long DAY_MICROS = 86_400_000_000L;
    private static final int RECORDS_MAX = 1000;
    private static final long PAUSE_MILLIS = 100;
    private static final long PAUSE_MILLIS_MAX = 5000;

    private final String name;
    private final ElasticForm form;
    private final ElasticIndexes indexes;
    private final ElasticClient client;
    private final ElasticConfig config;
    private final InstantSource clock;
    private final CountDownLatch closing;
    private final HotNews news;
    private final LongAdder tooOld = new LongAdder();
    private final AtomicLong life = new AtomicLong();

    /// Held by whoever sends, before the monitor of [#waiting].
    private final ReentrantLock sending = new ReentrantLock();

    /// By id, in the order in which they came; its monitor guards it and [#bytes].
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    private long bytes;

    /// The days that were put into since they were last made findable, with the number of the last batch; guarded by
    /// itself.
    private final Map<LocalDate, Long> unseen = new HashMap<>();

    private long batches;

    /// @param arrived as the store counts it
    private record Waiting(Arrival arrival, long arrived, LocalDate day, Bytes document) {}

    /// @param closing opens when the store is closed
    ElasticStream(
            Source source, ElasticClient client, ElasticConfig config, InstantSource clock, CountDownLatch closing) {
        name = source.name();
        this.client = client;
        this.config = config;
        this.clock = clock;
        this.closing = closing;
        form = new ElasticForm(source.schema());
        indexes = new ElasticIndexes(client, config, name, form);
        news = new HotNews(name);
    }

    String name() {
        return name;
    }

    ElasticForm form() {
        return form;
    }

    ElasticIndexes indexes() {
        return indexes;
    }

    HotNews news() {
        return news;
    }

    long life() {
        return life.get();
    }

    long tooOld() {
        return tooOld.sum();
    }

    /// What arrived before is neither found nor kept.
    long cutoff() {
        return Math.max(indexes.floor(), Arrival.micros(clock.instant().minus(config.retention())));
    }

    void put(Arrival arrival) throws IOException {
        if (arrival.arrived() < cutoff()) {
            tooOld.increment();
            return;
        }
        // What claims to come from the future would never go.
        long arrived = Math.min(arrival.arrived(), Arrival.micros(clock.instant()) + DAY_MICROS);
        Waiting one = new Waiting(
                arrival,
                arrived,
                LocalDate.ofEpochDay(Math.floorDiv(arrived, DAY_MICROS)),
                form.document(arrival, arrived));
        boolean full;
        synchronized (waiting) {
            Waiting before = waiting.remove(arrival.id());
            bytes += one.document.length() - (before == null ? 0 : before.document.length());
            waiting.put(arrival.id(), one);
            full = waiting.size() >= RECORDS_MAX || bytes >= ElasticBulk.BYTES_MAX;
        }
        if (full) {
            flush();
        }
    }

    boolean isWaiting() {
        synchronized (waiting) {
            return !waiting.isEmpty();
        }
    }

    /// Sends what waits, and returns when it is safe, and so is what was sent before.
    void flush() throws IOException {
        try {
            sending.lockInterruptibly();
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while records are made safe");
        }
        try {
            Map<String, Waiting> batch;
            synchronized (waiting) {
                batch = new LinkedHashMap<>(waiting);
                waiting.clear();
                bytes = 0;
            }
            if (!batch.isEmpty()) {
                send(batch);
            }
        } finally {
            sending.unlock();
        }
    }

    private void send(Map<String, Waiting> batch) throws IOException {
        boolean safe = false;
        try {
            ElasticBulk bulk = null;
            Instant begin = clock.instant();
            long pause = PAUSE_MILLIS;
            long paused = 0;
            while (bulk == null || !bulk.isDone()) {
                IOException trouble;
                try {
                    bulk = bulk == null ? located(batch) : bulk;
                    bulk.send();
                    trouble = bulk.trouble();
                    if (bulk.lacksIndex()) {
                        indexes.forget();
                        ensure(batch);
                    }
                } catch (ElasticException refused) {
                    if (!refused.isPassing()) {
                        throw refused;
                    }
                    trouble = refused;
                } catch (InterruptedIOException end) {
                    throw end;
                } catch (IOException away) {
                    trouble = away;
                }
                if (bulk == null || !bulk.isDone()) {
                    // Requests take their time, too.
                    long spent = Duration.between(begin, clock.instant()).toMillis();
                    pause(pause, Math.max(paused, spent), trouble);
                    paused += pause;
                    pause = Math.min(2 * pause, PAUSE_MILLIS_MAX);
                }
            }
            batch.values().forEach(one -> news.add(one.arrival.id(), one.arrived));
            safe = true;
        } finally {
            if (!safe) {
                life.incrementAndGet();
            }
            synchronized (unseen) {
                batches++;
                batch.values().forEach(one -> unseen.put(one.day, batches));
            }
        }
    }

    /// Before the next attempt.
    private void pause(long millis, long spent, IOException trouble) throws IOException {
        if (spent + millis > config.patience().toMillis()) {
            throw new IOException("records of " + name + " cannot be kept: " + trouble.getMessage(), trouble);
        }
        if (millis == PAUSE_MILLIS) {
            LOG.atWarn().addKeyValue("stream", name).setCause(trouble).log("Elasticsearch takes no records for now");
        }
        pause(millis);
    }

    /// Before the same is asked again.
    void pause(long millis) throws IOException {
        try {
            if (closing.await(millis, TimeUnit.MILLISECONDS)) {
                throw new IOException("the hot store is closed");
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while Elasticsearch is not ready");
        }
    }

    private Set<LocalDate> ensure(Map<String, Waiting> batch) throws IOException {
        Set<LocalDate> days = new HashSet<>();
        for (Waiting one : batch.values()) {
            if (days.add(one.day)) {
                indexes.ensure(one.day);
            }
        }
        return days;
    }

    /// The batch as it goes, with the removal of records that it replaces in the indexes of other days.
    private ElasticBulk located(Map<String, Waiting> batch) throws IOException {
        Set<LocalDate> days = ensure(batch);
        boolean elsewhere;
        synchronized (unseen) {
            // Only what was made findable is found.
            elsewhere = !unseen.isEmpty() && (days.size() > 1 || !days.containsAll(unseen.keySet()));
        }
        if (elsewhere) {
            refresh();
        }
        ElasticBulk bulk = new ElasticBulk(client, config);
        batch.forEach((id, one) ->
                bulk.put(indexes.name(one.day), id, one.document, () -> form.plain(one.arrival, one.arrived)));
        for (LocalDate day : days) {
            List<String> ids = batch.values().stream()
                    .filter(one -> one.day.equals(day))
                    .map(one -> one.arrival.id())
                    .toList();
            removeOthers(bulk, indexes.name(day), ids);
        }
        return bulk;
    }

    private void removeOthers(ElasticBulk bulk, String index, List<String> ids) throws IOException {
        Bytes query = Json.bytes(json -> {
            json.writeStartObject();
            json.writeNumberProperty("size", StreamQuery.LIMIT_MAX);
            json.writeBooleanProperty(ElasticJson.SOURCE, false);
            json.writeName("query");
            json.writeStartObject();
            json.writeName("bool");
            json.writeStartObject();
            json.writeName("filter");
            json.writeStartObject();
            json.writeName("ids");
            json.writeStartObject();
            json.writeName("values");
            json.writeStartArray();
            ids.forEach(json::writeString);
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
            json.writeName("must_not");
            json.writeStartObject();
            json.writeName("term");
            json.writeStartObject();
            json.writeStringProperty("_index", index);
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
        });
        // Who misses a part of the indexes could leave a record there twice.
        String path = "/" + indexes.alias() + "/_search?ignore_unavailable=true&allow_partial_search_results=false";
        Map<String, @Nullable Object> hits =
                ElasticJson.object(client.ask("POST", path, query).get("hits"));
        for (Object each : ElasticJson.list(hits.get("hits"))) {
            Map<String, @Nullable Object> hit = ElasticJson.object(each);
            bulk.remove(String.valueOf(hit.get("_index")), String.valueOf(hit.get("_id")));
        }
    }

    /// Makes findable what was sent.
    void refresh() throws IOException {
        Map<LocalDate, Long> before;
        synchronized (unseen) {
            before = new HashMap<>(unseen);
        }
        indexes.refresh();
        synchronized (unseen) {
            before.forEach(unseen::remove);
        }
    }

    /// Forgets what there is, and what waits.
    void delete() throws IOException {
        sending.lock();
        try {
            synchronized (waiting) {
                waiting.clear();
                bytes = 0;
            }
            indexes.delete();
        } finally {
            sending.unlock();
        }
    }
}
