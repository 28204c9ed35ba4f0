package com.databroker.server;

/// A file or folder of a backup.
///
/// @param path relative, its segments between slashes
/// @param size in bytes, 0 of a folder
/// @param mode permissions as of `chmod`
/// @param modified when, in nanoseconds since 1970
record ArchiveEntry(String path, boolean isFolder, long size, int mode, long modified) {
    ArchiveEntry at(String other) {
        return new ArchiveEntry(other, isFolder, size, mode, modified);
    }
}
