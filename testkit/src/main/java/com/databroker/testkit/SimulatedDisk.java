package com.databroker.testkit;

import com.databroker.files.Disk;
import com.databroker.files.FileState;
import com.databroker.testkit.Faults.Operation;
import com.databroker.testkit.SimulatedNode.File;
import com.databroker.testkit.SimulatedNode.Folder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A disk in memory that tells what was written from what is safe. Bytes are safe after a force of the
/// file, names after a force of their folder, and both after a force of everything; of the rest a power cut
/// leaves a part. Inodes are used again as soon as they are free, and time moves in steps, as on real disks.
///
/// One object is the disk as one life of a process sees it; [#kill] and [#crash] give the next. Safe for
/// threads.
public final class SimulatedDisk implements Disk {
    private static final String FULL = "No space left on device";

    private final Platter platter;
    private final Faults faults;

    private SimulatedDisk(Platter platter, Faults faults) {
        this.platter = platter;
        this.faults = faults;
        synchronized (platter) {
            try {
                platter.makeFolder(DRAFTS);
                platter.forceFolder(platter.root);
            } catch (FileAlreadyExistsException there) {
                // Of an earlier life.
            } catch (IOException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    /// An empty disk.
    ///
    /// @param operationsPerTick how many operations see the same time, 1 for a very fine clock
    /// @param faults of the process that uses it
    public static SimulatedDisk empty(long operationsPerTick, Faults faults) {
        return new SimulatedDisk(new Platter(operationsPerTick), faults);
    }

    /// The process is killed, and another finds everything that was written.
    public SimulatedDisk kill(Faults next) {
        faults.stop();
        return new SimulatedDisk(platter, next);
    }

    /// The power fails, and the next process finds what was safe and some of what was not.
    public SimulatedDisk crash(RandomGenerator random, Faults next) {
        faults.stop();
        synchronized (platter) {
            return new SimulatedDisk(platter.afterCrash(random), next);
        }
    }

    /// Another program writes a file from its beginning, in place where there is one. Makes the folders on
    /// the way; nothing of it is counted, and nothing forced.
    public void write(String path, byte[] content) throws IOException {
        synchronized (platter) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                if (platter.find(path.substring(0, slash)) == null) {
                    platter.makeFolder(path.substring(0, slash));
                }
            }
            File there = platter.file(path);
            File file = there == null ? platter.create(path) : there;
            file.truncate(0, platter.tick());
            file.write(0, content, platter.tick());
        }
    }

    /// Another program removes a file or an empty folder.
    public void remove(String path) throws IOException {
        synchronized (platter) {
            platter.delete(path);
        }
    }

    /// Another program renames a file.
    public void move(String from, String to) throws IOException {
        synchronized (platter) {
            platter.rename(from, to);
        }
    }

    /// The time that its files get.
    public Instant now() {
        synchronized (platter) {
            return Instant.ofEpochSecond(0, platter.now());
        }
    }

    /// Another program has everything forced.
    public void sync() {
        synchronized (platter) {
            platter.forceAll();
        }
    }

    /// Every file but drafts, by path, as another program sees it.
    public Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>();
        synchronized (platter) {
            collect("", platter.root, files);
        }
        return files;
    }

    private static void collect(String prefix, Folder folder, Map<String, byte[]> files) {
        folder.names.forEach((name, node) -> {
            switch (node) {
                case File file -> files.put(prefix + name, file.bytes());
                case Folder below -> {
                    if (!name.equals(DRAFTS)) {
                        collect(prefix + name + "/", below, files);
                    }
                }
            }
        });
    }

    @Override
    public Path root() {
        return Path.of("simulated");
    }

    @Override
    public @Nullable FileState look(String path) {
        synchronized (platter) {
            faults.alive();
            SimulatedNode node = platter.find(path);
            return node == null ? null : node.state();
        }
    }

    @Override
    public @Nullable Opened open(String path) {
        synchronized (platter) {
            faults.alive();
            File file = platter.file(path);
            return file == null ? null : new Opened(file.state(), new SimulatedChannel(reading(file), file.size()));
        }
    }

    private SimulatedChannel.Source reading(File file) {
        return (into, offset, position, length) -> {
            synchronized (platter) {
                faults.alive();
                return file.read(into, offset, position, length);
            }
        };
    }

    @Override
    public List<Child> children(String folder) throws IOException {
        synchronized (platter) {
            faults.alive();
            List<Child> children = new ArrayList<>();
            platter.folder(folder).names.forEach((name, node) -> {
                if (!name.equals(DRAFTS)) {
                    children.add(new Child(name, node.state()));
                }
            });
            return children;
        }
    }

    private static String draftPath(String name) {
        return DRAFTS + "/" + name;
    }

    @Override
    public Draft createDraft(String name) throws IOException {
        synchronized (platter) {
            faults.begin(Operation.CREATE);
            return new SimulatedDraft(name, platter.create(draftPath(name)));
        }
    }

    @Override
    public Draft openDraft(String name) throws IOException {
        synchronized (platter) {
            faults.alive();
            File file = platter.file(draftPath(name));
            if (file == null) {
                throw new NoSuchFileException(name);
            }
            return new SimulatedDraft(name, file);
        }
    }

    @Override
    public List<String> drafts() throws IOException {
        synchronized (platter) {
            faults.alive();
            return List.copyOf(platter.folder(DRAFTS).names.keySet());
        }
    }

