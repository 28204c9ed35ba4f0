package com.databroker.files;

import java.time.Instant;

/// A file or folder as it stands on the disk.
///
/// @param name last segment of the path
/// @param size in bytes, 0 for a folder
/// @param etag strong entity tag without quotes, empty for a folder
/// @param sha256 lower-case hexadecimal, empty for a folder
public record FileEntry(
        String path, String name, boolean folder, long size, String etag, String sha256, Instant modified) {}
