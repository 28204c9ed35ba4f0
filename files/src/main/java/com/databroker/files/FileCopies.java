package com.databroker.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Copies a folder of files with what is known of each, while changes go on: a file is the one version
/// that its entry speaks of. What is stored during that may be in it or not.
final class FileCopies {
    /// Versions that may be told after the copy was made: one who starts on the copy gives none of them
    /// again.
    private static final long VERSIONS_PASSED = 1 << 24;

    private final FileStore store;
    private final FileCopy to;
    private final List<JournalEntry> entries = new ArrayList<>();

    FileCopies(FileStore store, FileCopy to) {
        this.store = store;
        this.to = to;
    }

    /// @return a journal of what was copied. A start on the copy finds other inodes there, looks at each
    ///     file once and finds the bytes that it knows: versions and metadata stay, and nothing is
    ///     announced
    byte[] all() throws IOException {
        folder("");
        entries.addFirst(store.nextEntry(VERSIONS_PASSED));
        return Journal.of(entries);
    }

    private void folder(String folder) throws IOException {
        List<Disk.Child> children = new ArrayList<>(store.disk.children(folder));
        children.sort(Comparator.comparing(Disk.Child::name));
        for (Disk.Child child : children) {
            String path = folder.isEmpty() ? child.name() : folder + "/" + child.name();
            if (child.state().isFolder()) {
                to.folder(path);
                folder(path);
            } else if (child.state().isFile()) {
                file(path);
            } else {
                to.leftOut(path);
            }
        }
        int unnamed = store.disk.unnamed(folder);
        if (unnamed > 0) {
            to.unnamed(folder, unnamed);
        }
    }

    private void file(String path) throws IOException {
        Disk.Opened opened;
        @Nullable Known known;
        try (PathLocks.Held _ = store.locks.lock(path)) {
            opened = store.disk.open(path);
            known = store.index.get(path);
        }
        if (opened == null) {
            // Deleted since the folder was read.
            return;
        }
        try (FileChannel bytes = opened.channel()) {
            to.file(path, opened.state(), bytes);
        }
        if (known != null) {
            entries.add(new JournalEntry.Present(path, known));
        }
    }
}
