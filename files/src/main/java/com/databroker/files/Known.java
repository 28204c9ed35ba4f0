package com.databroker.files;

import com.databroker.core.FileChange;
import java.time.Instant;

/// What the index knows of one file.
///
/// @param version greater than that of every earlier change of any file
/// @param state as the disk showed it when `sha256` was computed: another state means another file
/// @param time of the change
/// @param principal who made it
record Known(long version, FileState state, Sha256 sha256, Instant time, String principal, FileMetadata metadata) {

    /// Changes with every version, and tells content that came by without the broker's knowledge.
    String etag() {
        return Long.toHexString(version) + "-" + sha256.shortHex();
    }

    Known withState(FileState fresh) {
        return new Known(version, fresh, sha256, time, principal, metadata);
    }

    FileChange change(FileChange.Kind kind, String path) {
        return new FileChange(kind, path, state.size(), etag(), sha256.hex(), version, time, principal);
    }

    FileEntry entry(String path) {
        return new FileEntry(
                path,
                path.substring(path.lastIndexOf('/') + 1),
                false,
                state.size(),
                etag(),
                sha256.hex(),
                version,
                Instant.ofEpochSecond(0, state.modified()),
                principal,
                metadata);
    }
}
