package com.databroker.files;

import com.databroker.core.FileChange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the journal of an earlier life says, judged by the disk.
///
/// A change stands in the journal before it happens. Where it was not announced, nobody knows whether it
/// happened, but the disk does: a rename keeps inode, size and time, and a deleted file is gone. What
/// happened is announced now; what did not is forgotten.
final class Recovery {
    private record Open(
            JournalEntry.Change change, @Nullable Known before) {}

    private final Index index = new Index();
    private final Map<Long, Open> open = new LinkedHashMap<>();
    private final Map<String, Long> latest = new HashMap<>();
    private final List<FileChange> unsent = new ArrayList<>();
    private static final int ENTRY_BYTES_MIN = 16;

    private final Journal journal;
    private long nextVersion = 1;

    private Recovery(Disk indexDisk) throws IOException {
        journal = Journal.open(indexDisk, this::replay);
    }

    static Recovery of(Disk files, Disk indexDisk) throws IOException {
        Recovery recovery = new Recovery(indexDisk);
        try {
            recovery.judge(files);
            return recovery;
        } catch (IOException | RuntimeException failed) {
            recovery.journal.close();
            throw failed;
        }
    }

    private void replay(JournalEntry entry) {
        switch (entry) {
            case JournalEntry.Change change -> replay(change);
            case JournalEntry.Sent sent -> close(sent.version());
            case JournalEntry.Undone not -> {
                Open undone = close(not.version());
                if (undone != null) {
                    undo(undone);
                }
            }
            case JournalEntry.Touched touched -> {
                Known known = index.get(touched.path());
                if (known != null) {
                    index.put(touched.path(), known.withState(touched.state()));
                }
            }
            case JournalEntry.Present present -> index.put(present.path(), present.known());
            case JournalEntry.Next next -> nextVersion = next.version();
        }
    }

    private void replay(JournalEntry.Change change) {
        long version = change.known().version();
        nextVersion = Math.max(nextVersion, version + 1);
        Long earlier = latest.get(change.path());
        if (earlier != null) {
            // Whoever made this change saw the one before, so that one happened.
            Open happened = close(earlier);
            if (happened != null) {
                unsent.add(happened.change.known().change(happened.change.kind(), change.path()));
            }
        }
        if (change.kind() == FileChange.Kind.DELETED) {
            index.takeDisplaced(change.path());
        }
        open.put(version, new Open(change, apply(change)));
        latest.put(change.path(), version);
    }

    private @Nullable Open close(long version) {
        Open closed = open.remove(version);
        if (closed != null) {
            latest.remove(closed.change.path(), version);
        }
        return closed;
    }

    private @Nullable Known apply(JournalEntry.Change change) {
        return change.kind() == FileChange.Kind.DELETED
                ? index.remove(change.path())
                : index.put(change.path(), change.known());
    }

    private void undo(Open undone) {
        String path = undone.change.path();
        if (undone.before == null) {
            index.remove(path);
        } else {
            index.put(path, undone.before);
        }
    }

    private void judge(Disk files) throws IOException {
        List<JournalEntry> verdicts = new ArrayList<>();
        List<FileChange> happened = new ArrayList<>();
        // The latest first: what was there before a change is put back in the reverse order.
        for (Open doubtful : new ArrayList<>(open.values()).reversed()) {
            JournalEntry.Change change = doubtful.change;
            String path = change.path();
            FileState now = files.look(path);
            Known known = change.known();
            FileState made = now != null && now.isSameContentAs(known.state()) ? now : null;
            boolean isSo = change.kind() == FileChange.Kind.DELETED ? now == null || !now.isFile() : made != null;
            if (isSo) {
                if (made != null && !made.equals(known.state())) {
                    index.put(path, known.withState(made));
                    verdicts.add(new JournalEntry.Touched(path, made));
                }
                happened.addFirst(known.change(change.kind(), path));
            } else {
                undo(doubtful);
                verdicts.add(new JournalEntry.Undone(known.version()));
            }
        }
        force(files, happened);
        unsent.addAll(happened);
        if (journal.torn() > 0) {
            // Versions that were told may be among what was cut off.
            nextVersion += FileStore.VERSIONS_RESERVED + journal.torn() / ENTRY_BYTES_MIN;
        }
        journal.note(verdicts);
    }

    /// What is told must not be taken back by a power cut: the name may be in memory only.
    private static void force(Disk files, List<FileChange> happened) throws IOException {
        Set<String> folders = new LinkedHashSet<>();
        happened.forEach(change -> folders.add(FilePath.parent(change.path())));
        for (String folder : folders) {
            String there = folder;
            while (!there.isEmpty() && files.look(there) == null) {
                there = FilePath.parent(there);
            }
            files.forceFolder(there);
        }
    }

    Index index() {
        return index;
    }

    Journal journal() {
        return journal;
    }

    long nextVersion() {
        return nextVersion;
    }

    /// What happened and was perhaps not announced, in the order in which it happened.
    List<FileChange> unsent() {
        return unsent;
    }
}
