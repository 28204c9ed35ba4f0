package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage.FieldConflict;
import com.databroker.core.ObjectPosition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A commit met what others have committed since. Nothing of it was done; the session still has it all.
public final class ConflictException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient ObjectSession session;
    private final transient List<FieldConflict> conflicts;
    private final transient List<ObjectSession.Kept> kept;

    ConflictException(ObjectSession session, List<FieldConflict> conflicts) {
        super(conflicts.stream()
                .map(one -> one.key() + (one.field().isEmpty() ? "" : "." + one.field()))
                .collect(Collectors.joining(", ", "others have changed ", "")));
        this.session = session;
        this.conflicts = List.copyOf(conflicts);
        this.kept = session.kept();
    }

    /// Every field of every object, not only the first. An empty field stands for the whole object: it is
    /// gone, or has changed where the session wants to delete it or has only read it.
    public List<FieldConflict> conflicts() {
        return conflicts;
    }

    /// Puts the changes of the session onto what is there now. What only one side has changed is merged by
    /// itself. The session may have been closed meanwhile.
    public Rebase rebase() {
        return new Rebase(session.goingOn(kept), conflicts);
    }

    /// Changes of a session on their way onto a newer state.
    public static final class Rebase {
        private final ObjectSession session;
        private final List<FieldConflict> conflicts;
        private final Set<String> mine = new HashSet<>();
        private final Set<String> theirs = new HashSet<>();
        private boolean allMine;
        private boolean allTheirs;

        private Rebase(ObjectSession session, List<FieldConflict> conflicts) {
            this.session = session;
            this.conflicts = conflicts;
        }

        /// Fields in which the session's value is to win; all of them where none is named.
        public Rebase keepMine(String... fields) {
            allMine |= fields.length == 0;
            mine.addAll(List.of(fields));
            return this;
        }

        /// Fields in which the others' value is to stay; all of them where none is named.
        public Rebase keepTheirs(String... fields) {
            allTheirs |= fields.length == 0;
            theirs.addAll(List.of(fields));
            return this;
        }

        private @Nullable Boolean isMine(String field) {
            if (mine.contains(field) || theirs.contains(field)) {
                return mine.contains(field);
            }
            return allMine ? Boolean.TRUE : allTheirs ? Boolean.FALSE : null;
        }

        /// Merges and commits.
        ///
        /// @throws ConflictException where both sides have changed a field for which nothing was decided,
        ///     or others were faster once more
        public ObjectPosition commit() {
            Set<ObjectKey> keys = conflicts.stream().map(FieldConflict::key).collect(Collectors.toSet());
            List<FieldConflict> undecided = new ArrayList<>();
            for (Draft draft : session.drafts()) {
                if (draft.row != null && keys.contains(draft.key())) {
                    merge(draft, undecided);
                }
            }
            if (!undecided.isEmpty()) {
                throw new ConflictException(session, undecided);
            }
            return session.commit();
        }

        private void merge(Draft draft, List<FieldConflict> undecided) {
            Row base = draft.row;
            if (base == null) {
                return;
            }
            boolean there = session.reload(draft);
            Row now = draft.row;
            if (!there || now == null || draft.deleted) {
                mergeWhole(draft, there, undecided);
                return;
            }
            for (Map.Entry<String, @Nullable Object> entry : List.copyOf(draft.written.entrySet())) {
                String field = entry.getKey();
                Object before = base.wire(field);
                Object theirValue = now.wire(field);
                Boolean keep = isMine(field);
                if (Row.isSame(theirValue, entry.getValue())
                        || (keep != null && !keep && !Row.isSame(before, theirValue))) {
                    draft.written.remove(field);
                } else if (!Row.isSame(before, theirValue) && keep == null) {
                    undecided.add(new FieldConflict(draft.key(), field, before, entry.getValue(), theirValue));
                }
            }
            if (undecided.stream().anyMatch(one -> one.key().equals(draft.key()))) {
                // Still what the session has seen: a further attempt compares with it.
                draft.row = base;
            }
        }

        /// Of an object that is gone, or is to be deleted, there is nothing to merge.
        private void mergeWhole(Draft draft, boolean there, List<FieldConflict> undecided) {
            Boolean keep = isMine("");
            if (keep == null || (keep && !there && !draft.deleted)) {
                undecided.add(new FieldConflict(draft.key(), "", null, null, null));
            } else if (!there || !keep) {
                session.drop(draft);
            }
        }
    }
}
