package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What must hold of a file for a change to happen, as HTTP's If-Match and If-None-Match say it.
///
/// @param ifMatch entity tags one of which the file must have, `*` for any; null where nothing was said
/// @param ifNoneMatch entity tags none of which the file may have, `*` for any; null where nothing was said
public record Precondition(
        @Nullable List<String> ifMatch, @Nullable List<String> ifNoneMatch) {
    public static final Precondition NONE = new Precondition(null, null);

    private static final String ANY = "*";

    /// @param etag of the file as it stands, null where there is none
    void check(String path, @Nullable String etag) {
        if (ifMatch != null && !contains(ifMatch, etag)) {
            throw failed(path, etag);
        }
        if (ifNoneMatch != null && contains(ifNoneMatch, etag)) {
            throw failed(path, etag);
        }
    }

    private static boolean contains(List<String> etags, @Nullable String etag) {
        return etag != null && (etags.contains(ANY) || etags.contains(etag));
    }

    private static ProblemException failed(String path, @Nullable String etag) {
        return new ProblemException(
                Problem.PRECONDITION_FAILED,
                etag == null ? path + " does not exist" : path + " has the entity tag \"" + etag + "\"");
    }
}
