package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.FieldConflict;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A unit of work: what is written in it is seen in it at once, by others when it is committed, and then
/// all of it or nothing. Objects reached through it stand still while it lasts.
///
/// ```java
/// try (ObjectSession session = space.session()) {
///     Person p = session.edit(ada);
///     p.salary(p.salary().add(TEN));
///     session.create(Task.class).title("…").owner(p);
///     session.commit();
/// }
/// ```
///
/// Any thread may use it; two that write the same object know of each other only what locks tell them.
public final class ObjectSession implements AutoCloseable {
    /// After which nobody knows whether a commit was done: the broker may have lost the answer of its database.
    private static final Set<Problem> IN_DOUBT =
            EnumSet.of(Problem.UNAVAILABLE, Problem.STORE_UNAVAILABLE, Problem.INTERNAL);

    /// What a commit looks at beside what it writes.
    public enum Check {
        /// Nothing that was read in the session may have changed either.
        VERIFY_READS
    }

    /// What is written to one object, for a rebase after the session has ended.
    record Kept(
            View view,
            @Nullable Row row,
            @Nullable ObjectKey temporary,
            Map<String, @Nullable Object> written,
            boolean deleted) {}

    /// @param birth how many changes had been heard of when it was asked for first: an answer that is repeated is as
    ///     old as the commit
    private record InDoubt(UUID commit, List<ObjectMessage.Op> ops, List<Draft> drafts, long birth) {}

    private final ObjectContext context;
    private final Supplier<UUID> commits;
    private final Map<ObjectKey, Draft> drafts = new LinkedHashMap<>();
    private @Nullable InDoubt inDoubt;
    private int temporaries;
    private boolean closed;

    ObjectSession(ObjectContext context, Supplier<UUID> commits) {
        this.context = context;
        this.commits = commits;
    }

    /// The object as it can be written here. It begins with the state that `entity` shows.
    @SuppressWarnings({"unchecked", "ReferenceEquality"})
    public synchronized <T extends Entity> T edit(T entity) {
        open();
        Row row = Shown.rowOf(entity);
        if (row == null) {
            Draft mine = drafts.get(entity.objectKey());
            if (mine == null || mine.proxy != entity) {
                throw new IllegalArgumentException(entity + " belongs to another session");
            }
            return entity;
        }
        Draft there = drafts.get(row.ref.key());
        if (there == null) {
            Class<?> shown = entity.getClass().getInterfaces()[0];
            there = attach(row, shown);
        }
        return (T) there.proxy;
    }

    private Draft attach(Row row, Class<?> shown) {
        Draft draft = new Draft(this, context, context.view(shown, row.ref.key().type()), row, null);
        drafts.put(row.ref.key(), draft);
        return draft;
    }

    /// As [ObjectSpace#get], as it can be written here.
    @SuppressWarnings("unchecked")
    public <T extends Entity> T get(Class<T> type, Object... key) {
        return (T) reach(ObjectRef.of(ObjectSpace.key(context.view(type).name, key)), type);
    }

    private Entity reach(ObjectRef ref, Class<?> shown) {
        synchronized (this) {
            open();
            Draft there = drafts.get(ref.key());
            if (there != null) {
                return there.proxy;
            }
        }
        Entity entity = context.entity(ref, shown, null);
        return edit(entity);
    }

    /// A new object, which gets its key when it is committed, unless its key fields are written.
    @SuppressWarnings("unchecked")
    public synchronized <T extends Entity> T create(Class<T> type) {
        open();
        return (T) create(type, context.view(type).name);
    }

    /// As [#create(Class)], by the name of its type.
    public synchronized Entity create(String type) {
        open();
        return create(Entity.class, type);
    }

    private Entity create(Class<?> shown, String type) {
        settled();
        ObjectKey key = ObjectKey.temporary(++temporaries);
        Draft draft = new Draft(this, context, context.view(shown, type), null, key);
        drafts.put(key, draft);
        return draft.proxy;
    }

    /// Deletes the object with the commit.
    public synchronized void delete(Entity entity) {
        open();
        settled();
        ObjectKey key = entity.objectKey();
        if (key.isTemporary()) {
            drafts.remove(key);
            return;
        }
        edit(entity);
        Objects.requireNonNull(drafts.get(key)).deleted = true;
    }

    /// Sends what was written, as one. Where the answer is lost, it fails with [Problem#UNAVAILABLE], and with
    /// [Problem#STORE_UNAVAILABLE] where the broker lost that of its database; committing once more then asks
    /// again, and nothing is done twice.
    ///
    /// @return where the store stands with it: whoever waits for that position sees it, see
    ///     [ObjectSpace#await]
    /// @throws ConflictException where others have changed the same; nothing was changed then
    public ObjectPosition commit(Check... checks) {
        InDoubt attempt;
        synchronized (this) {
            open();
            attempt = inDoubt != null ? inDoubt : attempt(checks.length > 0);
            inDoubt = attempt.ops.isEmpty() ? null : attempt;
        }
        if (attempt.ops.isEmpty()) {
            return context.cache.news.floor();
        }
        List<Row> gone = attempt.drafts.stream()
                .filter(draft -> draft.deleted && draft.row != null)
                .map(draft -> draft.row)
                .toList();
        try {
            List<Row> rows = context.await(context.loader.commit(attempt.commit, attempt.ops, gone, attempt.birth));
            settle(attempt, rows);
            return context.cache.news.floor();
        } catch (ObjectLoader.Refused conflict) {
            synchronized (this) {
                inDoubt = null;
            }
            refute(attempt, conflict.conflict.conflicts());
            throw new ConflictException(this, conflict.conflict.conflicts());
        } catch (ProblemException refused) {
            if (!IN_DOUBT.contains(refused.problem())) {
                synchronized (this) {
                    inDoubt = null;
                }
            }
            throw refused;
        }
    }

