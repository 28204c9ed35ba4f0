package com.databroker.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is known of a file or folder.
///
/// @param name without the folder and without a slash
/// @param folder whether it is a folder, not a file
/// @param size in bytes; 0 of a folder
/// @param etag strong entity tag without quotes; null of a folder
/// @param sha256 lower-case hexadecimal; null of a folder
/// @param version grows with every change of any file; 0 of a folder, and of a file that another program is writing
/// @param principal who made this version; null of a folder
/// @param modified when the present version came; null of a folder
public record FileEntry(
        String name,
        boolean folder,
        long size,
        @Nullable String etag,
        @Nullable String sha256,
        long version,
        @Nullable String principal,
        @Nullable Instant modified) {}
