package com.databroker.streams;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What was pushed to a [Receiver] and is not in the raw topic yet: a queue on the disk, of a bounded size.
///
/// ```
/// pushed/<name>/
/// ├── id                    of this queue, as long as there is something in it
/// └── 0000000000000007      a piece: magic(8) time(8), then blocks: length(4) CRC32C(4) bytes
/// ```
/// Each piece is a body of its own. What was appended is with the operating system when [#append] returns, so that it
/// outlives a kill of this process; [#force], once a second, has it outlive a loss of power. What a kill left of
/// the last block is no block, and nobody was told that it was taken.
///
/// Several may append, one reads and removes.
final class Spool implements AutoCloseable {
    static final int BLOCK_MAX = 1 << 20;
    static final int HEAD = 16;
    static final int BLOCK_HEAD = 8;
    static final long MAGIC = 0x4442_5350_4f4f_4c31L;

    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
    private static final long PIECE_MAX = 64L << 20;
    private static final int PIECES = 8;
    private static final int ID_BYTES = 16;
    private static final String ID = "id";
    /// Addresses are not anonymous yet.
    private static final FileAttribute<?> OWN =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final long sizeMax;
    private final long pieceMax;
    private final InstantSource clock;
    private final String id;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Piece> pieces = new ArrayDeque<>();
    private final CRC32C crc = new CRC32C();
    private ByteBuffer block = ByteBuffer.allocateDirect(1 << 16);
    private @Nullable FileChannel writing;
    private long next;
    private long held;

    /// Of the oldest piece so many bytes were read.
    private long read;

    /// What the process was told of this spool, see [Backlog].
    private long told;

    private boolean unforced;
    private boolean waitsEnd;
    private boolean reads;
    private boolean closed;

    /// One file of it. `length` and `sealed` are read under the spool's lock.
    static final class Piece {
        final long number;
        final Path file;
        private long length;
        private boolean sealed;

        private Piece(long number, Path file, long length, boolean sealed) {
            this.number = number;
            this.file = file;
            this.length = length;
            this.sealed = sealed;
        }
    }

    private Spool(Path folder, long sizeMax, InstantSource clock, String id, List<Piece> found) {
        this.folder = folder;
        this.sizeMax = sizeMax;
        this.pieceMax = Math.min(PIECE_MAX, Math.max(1, sizeMax / PIECES));
        this.clock = clock;
        this.id = id;
        pieces.addAll(found);
        next = found.isEmpty() ? 0 : found.getLast().number + 1;
        held = found.stream().mapToLong(piece -> piece.length).sum();
    }

