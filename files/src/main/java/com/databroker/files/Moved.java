package com.databroker.files;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The hashes of files that were just removed, by what a rename leaves as it is: a tree that was moved need
/// not be read again.
///
/// A new file may have the inode of the one before it, and size and time too, as archives unpack them. What tells
/// them apart is when they were made, but for files that live no longer than one step of the disk's clock: those are
/// read again.
final class Moved {
    private static final int FILES_MAX = 200_000;

    /// More than a step of any system's clock for files.
    private static final Duration CLOCK_STEP = Duration.ofMillis(20);

    private record Content(long size, long modified, long inode, long born) {
        static Content of(FileState state) {
            return new Content(state.size(), state.modified(), state.inode(), state.born());
        }
    }

    private final Map<Content, Sha256> hashes = new LinkedHashMap<>();

    /// @param now by the clock that the disk goes by
    synchronized void remember(Known gone, Instant now) {
        FileState state = gone.state();
        Instant born = Instant.ofEpochSecond(0, state.born());
        if (state.inode() != 0 && state.born() != 0 && born.plus(CLOCK_STEP).isBefore(now)) {
            hashes.put(Content.of(state), gone.sha256());
            if (hashes.size() > FILES_MAX) {
                hashes.remove(hashes.keySet().iterator().next());
            }
        }
    }

    synchronized @Nullable Sha256 find(FileState state) {
        return hashes.isEmpty() ? null : hashes.remove(Content.of(state));
    }
}
