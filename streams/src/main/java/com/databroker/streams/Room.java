package com.databroker.streams;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The room that is left on the disk of the plane. Below a limit nothing more is taken in, so that what was taken can
/// be brought to its end: Kafka gives up on a disk that is full.
record Room(Path folder, long bytesMin) {
    /// What is wrong, empty where nothing is.
    String shortage() {
        long free;
        try {
            free = Files.getFileStore(folder).getUsableSpace();
        } catch (IOException unknown) {
            throw new UncheckedIOException(unknown);
        }
        return free >= bytesMin
                ? ""
                : "the disk is nearly full: " + free + " bytes are free, fewer than " + bytesMin
                        + " (streams.room-min); files and collectors wait until there is room";
    }

    /// @throws IOException where there is too little
    void require() throws IOException {
        String shortage = shortage();
        if (!shortage.isEmpty()) {
            throw new IOException(shortage);
        }
    }
}
