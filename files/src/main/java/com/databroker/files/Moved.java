package com.databroker.files;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The hashes of files that were just removed, by what a rename leaves as it is: a tree that was moved need
/// not be read again.
final class Moved {
    private static final int FILES_MAX = 200_000;

    private record Content(long size, long modified, long inode) {
        static Content of(FileState state) {
            return new Content(state.size(), state.modified(), state.inode());
        }
    }

    private final Map<Content, Sha256> hashes = new LinkedHashMap<>();

    synchronized void remember(Known gone) {
        if (gone.state().inode() != 0) {
            hashes.put(Content.of(gone.state()), gone.sha256());
            if (hashes.size() > FILES_MAX) {
                hashes.remove(hashes.keySet().iterator().next());
            }
        }
    }

    synchronized @Nullable Sha256 find(FileState state) {
        return hashes.isEmpty() ? null : hashes.remove(Content.of(state));
    }
}
