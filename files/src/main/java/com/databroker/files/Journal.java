package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The file that the index is made of again at each start: entries are only ever added, and a torn end is
/// cut off.
///
/// ```text
/// "DBKINDX2"  ( length(4) crc32c(4) entry(length) )*      big-endian; the check covers the entry
/// ```
///
/// Who must know that an entry is on the disk waits for [#force]; those who wait together are served by one
/// forcing.
final class Journal implements AutoCloseable {
    static final String NAME = "journal";

    private static final byte[] MAGIC = "DBKINDX2".getBytes(StandardCharsets.US_ASCII);

    /// As before, but that no state says when its file was born; [#upgrade] reads it.
    private static final byte[] MAGIC_BEFORE = "DBKINDX1".getBytes(StandardCharsets.US_ASCII);

    private static final int HEAD = 8;
    private static final int ENTRY_BYTES_MAX = 64 << 10;
    private static final int READ_BYTES = 1 << 20;
    private static final String RESERVE = "reserve";
    private static final int RESERVE_BYTES = 64 << 10;
    private static final int OWED_MAX = 10_000;
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    private final Disk disk;
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock forcing = new ReentrantLock();
    private Disk.Log log;
    private volatile long written;
    private volatile long forced;
    private volatile @Nullable IOException broken;

    /// Entries that did not fit when they were due; they come before the next ones.
    private final List<JournalEntry> owed = new ArrayList<>();

    private final long torn;

    private Journal(Disk disk, Disk.Log log, long written, long torn) {
        this.disk = disk;
        this.log = log;
        this.written = written;
        this.forced = written;
        this.torn = torn;
    }

    /// Opens the journal of a disk and tells every whole entry of it.
    static Journal open(Disk disk, Consumer<JournalEntry> replay) throws IOException {
        Disk.Opened there = disk.open(NAME);
        for (String draft : disk.drafts()) {
            if (!draft.equals(RESERVE)) {
                disk.deleteDraft(draft);
            }
        }
        long good = 0;
        long torn = 0;
        if (there != null) {
            try (FileChannel in = there.channel()) {
                good = replay(in, MAGIC, JournalEntry::decode, replay);
            }
            torn = there.state().size() - good;
            if (torn > 0) {
                LOG.atWarn()
                        .addKeyValue("from", good)
                        .addKeyValue("bytes", torn)
                        .log("the files journal is torn or damaged and is cut off there; what it told of files after"
                                + " that is found on the disk and announced again");
            }
        }
        Disk.Log log = disk.openLog(NAME);
        if (good == 0) {
            log.truncate(0);
            log.append(ByteBuffer.wrap(MAGIC));
            log.force();
            disk.forceFolder("");
            good = MAGIC.length;
        } else {
            log.truncate(good);
        }
        return new Journal(disk, log, good, torn);
    }

    /// Writes a journal of the form before in the form of now, in one step for all who look.
    ///
    /// @return false where there is none of the form before
    static boolean upgrade(Disk disk) throws IOException {
        Disk.Opened there = disk.open(NAME);
        if (there == null) {
            return false;
        }
        List<JournalEntry> entries = new ArrayList<>();
        try (FileChannel in = there.channel()) {
            if (replay(in, MAGIC_BEFORE, JournalEntry::decodeBefore, entries::add) == 0) {
                return false;
            }
        }
        write(disk, entries);
        return true;
    }

    /// What stands for exactly these entries, as a start reads it.
    static byte[] of(List<? extends JournalEntry> entries) {
        ByteBuffer framed = frame(entries);
        return ByteBuffer.allocate(MAGIC.length + framed.remaining())
                .put(MAGIC)
                .put(framed)
                .array();
    }

