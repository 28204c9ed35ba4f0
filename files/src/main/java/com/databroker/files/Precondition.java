package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What must hold of a file for a change to happen, as HTTP's If-Match, If-None-Match and If-Unmodified-Since say
/// it (RFC 9110, 13.2.2).
///
/// @param ifMatch entity tags one of which the file must have, `*` for any; null where nothing was said
/// @param ifNoneMatch entity tags none of which the file may have, `*` for any; null where nothing was said
/// @param unmodifiedSince after which the file must not have been modified, by whole seconds; does not count where
///     `ifMatch` says something, nor where there is no file; null where nothing was said
public record Precondition(
        @Nullable List<String> ifMatch,
        @Nullable List<String> ifNoneMatch,
        @Nullable Instant unmodifiedSince) {
    public static final Precondition NONE = new Precondition(null, null, null);

    private static final String ANY = "*";

    public Precondition {
        ifMatch = ifMatch == null ? null : List.copyOf(ifMatch);
        ifNoneMatch = ifNoneMatch == null ? null : List.copyOf(ifNoneMatch);
    }

    /// The file must be exactly this version.
    public static Precondition version(String etag) {
        return new Precondition(List.of(etag), null, null);
    }

    /// There must be a file.
    public static Precondition present() {
        return new Precondition(List.of(ANY), null, null);
    }

    /// There must be no file yet.
    public static Precondition absent() {
        return new Precondition(null, List.of(ANY), null);
    }

    /// @param before the file as it stands, null where there is none
    void check(String path, @Nullable Known before) {
        String etag = before == null ? null : before.etag();
        Instant modified =
                before == null ? null : Instant.ofEpochSecond(0, before.state().modified());
        checkUnchanged(path, etag, modified);
        if (ifNoneMatch != null && contains(ifNoneMatch, etag)) {
            throw failed(path, etag);
        }
    }

    /// The part of it that asks for a version which its sender knows: what a reader may ask, too.
    ///
    /// @throws ProblemException [Problem#PRECONDITION_FAILED]
    public void checkUnchanged(FileEntry file) {
        checkUnchanged(file.path(), file.etag(), file.modified());
    }

    private void checkUnchanged(String path, @Nullable String etag, @Nullable Instant modified) {
        if (ifMatch != null) {
            if (!contains(ifMatch, etag)) {
                throw failed(path, etag);
            }
        } else if (unmodifiedSince != null
                && modified != null
                && modified.truncatedTo(ChronoUnit.SECONDS).isAfter(unmodifiedSince)) {
            throw new ProblemException(Problem.PRECONDITION_FAILED, path + " was modified " + modified);
        }
    }

    /// Whether a version is among those that its sender has or does not want.
    public boolean isExcluded(FileEntry file) {
        return ifNoneMatch != null && contains(ifNoneMatch, file.etag());
    }

    /// For a folder, which is there and has neither an entity tag nor a date of its own.
    void checkFolder(String path) {
        if ((ifMatch != null && !ifMatch.contains(ANY)) || (ifNoneMatch != null && ifNoneMatch.contains(ANY))) {
            throw new ProblemException(Problem.PRECONDITION_FAILED, path + " is a folder, which has no entity tag");
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
