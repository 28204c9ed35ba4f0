package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Disk, index and journal, which say the same at all times: what is known of each file, and how that
/// changes.
///
/// A change is made by a [Commit], or found on the disk by [#observe]; there is no third way.
final class FileStore {
    static final int VERSIONS_RESERVED = 1000;

    private static final int READ_BYTES = 256 << 10;
    private static final long JOURNAL_BYTES_MIN = 16 << 20;
    private static final long JOURNAL_BYTES_PER_FILE = 1000;

    final Disk disk;
    final Index index;
    final Rules rules;
    final Quotas quotas;
    final InstantSource clock;
    final PathLocks locks = new PathLocks();

    /// Held for reading by who changes journal and index together, for writing by who needs them to stand
    /// still.
    final ReentrantReadWriteLock still = new ReentrantReadWriteLock();

    final Journal journal;
    final Announcements announcements;
    final FormerVersions former;
    private final Object versions = new Object();
    private long nextVersion;
    private long reservedBelow;

    /// Folders whose names are on the disk, by the inodes that they had then.
    private final Map<String, Long> forcedFolders = new ConcurrentHashMap<>();

    private final Moved moved = new Moved();

    FileStore(Disk disk, Recovery recovered, FilesConfig config, InstantSource clock) {
        this.disk = disk;
        this.index = recovered.index();
        this.journal = recovered.journal();
        this.announcements = new Announcements(journal);
        this.nextVersion = recovered.nextVersion();
        this.reservedBelow = nextVersion;
        this.rules = new Rules(config);
        this.quotas = new Quotas(config.rules(), index);
        this.clock = clock;
        this.former = new FormerVersions(this, config);
    }

    /// A version that no change had, in this life or an earlier one: blocks of them are reserved in the
    /// journal.
    ///
    /// @param makesRoom whether it is for a deletion, which must be possible on a full disk
    long takeVersion(boolean makesRoom) throws IOException {
        synchronized (versions) {
            if (nextVersion == reservedBelow) {
                List<JournalEntry> reservation = List.of(new JournalEntry.Next(nextVersion + VERSIONS_RESERVED));
                if (makesRoom) {
                    journal.appendFromReserve(reservation);
                } else {
                    journal.force(journal.append(reservation));
                }
                reservedBelow = nextVersion + VERSIONS_RESERVED;
            }
            return nextVersion++;
        }
    }

    /// What became of a look at a file.
    enum Observed {
        UNCHANGED,
        CHANGED,
        /// It changes while it is read: look again later.
        MOVING
    }

    /// Compares a file with what is known of it, and announces what another program did to it.
    ///
    /// @param path in the grammar of [FilePath]
    Observed observe(String path) throws IOException {
        Observed observed = find(path);
        announcements.tell();
        return observed;
    }

    /// As [#observe], for who looks at many files: it leaves it to the caller to [tell][Announcements#tell()].
    Observed find(String path) throws IOException {
        Observed observed;
        try (PathLocks.Held _ = locks.lock(path)) {
            observed = observeLocked(path);
        }
        return findDisplaced() ? Observed.CHANGED : observed;
    }

    /// Finds files whose place something else has taken. Whoever holds no lock calls it after each change.
    ///
    /// @return whether there were any
    private boolean findDisplaced() throws IOException {
        boolean any = false;
        for (String path : index.displaced()) {
            try (PathLocks.Held _ = locks.lock(path)) {
                Known gone = index.takeDisplaced(path);
                if (gone != null) {
                    vanished(path, gone);
                    any = true;
                }
            }
        }
        return any;
    }

    /// What follows from a change when its locks are given back.
    void tellRest() throws IOException {
        findDisplaced();
        announcements.tell();
    }

    /// As [#observe], by who holds the lock.
    Observed observeLocked(String path) throws IOException {
        Known known = index.get(path);
        FileState state = disk.look(path);
        if (state == null || !state.isFile()) {
            return known == null ? Observed.UNCHANGED : vanished(path, known);
        }
        if (known != null && known.state().equals(state)) {
            return Observed.UNCHANGED;
        }
        Sha256 sha256 = moved.find(state);
        if (sha256 == null) {
            sha256 = hash(path, state);
        }
        if (sha256 == null) {
            return Observed.MOVING;
        }
        if (known != null && known.sha256().equals(sha256)) {
            record(new JournalEntry.Touched(path, state), _ -> index.put(path, known.withState(state)));
            return Observed.UNCHANGED;
        }
        return appeared(path, known, state, sha256);
    }

