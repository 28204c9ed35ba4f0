package com.databroker.files;

import com.databroker.core.FileChange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    private final List<FileChange> unsent = new ArrayList<>();
    private final Journal journal;
    private long entries;
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
        entries++;
        switch (entry) {
            case JournalEntry.Change change -> {
                nextVersion = Math.max(nextVersion, change.known().version() + 1);
                Known before = apply(change);
                open.put(change.known().version(), new Open(change, before));
            }
            case JournalEntry.Sent sent -> open.remove(sent.version());
            case JournalEntry.Undone not -> {
                Open undone = open.remove(not.version());
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
            case JournalEntry.Next next -> nextVersion = Math.max(nextVersion, next.version());
        }
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
        // The latest first: what was there before a change is put back in the reverse order.
        for (Open doubtful : new ArrayList<>(open.values()).reversed()) {
            JournalEntry.Change change = doubtful.change;
            String path = change.path();
            FileState now = files.look(path);
            Known known = change.known();
            FileState made = now != null && now.isSameContentAs(known.state()) ? now : null;
            boolean happened = change.kind() == FileChange.Kind.DELETED ? now == null || !now.isFile() : made != null;
            if (happened) {
                if (made != null && !made.equals(known.state())) {
                    index.put(path, known.withState(made));
                    verdicts.add(new JournalEntry.Touched(path, made));
                }
                unsent.addFirst(known.change(change.kind(), path));
            } else {
                undo(doubtful);
                verdicts.add(new JournalEntry.Undone(known.version()));
            }
        }
        if (!verdicts.isEmpty()) {
            journal.force(journal.append(verdicts));
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

    /// Whether most of the journal tells how things came to be, and not how they are.
    boolean isWordy() {
        return entries > 1000 + 2 * index.files();
    }
}
