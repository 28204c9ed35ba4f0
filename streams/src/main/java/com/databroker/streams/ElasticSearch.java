package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// A query of a stream, asked of its indexes in Elasticsearch. Immutable.
final class ElasticSearch {
    /// Of the values of a facet each part of the index names as many as its most frequent ones.
    private static final int VALUES_OF_EACH_PART = 20_000;

    private static final int TOTAL_EXACT_MAX = 10_000;
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final long PAUSE_MILLIS = 100;
    private static final long PAUSE_MILLIS_MAX = 1600;
    private static final String VALUES = "values";
    private static final String STEPS = "steps";

    private final ElasticStream stream;
    private final StreamQuery query;
    private final org.apache.lucene.search.Query compiled;
    private final FieldType.@Nullable Scalar facetType;
    private final long step;

    /// @throws com.databroker.core.ProblemException where the query is wrong
    ElasticSearch(ElasticStream stream, StreamQuery query) {
        this.stream = stream;
        this.query = query;
        LuceneFields fields = stream.form().fields();
        compiled = StreamQueryCompiler.compile(fields, query.q()).query();
        facetType = query.facet() == null
                ? null
                : LuceneSearch.facetType(fields, query.facet().field());
        step = query.histogram() == null ? 0 : query.histogram().toNanos() / 1000;
    }

    long count(ElasticClient client) throws IOException {
        Map<String, @Nullable Object> answer = ask(client, body(0, stream.cutoff(), true));
        return ElasticJson.number(total(answer).get("value"));
    }

    /// When the first arrived that can be found, null where there is none.
    @Nullable
    Long oldest(ElasticClient client) throws IOException {
        Bytes body = Json.bytes(json -> {
            json.writeStartObject();
            json.writeNumberProperty("size", 1);
            writeQuery(json, stream.cutoff());
            json.writeName("sort");
            json.writeStartArray();
            sort(json, ElasticForm.ARRIVED, "asc");
            json.writeEndArray();
            json.writeEndObject();
        });
        List<?> hits = hits(ask(client, body));
        return hits.isEmpty()
                ? null
                : (Long) ElasticForm.kept(document(hits.getFirst())).arrived();
    }

    StreamQuery.Answer answer(ElasticClient client) throws IOException {
        long since = stream.cutoff();
        boolean all = query.facet() != null || query.histogram() != null;
        // One more tells whether there are more.
        Map<String, @Nullable Object> answer = ask(client, body(query.limit() + 1, since, all));
        List<StreamQuery.Hit> hits = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        List<?> found = hits(answer);
        for (Object each : found.subList(0, Math.min(found.size(), query.limit()))) {
            StreamQuery.Hit hit = hit(each);
            // While it moves to the index of another day it may be seen in both.
            if (ids.add(hit.id())) {
                hits.add(hit);
            }
        }
        Map<String, @Nullable Object> total = total(answer);
        String partial = partial(answer);
        boolean more = found.size() > query.limit();
        return new StreamQuery.Answer(
                hits,
                ElasticJson.number(total.get("value")),
                "eq".equals(total.get("relation")) && partial == null,
                partial,
                more && !hits.isEmpty() ? hits.getLast().cursor() : null,
                values(answer),
                steps(answer),
                since);
    }

    private Map<String, @Nullable Object> ask(ElasticClient client, Bytes body) throws IOException {
        String path = "/" + stream.indexes().alias() + "/_search?ignore_unavailable=true";
        ElasticClient.Answer answer = send(client, path, body);
        // A part of an index that was made just now, or that moves, answers in a moment.
        for (long pause = PAUSE_MILLIS;
                answer.status() == ElasticException.UNREADY && pause <= PAUSE_MILLIS_MAX;
                pause *= 2) {
            stream.pause(pause);
            answer = send(client, path, body);
        }
        if (answer.status() == ElasticException.BAD) {
            // It is well-formed: what its limits do not allow is the asker's to change.
            throw StreamQuery.wrong("this asks for more than Elasticsearch allows: "
                    + answer.failure().getMessage());
        }
        return answer.tree();
    }

    private static ElasticClient.Answer send(ElasticClient client, String path, Bytes body) throws IOException {
        return client.send("POST", path, ElasticClient.JSON, body, HotConfig.TIMEOUT.plus(GRACE));
    }

    private Bytes body(int size, long since, boolean exact) {
        return Json.bytes(json -> {
            json.writeStartObject();
            json.writeNumberProperty("size", size);
            writeQuery(json, since);
            if (exact) {
                json.writeBooleanProperty("track_total_hits", true);
            } else {
                json.writeNumberProperty("track_total_hits", TOTAL_EXACT_MAX);
            }
            if (size > 0) {
                json.writeStringProperty("timeout", HotConfig.TIMEOUT.toMillis() + "ms");
                json.writeName("sort");
                json.writeStartArray();
                sort(json, ElasticForm.TIME, "desc");
                sort(json, LuceneFields.ID, "asc");
                json.writeEndArray();
                StreamQuery.Cursor after = query.after();
                if (after != null) {
                    json.writeName("search_after");
                    json.writeStartArray();
                    json.writeNumber(after.time());
                    json.writeString(after.id());
                    json.writeEndArray();
                }
                counts(json);
            }
            json.writeEndObject();
        });
    }

    private static void sort(JsonGenerator json, String field, String order) {
        json.writeStartObject();
        json.writeStringProperty(field, order);
        json.writeEndObject();
    }