    private Observed vanished(String path, Known known) throws IOException {
        Known gone = by(Principal.disk(), known.state(), known.sha256(), known.metadata());
        moved.remember(known, now());
        record(new JournalEntry.Change(FileChange.Kind.DELETED, path, gone), position -> {
            know(path, known, null);
            announcements.owe(position, gone.change(FileChange.Kind.DELETED, path), null);
        });
        return Observed.CHANGED;
    }

    private Observed appeared(String path, @Nullable Known before, FileState state, Sha256 sha256) throws IOException {
        ProblemException refused = refusal(path);
        Known now = by(Principal.disk(), state, sha256, FileMetadata.NONE);
        FileChange.Kind kind = before == null ? FileChange.Kind.CREATED : FileChange.Kind.UPDATED;
        record(new JournalEntry.Change(kind, path, now), position -> {
            know(path, before, now);
            announcements.owe(position, now.change(kind, path), refused);
        });
        return Observed.CHANGED;
    }

    /// Has index and quotas know what became of a file, in one step.
    void know(String path, @Nullable Known before, @Nullable Known after) {
        quotas.together(() -> {
            if (after == null) {
                index.remove(path);
            } else {
                index.put(path, after);
            }
            quotas.count(path, before, after);
        });
    }

    /// Waits for the commit that is under way at a path, then looks at the file where it is finished.
    void catchUp(String path, boolean finished) throws IOException {
        try (PathLocks.Held _ = locks.lock(path)) {
            if (finished) {
                observeLocked(path);
            }
        }
        announcements.tell();
    }

    /// Whether a file was not changed for `time`; one from the future counts as old.
    boolean isQuiet(FileState state, Duration time) {
        Instant modified = Instant.ofEpochSecond(0, state.modified());
        return Duration.between(modified, now()).abs().compareTo(time) > 0;
    }

    /// Remembers what files are that are about to be found under other names.
    void expectMoved(String path) {
        Known known = index.get(path);
        if (known != null) {
            moved.remember(known, now());
        } else {
            index.files(path, (_, below) -> moved.remember(below, now()));
        }
    }

    /// What the validators say of a file that another program wrote, null where they accept it.
    private @Nullable ProblemException refusal(String path) {
        try {
            if (rules.hasValidator(path)) {
                rules.validate(new Candidate(path, disk.root().resolve(path)), Principal.disk());
            }
            return null;
        } catch (ProblemException refused) {
            return refused;
        }
    }

    private Known by(Principal principal, FileState state, Sha256 sha256, FileMetadata metadata) throws IOException {
        return new Known(takeVersion(false), state, sha256, now(), principal.name(), metadata);
    }

    Instant now() {
        return clock.instant();
    }

    /// @param then what follows from the entry, told where it ends; the journal is not written afresh in between
    private void record(JournalEntry entry, LongConsumer then) throws IOException {
        still.readLock().lock();
        try {
            then.accept(journal.append(List.of(entry)));
        } finally {
            still.readLock().unlock();
        }
    }

    /// @return null where the file was changed, replaced or removed meanwhile
    private @Nullable Sha256 hash(String path, FileState state) throws IOException {
        Disk.Opened opened = disk.open(path);
        if (opened == null) {
            return null;
        }
        try (FileChannel channel = opened.channel()) {
            Sha256 sha256 = opened.state().equals(state) ? hash(channel) : null;
            return state.equals(disk.look(path)) ? sha256 : null;
        }
    }

    static Sha256 hash(FileChannel channel) throws IOException {
        MessageDigest digest = Sha256.digest();
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        for (long at = 0; ; ) {
            int read = channel.read(buffer.clear(), at);
            if (read < 0) {
                return Sha256.of(digest);
            }
            digest.update(buffer.flip());
            at += read;
        }
    }

    /// Gives a version of a file a second name among the drafts.
    ///
    /// @return false where the file has another version by now
    boolean lend(String path, long version, String draft) throws IOException {
        try (PathLocks.Held _ = locks.lock(path)) {
            Known known = index.get(path);
            if (known == null || known.version() != version || !known.state().equals(disk.look(path))) {
                return false;
            }
            disk.lend(path, draft);
            return refreshLocked(path);
        }
    }

    /// Notes what links of our own changed about a file: its bytes are the same.
    void refresh(String path) throws IOException {
        try (PathLocks.Held _ = locks.lock(path)) {
            refreshLocked(path);
        }
    }

