package com.databroker.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One line of a folder's listing.
///
/// @param name without the folder and without a slash
/// @param folder whether it is a folder, not a file
/// @param size in bytes; 0 of a folder
/// @param etag strong entity tag without quotes; null of a folder
/// @param modified when the present version came; null of a folder
public record FileEntry(
        String name,
        boolean folder,
        long size,
        @Nullable String etag,
        @Nullable Instant modified) {}
