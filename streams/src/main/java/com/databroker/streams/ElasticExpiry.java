package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Deletes from Elasticsearch what is past the retention, and what there is no room for.
///
/// A day that is past it as a whole is an index that goes; of the day that is not, the records go hour by hour, by
/// search and removal, which any cluster can do. Where a policy of the cluster deletes, nothing is deleted here but
/// for room.
final class ElasticExpiry {
    private static final long DAY_MICROS = 86_400_000_000L;
    private static final long HOUR_MICROS = DAY_MICROS / 24;
    private static final int PAGE = 5000;

    private final ElasticClient client;
    private final ElasticConfig config;
    private final InstantSource clock;
    private final Map<String, Long> early = new ConcurrentHashMap<>();

    /// Up to there the oldest day of a stream was emptied.
    private final Map<String, Long> emptied = new HashMap<>();

    /// An index, and whose it is.
    private record Held(ElasticStream stream, ElasticIndexes.Index index) {
        /// The oldest day of all goes first; of several the largest.
        static final Comparator<Held> FIRST = Comparator.comparing((Held held) -> held.index.day())
                .thenComparing(held -> held.index.bytes(), Comparator.reverseOrder());
    }

    ElasticExpiry(ElasticClient client, ElasticConfig config, InstantSource clock) {
        this.client = client;
        this.config = config;
        this.clock = clock;
    }

    /// How many days of a stream, or parts of one, went before their time.
    long early(String stream) {
        return early.getOrDefault(stream, 0L);
    }

    synchronized void run(List<ElasticStream> streams) throws IOException {
        for (ElasticStream stream : streams) {
            stream.indexes().prepare();
            if (config.policy().isEmpty()) {
                expire(stream);
            }
        }
        while (isFull(streams)) {
            Optional<Held> first = held(streams).stream().min(Held.FIRST);
            // Of today only a part goes, and no more of it before the next call: merges have to free its room.
            if (first.isEmpty() || !makeRoom(first.get())) {
                return;
            }
        }
    }

    private void expire(ElasticStream stream) throws IOException {
        long cutoff = stream.cutoff();
        for (ElasticIndexes.Index index : stream.indexes().list()) {
            if (Arrival.micros(index.day()) + DAY_MICROS <= cutoff) {
                stream.indexes().drop(index);
            } else if (Arrival.micros(index.day()) < cutoff
                    && cutoff >= emptied.getOrDefault(stream.name(), Long.MIN_VALUE) + HOUR_MICROS) {
                emptied.put(stream.name(), cutoff);
                removeBefore(index, cutoff);
            }
        }
    }

    private static List<Held> held(List<ElasticStream> streams) throws IOException {
        List<Held> all = new ArrayList<>();
        for (ElasticStream stream : streams) {
            stream.indexes().list().forEach(index -> all.add(new Held(stream, index)));
        }
        return all;
    }

    private boolean isFull(List<ElasticStream> streams) throws IOException {
        return held(streams).stream().mapToLong(held -> held.index.bytes()).sum() > config.bytesMax();
    }

    /// The oldest day goes; of today's its oldest quarter. Says whether it was a whole day.
    private boolean makeRoom(Held held) throws IOException {
        early.merge(held.stream.name(), 1L, Long::sum);
        ElasticIndexes indexes = held.stream.indexes();
        LocalDate day = held.index.day();
        long now = Arrival.micros(clock.instant());
        if (Arrival.micros(day) + DAY_MICROS <= now) {
            indexes.raise(Arrival.micros(day.plusDays(1)));
            indexes.drop(held.index);
            return true;
        }
        Long first = new ElasticSearch(held.stream, StreamQuery.of("", 1)).oldest(client);
        if (first != null) {
            long end = first + Math.max(1, (now - first) / 4);
            indexes.raise(end);
            removeBefore(held.index, end);
            client.ask("POST", "/" + held.index.name() + "/_forcemerge?only_expunge_deletes=true", null);
        }
        return false;
    }

    private void removeBefore(ElasticIndexes.Index index, long arrived) throws IOException {
        int found;
        do {
            client.ask("POST", "/" + index.name() + "/_refresh", null);
            List<?> hits = ElasticJson.list(
                    ElasticJson.object(client.ask("POST", "/" + index.name() + "/_search", before(arrived))
                                    .get("hits"))
                            .get("hits"));
            ElasticBulk bulk = new ElasticBulk(client, config);
            for (Object each : hits) {
                Map<String, @Nullable Object> hit = ElasticJson.object(each);
                bulk.remove(index.name(), String.valueOf(hit.get("_id")));
            }
            bulk.send();
            if (!bulk.isDone()) {
                // The next call goes on.
                throw bulk.trouble();
            }
            found = hits.size();
        } while (found == PAGE);
    }

    private static Bytes before(long arrived) {
        return Json.bytes(json -> {
            json.writeStartObject();
            json.writeNumberProperty("size", PAGE);
            json.writeBooleanProperty(ElasticJson.SOURCE, false);
            json.writeName("query");
            json.writeStartObject();
            json.writeName("range");
            json.writeStartObject();
            json.writeName(ElasticForm.ARRIVED);
            json.writeStartObject();
            json.writeNumberProperty("lt", arrived);
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
        });
    }
}