    @Override
    public void deleteDraft(String name) throws IOException {
        synchronized (platter) {
            faults.alive();
            SimulatedNode node = platter.find(draftPath(name));
            if (node instanceof Folder folder) {
                for (String child : List.copyOf(folder.names.keySet())) {
                    deleteDraft(name + "/" + child);
                }
            }
            if (node != null) {
                faults.begin(Operation.DELETE);
                faults.giveBack(platter.delete(draftPath(name)));
            }
        }
    }

    /// Something that is done to names.
    @FunctionalInterface
    private interface Change {
        long run() throws IOException;
    }

    private void change(Operation operation, Change change) throws IOException {
        synchronized (platter) {
            faults.begin(operation);
            faults.giveBack(change.run());
        }
    }

    @Override
    public void makeDraftFolder(String name) throws IOException {
        makeFolder(draftPath(name));
    }

    @Override
    public void lend(String path, String draft) throws IOException {
        change(Operation.LINK, () -> {
            platter.link(path, draftPath(draft));
            return 0;
        });
    }

    @Override
    public void publish(String draft, String path) throws IOException {
        rename(draftPath(draft), path);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        change(Operation.RENAME, () -> platter.rename(from, to));
    }

    @Override
    public void makeFolder(String path) throws IOException {
        change(Operation.MAKE_FOLDER, () -> {
            platter.makeFolder(path);
            return 0;
        });
    }

    @Override
    public void delete(String path) throws IOException {
        change(Operation.DELETE, () -> platter.delete(path));
    }

    @Override
    public void forceFile(String path) throws IOException {
        synchronized (platter) {
            File file = platter.file(path);
            if (file == null) {
                throw new NoSuchFileException(path);
            }
            force(file);
        }
    }

    @Override
    public void forceFolder(String folder) throws IOException {
        change(Operation.FORCE_FOLDER, () -> {
            platter.forceFolder(platter.folder(folder));
            return 0;
        });
    }

    @Override
    public void forceAll() throws IOException {
        change(Operation.FORCE_ALL, () -> {
            platter.forceAll();
            return 0;
        });
    }

    @Override
    public Log openLog(String path) throws IOException {
        synchronized (platter) {
            faults.alive();
            File there = platter.file(path);
            if (there == null) {
                faults.begin(Operation.CREATE);
                there = platter.create(path);
            }
            return new SimulatedLog(there);
        }
    }

    @Override
    public void close() {
        // There is nothing behind it.
    }

    private void write(File file, ByteBuffer bytes, int position) throws IOException {
        synchronized (platter) {
            faults.alive();
            byte[] all = new byte[bytes.remaining()];
            try {
                faults.begin(Operation.WRITE);
            } catch (IOException | Faults.Stopped torn) {
                bytes.get(all);
                file.write(position, Arrays.copyOf(all, all.length / 2), platter.tick());
                throw torn;
            }
            long growth = Math.max(0, position + (long) all.length - file.size());
            long granted = faults.take(growth);
            byte[] written = new byte[all.length - (int) (growth - granted)];
            bytes.get(written);
            file.write(position, written, platter.tick());
            if (granted < growth) {
                throw new IOException(FULL);
            }
        }
    }

    private void truncate(File file, long size) throws IOException {
        change(Operation.TRUNCATE, () -> {
            long freed = Math.max(0, file.size() - size);
            if (size < file.size()) {
                file.truncate((int) size, platter.tick());
            }
            return freed;
        });
    }

    private void force(File file) throws IOException {
        synchronized (platter) {
            try {
                faults.begin(Operation.FORCE);
            } catch (IOException failed) {
                file.forceFailed();
                throw failed;
            }
            file.force();
        }
    }

    private final class SimulatedDraft implements Draft {
        private final String name;
        private final File file;

        SimulatedDraft(String name, File file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            SimulatedDisk.this.write(file, bytes, (int) position);
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            byte[] bytes = new byte[into.remaining()];
            int count = reading(file).read(bytes, 0, position, bytes.length);
            if (count > 0) {
                into.put(bytes, 0, count);
            }
            return count;
        }

        @Override
        public void truncate(long size) throws IOException {
            SimulatedDisk.this.truncate(file, size);
        }

        @Override
        public void setModified(long nanos) throws IOException {
            change(Operation.TOUCH, () -> {
                file.touch(nanos, platter.tick());
                return 0;
            });
        }

        @Override
        public void force() throws IOException {
            SimulatedDisk.this.force(file);
        }

        @Override
        public FileState state() throws IOException {
            FileState state = look(draftPath(name));
            if (state == null) {
                throw new NoSuchFileException(name);
            }
            return state;
        }

        @Override
        public Path path() {
            return root().resolve(DRAFTS).resolve(name);
        }

        @Override
        public void close() {
            // There is nothing behind it.
        }
    }

    private final class SimulatedLog implements Log {
        private final File file;

        SimulatedLog(File file) {
            this.file = file;
        }

        @Override
        public void append(ByteBuffer bytes) throws IOException {
            synchronized (platter) {
                SimulatedDisk.this.write(file, bytes, file.size());
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            SimulatedDisk.this.truncate(file, size);
        }

        @Override
        public void force() throws IOException {
            SimulatedDisk.this.force(file);
        }

        @Override
        public void close() {
            // There is nothing behind it.
        }
    }
}
