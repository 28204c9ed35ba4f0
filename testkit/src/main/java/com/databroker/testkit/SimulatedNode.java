package com.databroker.testkit;

import com.databroker.core.Bytes;
import com.databroker.files.FileState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// A file or folder of a [Platter], apart from its names: as programs see it now, and as it is safe.
abstract sealed class SimulatedNode {
    final long inode;
    final long born;
    long modified;
    long changed;

    SimulatedNode(long inode, long now) {
        this.inode = inode;
        this.born = now;
        this.modified = now;
        this.changed = now;
    }

    abstract FileState state();

    /// A folder: names now, and names that are safe.
    static final class Folder extends SimulatedNode {
        final Map<String, SimulatedNode> names = new HashMap<>();
        final Map<String, SimulatedNode> safe = new HashMap<>();

        /// For each name the operation that made it safe: what is older has nothing to say any more.
        final Map<String, Long> decided = new HashMap<>();

        Folder(long inode, long now) {
            super(inode, now);
        }

        @Override
        FileState state() {
            return new FileState(FileState.Kind.FOLDER, 0, modified, changed, inode, born);
        }
    }

    /// A file: bytes now, bytes that are safe, and what happened since, in order.
    static final class File extends SimulatedNode {
        private static final int SECTOR = 512;

        /// @param size of the file after it
        private record Written(int position, Bytes content, int size, long modified, long changed) {
            byte[] bytes() {
                return content.toArray();
            }
        }

        private byte[] bytes = new byte[0];
        private byte[] safe = new byte[0];
        private long safeModified;
        private long safeChanged;
        private final List<Written> pending = new ArrayList<>();

        /// After a failed force the next one says that all is well, and nothing is.
        private boolean lying;

        int links;

        File(long inode, long now) {
            super(inode, now);
            safeModified = now;
            safeChanged = now;
        }

        @Override
        FileState state() {
            return new FileState(FileState.Kind.FILE, bytes.length, modified, changed, inode, born);
        }

        int size() {
            return bytes.length;
        }

        byte[] bytes() {
            return bytes.clone();
        }

        int read(byte[] into, int offset, long position, int length) {
            if (position >= bytes.length) {
                return -1;
            }
            int count = Math.min(length, bytes.length - (int) position);
            System.arraycopy(bytes, (int) position, into, offset, count);
            return count;
        }

        void write(int position, byte[] more, long now) {
            bytes = laid(bytes, position, more, 0, more.length);
            noted(position, more, now);
        }

        void truncate(int size, long now) {
            bytes = Arrays.copyOf(bytes, size);
            noted(0, new byte[0], now);
        }

        void touch(long modifiedAt, long now) {
            modified = modifiedAt;
            changed = now;
            pending.add(new Written(0, Bytes.EMPTY, bytes.length, modified, changed));
        }

        private void noted(int position, byte[] more, long now) {
            modified = now;
            changed = now;
            pending.add(new Written(position, Bytes.wrap(more.clone()), bytes.length, modified, changed));
        }

        private static byte[] laid(byte[] under, int position, byte[] over, int from, int length) {
            byte[] result = Arrays.copyOf(under, Math.max(under.length, position + from + length));
            System.arraycopy(over, from, result, position + from, length);
            return result;
        }

        void force() {
            if (!lying) {
                forceForSure();
            }
        }

        void forceForSure() {
            safe = bytes.clone();
            safeModified = modified;
            safeChanged = changed;
            pending.clear();
        }

        void forceFailed() {
            lying = true;
        }

        /// What a power cut leaves of it.
        File afterCrash(RandomGenerator random) {
            File file = new File(inode, born);
            file.bytes = safe.clone();
            file.modified = safeModified;
            file.changed = safeChanged;
            switch (random.nextInt(4)) {
                case 0 -> file.takePrefix(pending, random, false);
                case 1 -> file.takePrefix(pending, random, true);
                case 2 -> file.takeSectors(pending, random);
                default -> {}
            }
            file.forceForSure();
            return file;
        }

        /// Some of what was written, in order; where the next began, perhaps with anything after it.
        private void takePrefix(List<Written> written, RandomGenerator random, boolean garbage) {
            int count = random.nextInt(written.size() + 1);
            for (Written each : written.subList(0, count)) {
                take(each, each.bytes().length);
            }
            if (count < written.size()) {
                Written torn = written.get(count);
                int kept = random.nextInt(torn.bytes().length + 1);
                byte[] rest = torn.bytes().clone();
                if (garbage && kept < rest.length) {
                    byte[] anything = new byte[rest.length - kept];
                    random.nextBytes(anything);
                    System.arraycopy(anything, 0, rest, kept, anything.length);
                    bytes = laid(bytes, torn.position, rest, 0, rest.length);
                } else if (kept > 0) {
                    bytes = laid(bytes, torn.position, rest, 0, kept);
                }
            }
        }

        private void take(Written each, int length) {
            bytes = Arrays.copyOf(laid(bytes, each.position, each.bytes(), 0, length), each.size);
            modified = each.modified;
            changed = each.changed;
        }

        /// As long as it was to be, but any part of what was written is zeros instead.
        private void takeSectors(List<Written> written, RandomGenerator random) {
            double kept = random.nextDouble();
            for (Written each : written) {
                byte[] present = Arrays.copyOf(bytes, each.size);
                for (int at = 0; at < each.bytes().length; at += SECTOR) {
                    if (random.nextDouble() < kept) {
                        int length = Math.min(SECTOR, each.bytes().length - at);
                        present = laid(present, each.position, each.bytes(), at, length);
                    }
                }
                bytes = Arrays.copyOf(present, each.size);
                modified = each.modified;
                changed = each.changed;
            }
        }
    }
}