    /// Opens what lies in `folder`, or makes it.
    ///
    /// @param sizeMax bytes on the disk
    static Spool open(Path folder, long sizeMax, InstantSource clock, RandomGenerator random) throws IOException {
        Files.createDirectories(folder);
        List<Piece> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "[0-9]*")) {
            for (Path file : files) {
                found.add(new Piece(Long.parseLong(file.getFileName().toString()), file, Files.size(file), true));
            }
        }
        found.sort(Comparator.comparingLong(piece -> piece.number));
        return new Spool(folder, sizeMax, clock, id(folder, found.isEmpty(), random), found);
    }

    /// Numbers begin anew with an empty queue, so it gets another id: its cursor must not pass for that of the last.
    private static String id(Path folder, boolean empty, RandomGenerator random) throws IOException {
        Path file = folder.resolve(ID);
        if (!empty) {
            try {
                return Files.readString(file, StandardCharsets.US_ASCII).strip();
            } catch (NoSuchFileException lost) {
                LOG.atWarn().addKeyValue("folder", folder).log("the id of a spool is gone; all of it is taken again");
            }
        }
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String fresh = HexFormat.of().formatHex(bytes);
        Path draft = folder.resolve("draft");
        Files.writeString(draft, fresh + "\n", StandardCharsets.US_ASCII);
        Forced.force(draft);
        Forced.move(draft, file);
        return fresh;
    }

    String id() {
        return id;
    }

    /// Bytes on the disk that are not taken yet.
    long held() {
        lock.lock();
        try {
            return held;
        } finally {
            lock.unlock();
        }
    }

    /// Appends bytes that belong together, up to [#BLOCK_MAX].
    ///
    /// @param head with what a new piece has to begin, so that it can be read by itself
    /// @return false where there is no room for them
    boolean append(byte[] bytes, int offset, int length, byte[] head) throws IOException {
        if (length > BLOCK_MAX || head.length > BLOCK_MAX) {
            throw new IllegalArgumentException("a block has up to " + BLOCK_MAX + " bytes");
        }
        lock.lock();
        try {
            if (closed || held + length + head.length + HEAD + 2 * BLOCK_HEAD > sizeMax) {
                return false;
            }
            FileChannel to = writing == null ? begin(head) : writing;
            write(to, bytes, offset, length);
            if (pieces.getLast().length >= pieceMax) {
                seal();
            }
            changed.signalAll();
            return true;
        } catch (IOException failed) {
            // Half a block may be there, behind which none would be found.
            seal();
            throw failed;
        } finally {
            lock.unlock();
        }
    }

    private FileChannel begin(byte[] head) throws IOException {
        Path file = folder.resolve(String.format("%016d", next));
        FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWN);
        writing = channel;
        pieces.add(new Piece(next, file, 0, false));
        next++;
        ByteBuffer first = ByteBuffer.allocate(HEAD).putLong(MAGIC).putLong(clock.millis());
        first.flip();
        put(channel, first, HEAD);
        if (head.length > 0) {
            write(channel, head, 0, head.length);
        }
        return channel;
    }

    private void write(FileChannel channel, byte[] bytes, int offset, int length) throws IOException {
        int whole = BLOCK_HEAD + length;
        if (block.capacity() < whole) {
            block = ByteBuffer.allocateDirect(Math.max(whole, 2 * block.capacity()));
        }
        crc.reset();
        crc.update(bytes, offset, length);
        block.clear().putInt(length).putInt((int) crc.getValue()).put(bytes, offset, length);
        put(channel, block.flip(), whole);
    }

    private void put(FileChannel channel, ByteBuffer bytes, int count) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        pieces.getLast().length += count;
        held += count;
        unforced = true;
        tell(held - read);
    }

    private void tell(long waiting) {
        Backlog.changed(waiting - told);
        told = waiting;
    }

    /// Says how far the oldest piece was read.
    void passed(Piece piece, long bytes) {
        lock.lock();
        try {
            if (!closed && piece.equals(pieces.peekFirst())) {
                read = bytes;
                tell(held - read);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Ends the piece that is being written: what comes next cannot be read together with it.
    void cut() {
        lock.lock();
        try {
            seal();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void seal() {
        FileChannel channel = writing;
        if (channel == null) {
            return;
        }
        writing = null;
        pieces.getLast().sealed = true;
        try (channel) {
            channel.force(false);
        } catch (IOException failed) {
            LOG.atWarn().addKeyValue("folder", folder).setCause(failed).log("a piece of a spool is not safe");
        }
    }

    /// Has what was appended outlive a loss of power.
    void force() throws IOException {
        FileChannel channel;
        lock.lock();
        try {
            channel = unforced ? writing : null;
            unforced = false;
        } finally {
            lock.unlock();
        }
        if (channel != null && channel.isOpen()) {
            channel.force(false);
        }
    }

    /// Waits until there is room for so many bytes.
    ///
    /// @return false where nobody should wait any more
    boolean awaitRoom(int length) throws InterruptedException {
        lock.lock();
        try {
            while (!waitsEnd && held + length + HEAD + 2 * BLOCK_HEAD > sizeMax) {
                changed.await();
            }
            return !waitsEnd;
        } finally {
            lock.unlock();
        }
    }

    /// Ends every [#awaitRoom].
    void admitNoMore() {
        lock.lock();
        try {
            waitsEnd = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Lets somebody read.
    void beginReading() {
        lock.lock();
        try {
            reads = !closed;
            if (reads) {
                tell(held - read);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Ends every [#first] and [#await] until [#beginReading].
    void endReading() {
        lock.lock();
        try {
            reads = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for the oldest piece; null where nobody should read any more.
    @Nullable
    Piece first() throws InterruptedException {
        lock.lock();
        try {
            while (reads && pieces.isEmpty()) {
                changed.await();
            }
            return reads ? pieces.getFirst() : null;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until a piece is longer than what was read of it, for so many nanoseconds at most.
    ///
    /// @return how long it is; -1 where there will be no more of it
    long await(Piece piece, long read, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (reads && !piece.sealed && piece.length <= read && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !reads || piece.length > read || !piece.sealed ? piece.length : -1;
        } finally {
            lock.unlock();
        }
    }

    boolean isRead() {
        lock.lock();
        try {
            return reads;
        } finally {
            lock.unlock();
        }
    }

    /// Removes a piece that was taken.
    void remove(Piece piece) throws IOException {
        lock.lock();
        try {
            if (!pieces.isEmpty() && pieces.getLast() == piece) {
                seal();
            }
            Files.deleteIfExists(piece.file);
            pieces.remove(piece);
            held -= piece.length;
            read = 0;
            tell(held);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            reads = false;
            tell(0);
            seal();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
