package com.databroker.server;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Files and folders that are to be in a backup, as they are when they are listed. What grows afterwards
/// is in it up to where it was then.
final class BackupItems {
    /// Greater ones are not copied but get a second name: what holds most of the data is only ever added
    /// to, or replaced
    /// as a whole.
    private static final long COPY_MAX = 1 << 20;

    private static final String DELTA_LOG = "_delta_log";

    private final List<Item> items = new ArrayList<>();
    private final BackupOmissions omissions = new BackupOmissions();

    /// @param file where its bytes are
    record Item(ArchiveEntry entry, Path file) {}

    List<Item> all() {
        return items;
    }

    BackupOmissions omissions() {
        return omissions;
    }

    /// Adds what is in a folder, or one file; links are followed. What is deleted meanwhile is not in it.
    ///
    /// @param prefix what paths begin with
    /// @param without paths below the folder that are left out, with all that is in them
    void add(Path root, String prefix, Predicate<String> without) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        List<Item> found = new ArrayList<>();
        Files.walkFileTree(
                root,
                EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                Integer.MAX_VALUE,
                new Walk(root, prefix, without, found));
        // A table is what its log says: what the log names is there before it is named.
        found.sort(Comparator.comparing((Item item) -> !item.entry().path().contains(DELTA_LOG))
                .thenComparing(item -> item.entry().path()));
        items.addAll(found);
    }

    /// Finds what is to be in a backup, and counts what is not.
    private final class Walk extends SimpleFileVisitor<Path> {
        private final Path root;
        private final String prefix;
        private final Predicate<String> without;
        private final List<Item> found;

        Walk(Path root, String prefix, Predicate<String> without, List<Item> found) {
            this.root = root;
            this.prefix = prefix;
            this.without = without;
            this.found = found;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            String path = root.relativize(folder).toString();
            if (!path.isEmpty() && without.test(path)) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            if (!path.isEmpty() && isUnnamed(folder)) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            add(folder, path);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            String path = root.relativize(file).toString();
            if (without.test(path) || isUnnamed(file)) {
                return FileVisitResult.CONTINUE;
            }
            if (attributes.isRegularFile()) {
                add(file, path);
            } else {
                omissions.odd(path.isEmpty() ? prefix : prefix + "/" + path);
            }
            return FileVisitResult.CONTINUE;
        }

        private boolean isUnnamed(Path file) {
            if (BackupOmissions.isNamed(file)) {
                return false;
            }
            Path above = root.relativize(file).getParent();
            omissions.unnamed(above == null ? prefix : prefix + "/" + above, 1);
            return true;
        }

        private void add(Path file, String path) throws IOException {
            String name = path.isEmpty() ? prefix : prefix + "/" + path;
            try {
                found.add(new Item(FolderArchive.entry(name, file), file));
            } catch (NoSuchFileException deleted) {
                // Since its folder was read.
            }
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failed) throws IOException {
            if (failed instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failed;
        }
    }

    /// Whether every file with records that was there is there still, and no other.
    boolean hasFilesOf(BackupItems before) {
        return segments().equals(before.segments());
    }

    private Set<String> segments() {
        return items.stream()
                .map(item -> item.entry().path())
                .filter(path -> path.endsWith(".log"))
                .collect(Collectors.toSet());
    }

    /// These items where nobody changes or deletes them any more: as second names, or copies of what is
    /// small.
    ///
    /// @param into a folder for them, on the same disk
    BackupItems pinned(Path into) throws IOException {
        BackupItems pinned = new BackupItems();
        pinned.omissions.addAll(omissions);
        int number = 0;
        Files.createDirectories(into);
        for (Item item : items) {
            if (item.entry().isFolder()) {
                pinned.items.add(item);
                continue;
            }
            Path pin = into.resolve(Integer.toString(number++));
            try {
                pin(item, pin);
                pinned.items.add(new Item(item.entry(), pin));
            } catch (NoSuchFileException deleted) {
                // What may vanish at any time is no data.
            }
        }
        return pinned;
    }

    private static void pin(Item item, Path pin) throws IOException {
        if (item.entry().size() > COPY_MAX) {
            try {
                Files.createLink(pin, item.file());
                return;
            } catch (NoSuchFileException deleted) {
                throw deleted;
            } catch (FileSystemException | UnsupportedOperationException notHere) {
                // On another disk, or on one that has no second names.
            }
        }
        Files.copy(item.file(), pin, StandardCopyOption.REPLACE_EXISTING);
    }

    /// The name of a folder in a path, for the first segment.
    static String name(Path path) {
        return Objects.requireNonNull(path.getFileName()).toString();
    }
}
