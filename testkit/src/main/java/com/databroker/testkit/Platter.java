package com.databroker.testkit;

import com.databroker.testkit.SimulatedNode.File;
import com.databroker.testkit.SimulatedNode.Folder;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What a [SimulatedDisk] keeps: names and files as programs see them, and as a power cut leaves them.
/// Outlives the process; its monitor guards everything in it.
final class Platter {
    private static final long EPOCH = 1_700_000_000_000_000_000L;
    private static final long FIRST_INODE = 11;

    /// One operation on names.
    private record Renaming(long number, List<Edit> edits) {}

    /// @param node null where the name goes away
    private record Edit(
            Folder folder, String name, @Nullable SimulatedNode node) {}

    final Folder root;
    private final List<Renaming> pending = new ArrayList<>();
    private final TreeSet<Long> freeInodes = new TreeSet<>();
    private final long operationsPerTick;
    private long nextInode;
    private long operations;
    private long renamings;

    /// @param operationsPerTick how many operations see the same time
    Platter(long operationsPerTick) {
        this(operationsPerTick, new Folder(FIRST_INODE, EPOCH), FIRST_INODE + 1, 0);
    }

    private Platter(long operationsPerTick, Folder root, long nextInode, long operations) {
        this.operationsPerTick = operationsPerTick;
        this.root = root;
        this.nextInode = nextInode;
        this.operations = operations;
    }

    long tick() {
        operations++;
        return now();
    }

    long now() {
        return EPOCH + operations / operationsPerTick * 4_000_000L;
    }

    private long takeInode() {
        Long free = freeInodes.pollFirst();
        return free == null ? nextInode++ : free;
    }

    @Nullable
    SimulatedNode find(String path) {
        SimulatedNode at = root;
        for (String segment : path.isEmpty() ? new String[0] : path.split("/", -1)) {
            if (!(at instanceof Folder folder)) {
                return null;
            }
            at = folder.names.get(segment);
        }
        return at;
    }

    @Nullable
    File file(String path) {
        return find(path) instanceof File file ? file : null;
    }

    Folder folder(String path) throws IOException {
        SimulatedNode node = find(path);
        if (node == null) {
            throw new NoSuchFileException(path);
        }
        if (node instanceof Folder folder) {
            return folder;
        }
        throw new NotDirectoryException(path);
    }

    private Folder above(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        return folder(slash < 0 ? "" : path.substring(0, slash));
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private void edit(Edit... edits) {
        long now = tick();
        for (Edit edit : edits) {
            edit.folder.modified = now;
            edit.folder.changed = now;
            SimulatedNode node = edit.node;
            SimulatedNode before =
                    node == null ? edit.folder.names.remove(edit.name) : edit.folder.names.put(edit.name, node);
            if (node != null) {
                node.changed = now;
            }
            if (before instanceof File gone) {
                gone.links--;
                gone.changed = now;
            }
            if (node instanceof File came) {
                came.links++;
            }
        }
        renamings++;
        pending.add(new Renaming(renamings, List.of(edits)));
    }

    /// @return bytes that nobody can reach any more
    private long drop(@Nullable SimulatedNode node) {
        if (node == null || (node instanceof File file && file.links > 0)) {
            return 0;
        }
        freeInodes.add(node.inode);
        return node instanceof File file ? file.size() : 0;
    }

    File create(String path) throws IOException {
        Folder above = above(path);
        if (above.names.containsKey(last(path))) {
            throw new FileAlreadyExistsException(path);
        }
        File file = new File(takeInode(), tick());
        edit(new Edit(above, last(path), file));
        return file;
    }

    void makeFolder(String path) throws IOException {
        Folder above = above(path);
        if (above.names.containsKey(last(path))) {
            throw new FileAlreadyExistsException(path);
        }
        edit(new Edit(above, last(path), new Folder(takeInode(), tick())));
    }

    void link(String from, String to) throws IOException {
        File file = existing(from);
        if (above(to).names.containsKey(last(to))) {
            throw new FileAlreadyExistsException(to);
        }
        edit(new Edit(above(to), last(to), file));
    }

    private File existing(String path) throws IOException {
        File file = file(path);
        if (file == null) {
            throw new NoSuchFileException(path);
        }
        return file;
    }

    /// @return bytes that it freed
    long rename(String from, String to) throws IOException {
        File file = existing(from);
        Folder target = above(to);
        SimulatedNode replaced = target.names.get(last(to));
        if (replaced instanceof Folder) {
            throw new FileSystemException(to, null, "Is a directory");
        }
        if (replaced == file) {
            return 0;
        }
        edit(new Edit(above(from), last(from), null), new Edit(target, last(to), file));
        return drop(replaced);
    }

    /// @return bytes that it freed
    long delete(String path) throws IOException {
        SimulatedNode node = find(path);
        if (node == null) {
            throw new NoSuchFileException(path);
        }
        if (node instanceof Folder folder && !folder.names.isEmpty()) {
            throw new DirectoryNotEmptyException(path);
        }
        edit(new Edit(above(path), last(path), null));
        return drop(node);
    }

    /// Makes the names of one folder safe, of renames the other end too.
    void forceFolder(Folder folder) {
        for (Renaming renaming : pending) {
            if (renaming.edits.stream().anyMatch(edit -> edit.folder == folder)) {
                makeSafe(renaming);
            }
        }
        pending.removeIf(renaming -> renaming.edits.stream().anyMatch(edit -> edit.folder == folder));
    }

    private static void makeSafe(Renaming renaming) {
        for (Edit edit : renaming.edits) {
            if (edit.folder.decided.getOrDefault(edit.name, 0L) > renaming.number) {
                continue;
            }
            edit.folder.decided.put(edit.name, renaming.number);
            if (edit.node == null) {
                edit.folder.safe.remove(edit.name);
            } else {
                edit.folder.safe.put(edit.name, edit.node);
            }
        }
    }

    void forceAll() {
        pending.forEach(Platter::makeSafe);
        pending.clear();
        forceFiles(root);
    }

    private static void forceFiles(Folder folder) {
        for (SimulatedNode node : folder.names.values()) {
            switch (node) {
                case File file -> file.force();
                case Folder below -> forceFiles(below);
            }
        }
    }

    /// What a power cut leaves: of each folder a prefix of what happened to its names, a rename in both
    /// folders or in none.
    Platter afterCrash(RandomGenerator random) {
        double kept = random.nextDouble();
        Set<Folder> cut = new HashSet<>();
        for (Renaming renaming : pending) {
            List<Folder> folders =
                    renaming.edits.stream().map(edit -> edit.folder).toList();
            if (folders.stream().anyMatch(cut::contains) || random.nextDouble() >= kept) {
                cut.addAll(folders);
            } else {
                makeSafe(renaming);
            }
        }
        Platter after = new Platter(operationsPerTick, new Folder(root.inode, root.born), nextInode, operations);
        copy(root, after.root, new IdentityHashMap<>(), random);
        return after;
    }

    private static void copy(Folder from, Folder to, Map<SimulatedNode, File> files, RandomGenerator random) {
        from.safe.forEach((name, node) -> {
            SimulatedNode copied = switch (node) {
                case File file -> {
                    File fresh = files.computeIfAbsent(file, _ -> file.afterCrash(random));
                    fresh.links++;
                    yield fresh;
                }
                case Folder folder -> {
                    Folder fresh = new Folder(folder.inode, folder.born);
                    copy(folder, fresh, files, random);
                    yield fresh;
                }
            };
            to.names.put(name, copied);
            to.safe.put(name, copied);
        });
    }
}
