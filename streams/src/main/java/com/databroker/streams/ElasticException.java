package com.databroker.streams;

import com.databroker.core.Text;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Elasticsearch answered, and refused.
final class ElasticException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int TOO_MANY = 429;
    private static final int SERVER = 500;
    private static final int PART = 80;
    private static final int REASON_MAX = 4 * PART;

    static final int BAD = 400;
    static final int UNKNOWN = 404;
    static final int TOO_LARGE = 413;
    static final int UNREADY = 503;

    private final int status;
    private final String type;

    private ElasticException(int status, String type, String what) {
        super("Elasticsearch answers with " + status + ": " + what);
        this.status = status;
        this.type = type;
    }

    /// @param error what its answer, or the part about one record, says of it
    static ElasticException of(int status, @Nullable Object error) {
        Object said = error instanceof Map<?, ?> map && map.get("error") != null ? map.get("error") : error;
        if (said instanceof Map<?, ?> map) {
            String type = String.valueOf(map.get("type"));
            Object cause = deepest(map).get("reason");
            return new ElasticException(status, type, type + ", " + excerpt(String.valueOf(cause)));
        }
        return new ElasticException(status, "", said == null ? "no reason is given" : excerpt(said.toString()));
    }

    /// Its reasons are longer than others: what is to be changed often stands at their end.
    private static String excerpt(String reason) {
        StringBuilder parts = new StringBuilder();
        for (int from = 0; from < Math.min(reason.length(), REASON_MAX); from += PART) {
            parts.append(Text.excerpt(reason.substring(from, Math.min(reason.length(), from + PART))));
        }
        return parts.append(reason.length() > REASON_MAX ? "…" : "").toString();
    }

    /// Its own reasons are of the kind "all shards failed"; what is the matter stands below.
    private static Map<?, ?> deepest(Map<?, ?> error) {
        Map<?, ?> at = error;
        if (at.get("root_cause") instanceof java.util.List<?> causes
                && !causes.isEmpty()
                && causes.getFirst() instanceof Map<?, ?> root
                && root.get("reason") != null) {
            at = root;
        }
        while (at.get("caused_by") instanceof Map<?, ?> cause && cause.get("reason") != null) {
            at = cause;
        }
        return at;
    }

    int status() {
        return status;
    }

    /// Its own name of what is wrong: `mapper_parsing_exception`.
    String type() {
        return type;
    }

    /// Whether the same may succeed in a moment.
    static boolean isPassing(int status) {
        return status == TOO_MANY || status >= SERVER;
    }

    boolean isPassing() {
        return isPassing(status);
    }
}
