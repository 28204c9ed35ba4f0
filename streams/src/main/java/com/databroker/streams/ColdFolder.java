package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.FileIO;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Where the files of a cold table are: a folder of a file system, or a prefix of a bucket. Paths are those of
/// the table's log, `date=2026-11-28/….parquet`.
interface ColdFolder {
    /// A file that belongs to no recent version, unless the log says otherwise.
    record Found(String path, long bytes) {}

    /// The place that a text names: `/x`, `file:/x`, or what [S3Place] writes.
    static ColdFolder of(String location) {
        return S3Place.isOne(location)
                ? new S3Folder(S3Place.parse(location))
                : new NioFolder(NioFileIO.path(location).toAbsolutePath().normalize());
    }

    /// As the kernel and people are told of it: `file:/x`, `s3a://bucket/x`.
    String location();

    /// @param settings of Parquet and of the kernel, by their own names
    FileIO io(Map<String, String> settings);

    /// As the kernel names the file at `path`.
    default String place(String path) {
        return location() + "/" + path;
    }

    /// Whether the file is there.
    default boolean holds(String path) throws IOException {
        try {
            io(Map.of()).getFileStatus(place(path));
            return true;
        } catch (FileNotFoundException missing) {
            return false;
        }
    }

    /// Whether it was there.
    default boolean delete(String path) throws IOException {
        return io(Map.of()).delete(place(path));
    }

    /// Files of data, and drafts that nobody finished, that nobody has touched since.
    List<Found> old(Instant before) throws IOException;

    /// What the log itself consists of is never data.
    static boolean isData(String path) {
        return path.endsWith(".parquet") && !Path.of(path).startsWith("_delta_log");
    }
}