    /// What is in conflict was read before others changed it, whether they have told so or not.
    private void refute(InDoubt attempt, List<FieldConflict> conflicts) {
        Set<ObjectKey> keys = conflicts.stream().map(FieldConflict::key).collect(Collectors.toSet());
        for (Draft draft : attempt.drafts) {
            Row row = draft.row;
            if (row != null && keys.contains(row.ref.key())) {
                context.cache.refute(row.ref.key(), row);
            }
        }
    }

    private InDoubt attempt(boolean verify) {
        List<ObjectMessage.Op> ops = new ArrayList<>();
        List<Draft> sent = new ArrayList<>();
        for (Draft draft : drafts.values()) {
            if (draft.isChanged() || verify) {
                ops.add(draft.op());
                sent.add(draft);
            }
        }
        return new InDoubt(commits.get(), ops, sent, context.cache.news.arrivals());
    }

    /// The rows of what was updated carry its key; the others are what was created, in its order.
    private synchronized void settle(InDoubt done, List<Row> rows) {
        inDoubt = null;
        Map<ObjectKey, Row> byKey = new LinkedHashMap<>();
        rows.forEach(row -> byKey.put(row.ref.key(), row));
        for (Draft draft : done.drafts) {
            Row before = draft.row;
            if (before != null && draft.deleted) {
                drafts.remove(before.ref.key());
            } else if (before != null) {
                Row now = byKey.remove(before.ref.key());
                draft.row = now == null ? before : now;
                draft.written.clear();
            }
        }
        List<Row> created = List.copyOf(byKey.values());
        int next = 0;
        for (Draft draft : done.drafts) {
            if (draft.row == null && next < created.size()) {
                drafts.remove(draft.key());
                draft.row = created.get(next++);
                draft.written.clear();
                drafts.put(draft.key(), draft);
            }
        }
    }

    /// Forgets what was written, and what was read.
    public synchronized void rollback() {
        inDoubt = null;
        drafts.values().forEach(draft -> {
            draft.written.clear();
            draft.deleted = false;
        });
        drafts.clear();
    }

    /// Objects that were read here and are known to have been overtaken since.
    public synchronized List<Entity> stale() {
        return drafts.values().stream()
                .filter(draft -> draft.row != null && context.isObsolete(draft.row))
                .map(draft -> draft.proxy)
                .toList();
    }

    /// Ends it; what is not committed is forgotten.
    @Override
    public synchronized void close() {
        rollback();
        closed = true;
    }

    private void open() {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
    }

    /// What is in doubt must stay as it was sent, so that it can be sent again.
    private void settled() {
        if (inDoubt != null) {
            throw new IllegalStateException(
                    "whether the last commit was done is not known: commit again or roll back before writing anything");
        }
    }

    // What drafts ask.

    synchronized boolean isField(Draft draft, String name) {
        return draft.row != null
                ? draft.row.shape.place(name) >= 0
                : context.type(draft.view.name).field(name) != null;
    }

    @Nullable
    Object read(Draft draft, String field, Class<?> returns) {
        ObjectRef reference;
        Object value;
        synchronized (this) {
            reference = draft.reference(field);
            value = draft.wire(field);
        }
        return reference != null
                ? reach(reference, returns == Object.class ? Entity.class : returns)
                : Values.fromWire(value, new ObjectContext.Returns(returns, Entity.class), context);
    }

    synchronized void write(Draft draft, String field, @Nullable Object value) {
        open();
        settled();
        if (!isField(draft, field)) {
            throw new ProblemException(Problem.FIELD_UNKNOWN, draft.view.name + " has no field " + field);
        }
        if (drafts.get(draft.key()) != draft) {
            throw new IllegalStateException(draft.key() + " is not part of the session any more");
        }
        draft.write(field, value);
    }

    synchronized List<Draft> drafts() {
        return List.copyOf(drafts.values());
    }

    /// Replaces what the session has read by what is there now.
    ///
    /// @return false where it is gone
    boolean reload(Draft draft) {
        ObjectRef ref = draft.ref();
        Row now = context.await(context.loader.row(ref, List.of()));
        synchronized (this) {
            if (now != null) {
                draft.row = now;
            }
        }
        return now != null;
    }

    synchronized List<Kept> kept() {
        List<Kept> kept = new ArrayList<>();
        drafts.values()
                .forEach(draft -> kept.add(new Kept(
                        draft.view, draft.row, draft.temporary, new LinkedHashMap<>(draft.written), draft.deleted)));
        return kept;
    }

    /// Itself, or where it has ended another that goes on from what was kept.
    synchronized ObjectSession goingOn(List<Kept> kept) {
        if (!closed) {
            return this;
        }
        ObjectSession other = new ObjectSession(context, commits);
        for (Kept one : kept) {
            Draft draft = new Draft(other, context, one.view, one.row, one.temporary);
            draft.written.putAll(one.written);
            draft.deleted = one.deleted;
            other.drafts.put(draft.key(), draft);
        }
        return other;
    }

    synchronized void drop(Draft draft) {
        drafts.remove(draft.key());
    }
}