    private boolean refreshLocked(String path) throws IOException {
        Known known = index.get(path);
        FileState state = disk.look(path);
        if (known == null || state == null || !state.isSameContentAs(known.state())) {
            return false;
        }
        if (!state.equals(known.state())) {
            record(new JournalEntry.Touched(path, state), _ -> index.put(path, known.withState(state)));
        }
        return true;
    }

    /// Gives a file another time of modification. The file is read again: who writes into it at the same moment has
    /// set the time, too, and must be found out.
    void setModified(String path, Instant time) throws IOException {
        try (PathLocks.Held _ = locks.lock(path)) {
            Observed observed = observeLocked(path);
            Known known = index.get(path);
            if (known == null) {
                throw observed == Observed.MOVING
                        ? new ProblemException(Problem.UNAVAILABLE, path + " is being written by another program")
                        : new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path);
            }
            String second = "t-" + UUID.randomUUID();
            disk.lend(path, second);
            try (Disk.Draft draft = disk.openDraft(second)) {
                draft.setModified(TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano());
            } finally {
                disk.deleteDraft(second);
            }
            observeLocked(path);
        }
        announcements.tell();
    }

    /// Makes a folder and those above it, each as durable as what is to stand in it: also one that is there
    /// already, for whoever made it may not have forced it.
    void makeFolders(String folder) throws IOException {
        makeFolders(folder, made -> {});
    }

    /// @param made told each that was not there
    void makeFolders(String folder, Consumer<String> made) throws IOException {
        if (folder.isEmpty()) {
            return;
        }
        String above = FilePath.parent(folder);
        FileState there = disk.look(folder);
        if (there == null) {
            makeFolders(above, made);
            try {
                disk.makeFolder(folder);
                made.accept(folder);
            } catch (FileAlreadyExistsException meanwhile) {
                // Somebody else's is as good, where it is a folder.
            } catch (NotDirectoryException taken) {
                throw new ProblemException(Problem.PATH_CONFLICT, above + " is not a folder", taken);
            }
            index.putFolder(folder);
            there = disk.look(folder);
        }
        if (there == null || !there.isFolder()) {
            throw new ProblemException(Problem.PATH_CONFLICT, folder + " is not a folder");
        }
        Long forced = forcedFolders.get(folder);
        if (forced == null || forced != there.inode()) {
            makeFolders(above, made);
            disk.forceFolder(above);
            forcedFolders.put(folder, there.inode());
        }
    }

    /// Takes a folder away again that was made for what was refused. The index knows nothing of it: whatever it has
    /// by now came into it meanwhile, and is somebody else's.
    void removeIfEmpty(String folder) throws IOException {
        forcedFolders.remove(folder);
        try {
            disk.delete(folder);
            disk.forceFolder(FilePath.parent(folder));
        } catch (DirectoryNotEmptyException | NoSuchFileException others) {
            // Somebody uses it meanwhile, or has removed it.
        }
    }

    /// Forgets what is known of a folder that was deleted.
    void removeFolder(String folder) {
        index.removeFolder(folder);
        forcedFolders.remove(folder);
    }

    /// Writes the journal afresh where most of it tells of what is over.
    void compactIfWordy() throws IOException {
        if (journal.size() > JOURNAL_BYTES_MIN + JOURNAL_BYTES_PER_FILE * index.files()) {
            compact();
        }
    }

    /// Writes the journal afresh, with what is known and nothing of how it came to be.
    private void compact() throws IOException {
        still.writeLock().lock();
        try {
            if (announcements.isOwing()) {
                // What is not told yet would be forgotten; soon it is.
                return;
            }
            List<JournalEntry> entries = new ArrayList<>();
            entries.add(nextEntry(0));
            index.files("", (path, known) -> entries.add(new JournalEntry.Present(path, known)));
            journal.rewrite(entries);
        } finally {
            still.writeLock().unlock();
        }
    }

    /// What says that the versions up to now are taken, and as many more.
    JournalEntry nextEntry(long more) {
        synchronized (versions) {
            return new JournalEntry.Next(reservedBelow + more);
        }
    }

    /// Gives back the versions that were reserved and not taken; nothing may change any more.
    void close() throws IOException {
        if (journal.broken() == null) {
            announcements.tell();
        }
        synchronized (versions) {
            if (journal.broken() == null && reservedBelow != nextVersion) {
                journal.append(List.of(new JournalEntry.Next(nextVersion)));
            }
        }
        journal.close();
    }
}
