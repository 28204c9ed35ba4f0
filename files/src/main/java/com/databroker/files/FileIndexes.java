package com.databroker.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Indexes that earlier versions wrote.
public final class FileIndexes {
    private FileIndexes() {}

    /// Brings an index to the form of now; does nothing where it has that, or where there is none.
    ///
    /// @param index as [FilePlane#open] takes it; no plane has it open
    public static void upgrade(Path index) throws IOException {
        if (Files.isDirectory(index)) {
            try (Disk disk = Disk.of(index.toRealPath())) {
                Journal.upgrade(disk);
            }
        }
    }
}
