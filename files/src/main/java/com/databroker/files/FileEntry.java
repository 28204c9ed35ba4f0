package com.databroker.files;

import java.time.Instant;

/// A file or folder as it stands on the disk.
///
/// @param name last segment of the path
/// @param size in bytes, 0 for a folder
/// @param etag strong entity tag without quotes, empty for a folder
/// @param sha256 lower-case hexadecimal, empty for a folder
/// @param version of the change that made it so, 0 for a folder and for a file that another program is
///     still writing
/// @param principal who made that change, empty where the version is 0
public record FileEntry(
        String path,
        String name,
        boolean folder,
        long size,
        String etag,
        String sha256,
        long version,
        Instant modified,
        String principal,
        FileMetadata metadata) {
    static FileEntry ofFolder(String path, Instant modified) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        return new FileEntry(path, name, true, 0, "", "", 0, modified, "", FileMetadata.NONE);
    }
}
