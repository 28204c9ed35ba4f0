package com.databroker.files;

import com.databroker.core.FileChange;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who is told of changes, and what nobody was told of yet.
///
/// Nothing is told before the journal has it for good: what a power cut makes the broker forget, it would tell
/// again as something new, or never take back. A change by a [Commit] is safe when its turn comes; what other
/// programs did is [#owe]d, and many of them are made safe together.
final class Announcements {
    private static final int TOGETHER = 256;
    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

    /// @param position in the journal, behind its entry
    /// @param refused what validators say of it, null where they accept it
    private record Owed(
            long position, FileChange change, @Nullable ProblemException refused) {}

    private final Journal journal;
    private final List<Consumer<List<FileChange>>> listeners = new CopyOnWriteArrayList<>();
    private final List<BiConsumer<FileChange, ProblemException>> refusals = new CopyOnWriteArrayList<>();
    private final Queue<Owed> owed = new ConcurrentLinkedQueue<>();

    /// Taken last of all locks: listeners run under it.
    private final ReentrantLock telling = new ReentrantLock();

    Announcements(Journal journal) {
        this.journal = journal;
    }

    void changes(Consumer<List<FileChange>> listener) {
        listeners.add(listener);
    }

    void refusals(BiConsumer<FileChange, ProblemException> listener) {
        refusals.add(listener);
    }

    /// Keeps a change for [#tell]; whoever calls it holds the lock of the path.
    ///
    /// @param position in the journal, behind its entry
    /// @param refused what validators say of it, null where they accept it
    void owe(long position, FileChange change, @Nullable ProblemException refused) {
        owed.add(new Owed(position, change, refused));
    }

    /// Whether something was found that not everyone was told of.
    boolean isOwing() {
        return !owed.isEmpty();
    }

    /// Makes what is owed safe and tells it, in the order in which it was found. Whoever holds no lock of a path
    /// calls it after each look.
    void tell() throws IOException {
        if (isOwing()) {
            journal.forceRest();
            tellSafe();
        }
    }

    /// Tells what is owed and in the journal for good, so that a change of the same file can be told next.
    void tellSafe() {
        if (!isOwing()) {
            return;
        }
        telling.lock();
        try {
            for (List<Owed> next = safe(); !next.isEmpty(); next = safe()) {
                tell(next.stream()
                        .filter(each -> each.refused == null)
                        .map(Owed::change)
                        .toList());
                next.forEach(this::refuse);
                // Only now, so that whoever finds nothing here knows that all was told.
                next.forEach(owed::remove);
            }
        } finally {
            telling.unlock();
        }
    }

    /// The first of what is owed and in the journal for good.
    private List<Owed> safe() {
        return owed.stream()
                .takeWhile(each -> journal.isForced(each.position))
                .limit(TOGETHER)
                .toList();
    }

    /// Tells everyone of changes that were made together; that they were told is noted at once, and safe a moment
    /// later. Where somebody could not be told, as when the broker stops, the next start tells again.
    void tell(List<FileChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        boolean told = true;
        for (Consumer<List<FileChange>> listener : listeners) {
            try {
                listener.accept(changes);
            } catch (RuntimeException failed) {
                // The changes are made; whoever made them must not be told otherwise.
                told = false;
                LOG.atError()
                        .addKeyValue("path", changes.getFirst().path())
                        .addKeyValue("changes", changes.size())
                        .setCause(failed)
                        .log("not everyone could be told");
            }
        }
        if (told) {
            journal.note(changes.stream()
                    .map(change -> new JournalEntry.Sent(change.version()))
                    .toList());
        }
    }

    private void refuse(Owed owed) {
        ProblemException refused = owed.refused;
        if (refused != null) {
            journal.note(List.of(new JournalEntry.Sent(owed.change.version())));
            refusals.forEach(listener -> listener.accept(owed.change, refused));
        }
    }
}