    /// @return bytes up to the end of the last whole entry
    private static long replay(
            FileChannel in,
            byte[] begin,
            Function<ByteBuffer, @Nullable JournalEntry> decode,
            Consumer<JournalEntry> replay)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES).limit(0);
        CRC32C check = new CRC32C();
        fill(in, buffer);
        byte[] magic = new byte[MAGIC.length];
        if (buffer.remaining() < MAGIC.length) {
            return 0;
        }
        buffer.get(magic);
        if (!Arrays.equals(magic, begin)) {
            return 0;
        }
        long good = MAGIC.length;
        while (true) {
            if (buffer.remaining() < HEAD + ENTRY_BYTES_MAX) {
                fill(in, buffer);
            }
            if (buffer.remaining() < HEAD) {
                return good;
            }
            int length = buffer.getInt();
            int expected = buffer.getInt();
            if (length <= 0 || length > ENTRY_BYTES_MAX || length > buffer.remaining()) {
                return good;
            }
            ByteBuffer payload = buffer.slice(buffer.position(), length);
            check.reset();
            check.update(payload.duplicate());
            JournalEntry entry = (int) check.getValue() == expected ? decode.apply(payload) : null;
            if (entry == null) {
                return good;
            }
            replay.accept(entry);
            buffer.position(buffer.position() + length);
            good += HEAD + length;
        }
    }

    private static void fill(FileChannel in, ByteBuffer buffer) throws IOException {
        buffer.compact();
        while (buffer.hasRemaining() && in.read(buffer) >= 0) {
            // Until it is full or the file ends.
        }
        buffer.flip();
    }

    /// Bytes that were cut off at the end, and with them entries that nobody knows any more.
    long torn() {
        return torn;
    }

    /// Adds entries, which a kill of this process survive, and a power cut after [#force].
    ///
    /// @return where they end
    /// @throws IOException where none of them was added
    long append(List<? extends JournalEntry> entries) throws IOException {
        writing.lock();
        try {
            check();
            List<JournalEntry> all = new ArrayList<>(owed);
            all.addAll(entries);
            ByteBuffer framed = frame(all);
            long before = written;
            int length = framed.remaining();
            try {
                log.append(framed);
            } catch (IOException refused) {
                cutBack(before, refused);
                throw refused;
            }
            owed.clear();
            written = before + length;
            return written;
        } finally {
            writing.unlock();
        }
    }

    /// As [#append] and [#force], for what makes room on a full disk: it may use the room that was kept for
    /// this.
    void appendFromReserve(List<? extends JournalEntry> entries) throws IOException {
        try {
            force(append(entries));
        } catch (IOException full) {
            if (broken != null) {
                throw full;
            }
            disk.deleteDraft(RESERVE);
            force(append(entries));
        }
    }

    /// Keeps room on the disk for [#appendFromReserve].
    void keepReserve() throws IOException {
        if (disk.drafts().contains(RESERVE)) {
            return;
        }
        try (Disk.Draft reserve = disk.createDraft(RESERVE)) {
            reserve.write(ByteBuffer.allocate(RESERVE_BYTES), 0);
            reserve.force();
        } catch (IOException full) {
            disk.deleteDraft(RESERVE);
        }
    }

    /// Adds what the next start must know but nobody waits for: where it does not fit now, it comes before
    /// what is added next.
    void note(List<? extends JournalEntry> entries) {
        writing.lock();
        try {
            if (broken != null) {
                return;
            }
            append(entries);
        } catch (IOException full) {
            owed.addAll(entries);
            if (owed.size() > OWED_MAX) {
                broken = full;
            }
        } finally {
            writing.unlock();
        }
    }

    private void cutBack(long size, IOException refused) {
        try {
            log.truncate(size);
        } catch (IOException worse) {
            refused.addSuppressed(worse);
            broken = refused;
        }
    }

    private static ByteBuffer frame(List<? extends JournalEntry> entries) {
        List<ByteBuffer> encoded = entries.stream().map(JournalEntry::encode).toList();
        int bytes = encoded.stream().mapToInt(entry -> HEAD + entry.remaining()).sum();
        ByteBuffer framed = ByteBuffer.allocate(bytes);
        CRC32C check = new CRC32C();
        for (ByteBuffer entry : encoded) {
            check.reset();
            check.update(entry.duplicate());
            framed.putInt(entry.remaining()).putInt((int) check.getValue()).put(entry);
        }
        return framed.flip();
    }

    /// Returns when everything up to `position` is on the disk.
    void force(long position) throws IOException {
        if (forced >= position) {
            return;
        }
        forcing.lock();
        try {
            if (forced >= position) {
                // Who held the lock before has forced this too.
                return;
            }
            check();
            long target = written;
            try {
                log.force();
            } catch (IOException refused) {
                // What the disk has is not known any more, and asking again may be answered with a lie.
                broken = refused;
                throw refused;
            }
            forced = target;
        } finally {
            forcing.unlock();
        }
    }

    /// Forces what nobody waits for.
    void forceRest() throws IOException {
        force(written);
    }

    boolean isForced(long position) {
        return forced >= position;
    }

    long size() {
        return written;
    }

    /// What made the journal useless, null where nothing did.
    @Nullable
    IOException broken() {
        return broken;
    }

    /// Takes no more entries: what the disk has is not known any more.
    void fail(IOException cause) {
        broken = cause;
    }

    private void check() {
        IOException cause = broken;
        if (cause != null) {
            throw new ProblemException(
                    Problem.STORAGE_FAILED,
                    "the disk failed before, so files are read-only until the broker is started again",
                    cause);
        }
    }

    /// Replaces the journal by one that holds only `entries`. Nobody may append meanwhile.
    void rewrite(Iterable<JournalEntry> entries) throws IOException {
        writing.lock();
        forcing.lock();
        try {
            long size = write(disk, entries);
            log.close();
            log = disk.openLog(NAME);
            owed.clear();
            written = size;
            forced = size;
        } finally {
            forcing.unlock();
            writing.unlock();
        }
    }

    /// Puts a journal of these entries in the place of the one that is there.
    ///
    /// @return its bytes
    private static long write(Disk disk, Iterable<JournalEntry> entries) throws IOException {
        String name = NAME + "-new";
        disk.deleteDraft(name);
        long size = MAGIC.length;
        try (Disk.Draft draft = disk.createDraft(name)) {
            draft.write(ByteBuffer.wrap(MAGIC), 0);
            ByteBuffer gathered = ByteBuffer.allocate(READ_BYTES);
            for (JournalEntry entry : entries) {
                ByteBuffer framed = frame(List.of(entry));
                if (framed.remaining() > gathered.remaining()) {
                    size = flush(draft, gathered, size);
                }
                gathered.put(framed);
            }
            size = flush(draft, gathered, size);
            draft.force();
        }
        disk.publish(name, NAME);
        disk.forceFolder("");
        return size;
    }

    private static long flush(Disk.Draft draft, ByteBuffer gathered, long size) throws IOException {
        gathered.flip();
        int length = gathered.remaining();
        draft.write(gathered, size);
        gathered.clear();
        return size + length;
    }

    @Override
    public void close() throws IOException {
        if (broken == null) {
            forceRest();
        }
        log.close();
    }
}