    private void writeQuery(JsonGenerator json, long since) {
        ElasticQuery form = new ElasticQuery(stream.form(), json);
        json.writeName("query");
        json.writeStartObject();
        json.writeName("bool");
        json.writeStartObject();
        json.writeName("filter");
        json.writeStartArray();
        form.write(compiled);
        form.longs(ElasticForm.ARRIVED, since, Long.MAX_VALUE);
        if (query.from() != null || query.to() != null) {
            form.longs(
                    ElasticForm.TIME,
                    query.from() == null ? Long.MIN_VALUE : Arrival.micros(query.from()),
                    query.to() == null ? Long.MAX_VALUE : Arrival.micros(query.to()) - 1);
        }
        json.writeEndArray();
        json.writeEndObject();
        json.writeEndObject();
    }

    private void counts(JsonGenerator json) {
        StreamQuery.Facet facet = query.facet();
        if (facet == null && step == 0) {
            return;
        }
        json.writeName("aggs");
        json.writeStartObject();
        if (facet != null) {
            json.writeName(VALUES);
            json.writeStartObject();
            json.writeName("terms");
            json.writeStartObject();
            json.writeStringProperty("field", stream.form().place(facet.field()));
            json.writeNumberProperty("size", facet.top());
            json.writeNumberProperty("shard_size", VALUES_OF_EACH_PART);
            json.writeEndObject();
            json.writeEndObject();
        }
        if (step != 0) {
            json.writeName(STEPS);
            json.writeStartObject();
            json.writeName("histogram");
            json.writeStartObject();
            json.writeStringProperty("field", ElasticForm.TIME);
            json.writeNumberProperty("interval", step);
            json.writeNumberProperty("min_doc_count", 1);
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static Map<String, @Nullable Object> total(Map<String, @Nullable Object> answer) throws IOException {
        return ElasticJson.object(ElasticJson.object(answer.get("hits")).get("total"));
    }

    private static List<?> hits(Map<String, @Nullable Object> answer) throws IOException {
        return ElasticJson.list(ElasticJson.object(answer.get("hits")).get("hits"));
    }

    private static Bytes document(@Nullable Object hit) throws IOException {
        if (ElasticJson.object(hit).get(ElasticJson.SOURCE) instanceof Bytes bytes) {
            return bytes;
        }
        throw new IOException("Elasticsearch does not give what it keeps: _source is missing");
    }

    private static StreamQuery.Hit hit(@Nullable Object hit) throws IOException {
        List<?> place = ElasticJson.list(ElasticJson.object(hit).get("sort"));
        ElasticForm.Kept kept = ElasticForm.kept(document(hit));
        return new StreamQuery.Hit(
                String.valueOf(place.getLast()), ElasticJson.number(place.getFirst()), kept.arrived(), kept.json());
    }

    /// Why the answer may lack something, null where it does not.
    private @Nullable String partial(Map<String, @Nullable Object> answer) throws IOException {
        List<String> all = new ArrayList<>();
        if (Boolean.TRUE.equals(answer.get("timed_out"))) {
            all.add("the search took longer than " + HotConfig.TIMEOUT.toMillis() + " ms and was ended: ask for less");
        }
        Map<String, @Nullable Object> shards = ElasticJson.object(answer.get("_shards"));
        long failed = ElasticJson.number(shards.get("failed"));
        if (failed > 0) {
            all.add(failed + " of " + shards.get("total") + " parts of the index did not answer");
        }
        Object error = group(answer, VALUES).get("doc_count_error_upper_bound");
        if (error instanceof Number off && off.longValue() > 0) {
            all.add("there are so many values that each count may be up to " + off + " too low");
        }
        return all.isEmpty() ? null : String.join("; ", all);
    }

    private static Map<String, @Nullable Object> group(Map<String, @Nullable Object> answer, String name)
            throws IOException {
        Object groups = answer.get("aggregations");
        Object group = groups == null ? null : ElasticJson.object(groups).get(name);
        return group == null ? Map.of() : ElasticJson.object(group);
    }

    private static List<?> buckets(Map<String, @Nullable Object> answer, String name) throws IOException {
        Object buckets = group(answer, name).get("buckets");
        return buckets == null ? List.of() : ElasticJson.list(buckets);
    }

    private List<StreamQuery.Count> values(Map<String, @Nullable Object> answer) throws IOException {
        List<StreamQuery.Count> values = new ArrayList<>();
        for (Object each : buckets(answer, VALUES)) {
            Map<String, @Nullable Object> bucket = ElasticJson.object(each);
            values.add(new StreamQuery.Count(label(bucket), ElasticJson.number(bucket.get("doc_count"))));
        }
        values.sort(LuceneFacets.ORDER);
        return values;
    }

    private String label(Map<String, @Nullable Object> bucket) throws IOException {
        return switch (java.util.Objects.requireNonNull(facetType)) {
            case BOOL -> String.valueOf(bucket.get("key_as_string"));
            case INT, LONG, TIME, DOUBLE -> LuceneFields.label(facetType, ElasticJson.number(bucket.get("key")));
            case KEYWORD, TEXT, JSON -> String.valueOf(bucket.get("key"));
        };
    }

    private List<StreamQuery.Step> steps(Map<String, @Nullable Object> answer) throws IOException {
        List<?> buckets = buckets(answer, STEPS);
        if (buckets.size() > StreamQuery.STEPS_MAX) {
            throw LuceneFacets.tooMany(StreamQuery.STEPS_MAX, LuceneFacets.STEPS);
        }
        List<StreamQuery.Step> steps = new ArrayList<>();
        for (Object each : buckets) {
            Map<String, @Nullable Object> bucket = ElasticJson.object(each);
            steps.add(new StreamQuery.Step(
                    Arrival.instant(ElasticJson.number(bucket.get("key"))),
                    ElasticJson.number(bucket.get("doc_count"))));
        }
        return steps;
    }
}
