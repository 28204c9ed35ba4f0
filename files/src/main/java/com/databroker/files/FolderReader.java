package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is in folders.
final class FolderReader {
    private static final int CHUNK = 1000;

    private final FileStore store;

    FolderReader(FileStore store) {
        this.store = store;
    }

    static FileEntry folder(String path, @Nullable FileState state) {
        return FileEntry.ofFolder(path, Instant.ofEpochSecond(0, state == null ? 0 : state.modified()));
    }

    Listing list(String folder, Listing.Query query, Listing.Visibility visible) throws IOException {
        FileState state = store.disk.look(folder);
        if (state == null || !state.isFolder()) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no folder " + folder);
        }
        return query.isByName() ? byName(folder, query, visible) : sorted(folder, query, visible);
    }

    private Listing byName(String folder, Listing.Query query, Listing.Visibility visible) throws IOException {
        List<FileEntry> entries = new ArrayList<>();
        String after = query.after();
        Glob match = new Glob(query.match().isEmpty() ? "*" : query.match());
        while (true) {
            List<Index.Named> chunk = children(folder, after, CHUNK);
            for (Index.Named named : chunk) {
                if (match.matches(named.name()) && isVisible(folder, named, visible)) {
                    if (entries.size() == query.limit()) {
                        return new Listing(entries, entries.getLast().name());
                    }
                    entries.add(entry(folder, named));
                }
            }
            if (chunk.size() < CHUNK) {
                return new Listing(entries, null);
            }
            after = chunk.getLast().name();
        }
    }

    private List<Index.Named> children(String folder, String after, int max) {
        List<Index.Named> chunk = store.index.children(folder, after, max);
        return chunk == null ? List.of() : chunk;
    }

    private Listing sorted(String folder, Listing.Query query, Listing.Visibility visible) throws IOException {
        List<FileEntry> entries = new ArrayList<>();
        Glob match = new Glob(query.match().isEmpty() ? "*" : query.match());
        for (Index.Named named : children(folder, "", Integer.MAX_VALUE)) {
            if (match.matches(named.name()) && isVisible(folder, named, visible)) {
                entries.add(entry(folder, named));
            }
        }
        entries.sort(query.order());
        boolean named = query.sort() == Listing.Sort.NAME;
        if (named && !query.after().isEmpty()) {
            entries.removeIf(entry -> entry.name().compareTo(query.after()) >= 0);
        }
        int from = named || query.after().isEmpty() ? 0 : Math.min(number(query.after()), entries.size());
        int to = Math.min(from + query.limit(), entries.size());
        List<FileEntry> page = List.copyOf(entries.subList(from, to));
        if (to == entries.size()) {
            return new Listing(page, null);
        }
        return new Listing(page, named ? page.getLast().name() : Integer.toString(to));
    }

    private static int number(String after) {
        try {
            int number = Integer.parseInt(after);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException none) {
            // Said below.
        }
        throw new ProblemException(Problem.BAD_REQUEST, "cursor is not what the page before said");
    }

    private static boolean isVisible(String folder, Index.Named named, Listing.Visibility visible) {
        return visible.isVisible(FilePath.child(folder, named.name()), named.known() == null);
    }

    private FileEntry entry(String folder, Index.Named named) throws IOException {
        String path = FilePath.child(folder, named.name());
        Known known = named.known();
        return known == null ? folder(path, store.disk.look(path)) : known.entry(path);
    }

    /// Every file below a folder, on the disk or in the index.
    List<String> filesBelow(String folder) throws IOException {
        FileState state = store.disk.look(folder);
        if (state == null || !state.isFolder()) {
            throw new NoSuchFileException(folder);
        }
        java.util.TreeSet<String> paths = new java.util.TreeSet<>();
        store.index.files(folder, (path, known) -> paths.add(path));
        addFiles(folder, paths);
        return List.copyOf(paths);
    }

    private void addFiles(String folder, java.util.Set<String> paths) throws IOException {
        for (Disk.Child child : store.disk.children(folder)) {
            String path = FilePath.child(folder, child.name());
            if (child.state().isFile() && FilePath.isValid(path)) {
                paths.add(path);
            } else if (child.state().isFolder() && FilePath.isValid(path)) {
                addFiles(path, paths);
            }
        }
    }

    /// Deletes an empty folder.
    void delete(String folder) throws IOException {
        store.disk.delete(folder);
        store.disk.forceFolder(FilePath.parent(folder));
        store.removeFolder(folder);
    }

    /// Deletes a folder and those below it, as far as they are empty.
    void deleteEmpty(String folder) throws IOException {
        for (Disk.Child child : store.disk.children(folder)) {
            if (child.state().isFolder()) {
                deleteEmpty(FilePath.child(folder, child.name()));
            }
        }
        try {
            delete(folder);
        } catch (DirectoryNotEmptyException stays) {
            throw new ProblemException(
                    Problem.PATH_CONFLICT, folder + " holds something that is no file of the broker's", stays);
        }
    }
}
