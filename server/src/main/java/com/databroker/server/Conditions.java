package com.databroker.server;

import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.Precondition;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The conditions of a request, in their order (RFC 9110, 13.2.2).
///
/// ```text
/// 1  If-Match                                     no: 412
/// 2  without it: If-Unmodified-Since              no: 412
/// 3  If-None-Match                                no: 304 to GET and HEAD, else 412
/// 4  GET and HEAD without it: If-Modified-Since   no: 304
/// 5  GET with Range: If-Range                     no: the whole file
/// ```
final class Conditions {
    private Conditions() {}

    /// Conditions 1 to 3, which are judged where the change is made.
    ///
    /// @throws ProblemException [com.databroker.core.Problem#BAD_REQUEST] for what are no entity tags
    static Precondition of(HttpServerRequest request) {
        List<String> match = EntityTags.of(request, "If-Match", false);
        List<String> noneMatch = EntityTags.of(request, "If-None-Match", true);
        Instant unmodified = date(request, "If-Unmodified-Since");
        return match == null && noneMatch == null && unmodified == null
                ? Precondition.NONE
                : new Precondition(match, noneMatch, unmodified);
    }

    /// Conditions 1 to 4 of a reader: whether it has this version already.
    ///
    /// @throws ProblemException [com.databroker.core.Problem#PRECONDITION_FAILED] where it wants another
    static boolean isKnown(HttpServerRequest request, FileEntry file) {
        Precondition asked = of(request);
        asked.checkUnchanged(file);
        if (asked.ifNoneMatch() != null) {
            return asked.isExcluded(file);
        }
        Instant since = date(request, "If-Modified-Since");
        return since != null && !seconds(file.modified()).isAfter(since);
    }

    /// Condition 5: whether a range is wanted of this version, or the whole file of any other.
    static boolean rangeApplies(HttpServerRequest request, FileEntry file) {
        List<String> lines = request.headers().getAll("If-Range");
        if (lines.isEmpty()) {
            return true;
        }
        String condition = lines.size() == 1 ? lines.getFirst().strip() : "";
        return condition.equals("\"" + file.etag() + "\"")
                || seconds(file.modified()).equals(HttpDate.parse(condition));
    }

    /// Null where there is none, or none that can be read, or several: such a condition is as if it were not there.
    private static @Nullable Instant date(HttpServerRequest request, String header) {
        List<String> lines = request.headers().getAll(header);
        return lines.size() == 1 ? HttpDate.parse(lines.getFirst().strip()) : null;
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }
}
