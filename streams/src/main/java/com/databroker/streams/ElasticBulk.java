package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Records and removals on their way to Elasticsearch, until each of them is answered for.
///
/// What the cluster has no room for at the moment stays, and goes with the next [#send]; what is safe does not go
/// again. Since every record has an id of its own, one that goes twice is there once. Not for more than one thread.
final class ElasticBulk {
    private static final String PATH = "/_bulk?filter_path=errors,items.*.status,items.*.error";
    private static final int OK_MAX = 299;

    /// So much goes at once, unless one record is larger.
    static final int BYTES_MAX = 5 << 20;

    private final ElasticClient client;
    private final ElasticConfig config;
    private List<Step> open = new ArrayList<>();
    private int stepsMax = Integer.MAX_VALUE;
    private @Nullable ElasticException trouble;

    /// Makes the form of a record that can always be kept.
    interface Plain {
        Bytes document();
    }

    /// @param document null to remove
    /// @param plain null where it is that form already
    private record Step(
            String index,
            String id,
            @Nullable Bytes document,
            @Nullable Plain plain) {
        int size() {
            return document == null ? 0 : document.length();
        }
    }

    ElasticBulk(ElasticClient client, ElasticConfig config) {
        this.client = client;
        this.config = config;
    }

    void put(String index, String id, Bytes document, Plain plain) {
        open.add(new Step(index, id, document, plain));
    }

    void remove(String index, String id) {
        open.add(new Step(index, id, null, null));
    }

    boolean isDone() {
        return open.isEmpty();
    }

    /// Why what is left could not be kept for now.
    IOException trouble() {
        return trouble == null ? new IOException("Elasticsearch took a part of the records only") : trouble;
    }

    /// Sends what is open.
    ///
    /// @throws ElasticException where a record will never be kept, or nothing at the moment
    /// @throws IOException where no answer came: it may have been kept, or not
    void send() throws IOException {
        List<Step> left = new ArrayList<>();
        int from = 0;
        while (from < open.size()) {
            int to = end(from);
            List<Step> part = open.subList(from, to);
            ElasticClient.Answer answer =
                    client.send("POST", PATH, ElasticClient.LINES, lines(part), config.patience());
            if (answer.status() == ElasticException.TOO_LARGE && part.size() > 1) {
                // Somebody on the way takes less than usual.
                stepsMax = (part.size() + 1) / 2;
                continue;
            }
            judge(part, answer.tree(), left);
            from = to;
        }
        open = left;
    }

    private int end(int from) {
        long bytes = 0;
        int to = from;
        while (to < open.size() && to - from < stepsMax) {
            bytes += open.get(to).size();
            if (bytes > BYTES_MAX && to > from) {
                break;
            }
            to++;
        }
        return to;
    }

    private static Bytes lines(List<Step> part) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
        for (Step step : part) {
            Bytes action = Json.bytes(json -> {
                json.writeStartObject();
                json.writeName(step.document == null ? "delete" : "index");
                json.writeStartObject();
                json.writeStringProperty("_index", step.index);
                json.writeStringProperty("_id", step.id);
                json.writeEndObject();
                json.writeEndObject();
            });
            out.writeBytes(action.toArray());
            out.write('\n');
            if (step.document != null) {
                out.writeBytes(step.document.toArray());
                out.write('\n');
            }
        }
        return Bytes.wrap(out.toByteArray());
    }

    private void judge(List<Step> part, Map<String, @Nullable Object> answer, List<Step> left) throws IOException {
        if (Boolean.FALSE.equals(answer.get("errors"))) {
            return;
        }
        List<?> items = ElasticJson.list(answer.get("items"));
        if (items.size() != part.size()) {
            throw new IOException("Elasticsearch answers for " + items.size() + " of " + part.size() + " records");
        }
        for (int i = 0; i < items.size(); i++) {
            Map<String, @Nullable Object> item = ElasticJson.object(items.get(i));
            Map<String, @Nullable Object> said =
                    ElasticJson.object(item.values().iterator().next());
            Step again = again(part.get(i), (int) ElasticJson.number(said.get("status")), said);
            if (again != null) {
                left.add(again);
            }
        }
    }

    /// What has to be sent again, null where that is done.
    private @Nullable Step again(Step step, int status, Map<String, @Nullable Object> said) throws ElasticException {
        if (status <= OK_MAX || (step.document == null && status == ElasticException.UNKNOWN)) {
            return null;
        }
        ElasticException refused = ElasticException.of(status, said);
        if (ElasticException.isPassing(status) || status == ElasticException.UNKNOWN) {
            trouble = refused;
            return step;
        }
        if (status == ElasticException.BAD && step.plain != null) {
            trouble = refused;
            return new Step(step.index, step.id, step.plain.document(), null);
        }
        throw refused;
    }

    /// Whether an index was missing, so that it has to be made.
    boolean lacksIndex() {
        return trouble != null && trouble.status() == ElasticException.UNKNOWN;
    }
}
