package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.JdbcLedger;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The operations of one commit, on entities of one session: each row that is to be changed is read, locked
/// where others could change it meanwhile, and compared with what the client saw. So all conflicts are
/// found before anything is written, and listeners, cascades and converters of the entities do their work.
final class EntityCommit implements JdbcLedger.Attempt {
    private final EntitySessions sessions;
    private final MappedTypes types;
    private final List<ObjectMessage.Op> ops;

    private final List<ObjectMessage.FieldConflict> conflicts = new ArrayList<>();
    private final Map<ObjectKey, Object> created = new HashMap<>();
    private final List<ObjectKey> gone = new ArrayList<>();
    private final @Nullable ObjectKey[] keys;
    private List<@Nullable StoreRow> rows = List.of();
    private List<StoreChange.Entry> entries = List.of();
    private boolean overturned;

    EntityCommit(EntitySessions sessions, MappedTypes types, List<ObjectMessage.Op> ops) {
        this.sessions = sessions;
        this.types = types;
        this.ops = ops;
        this.keys = new ObjectKey[ops.size()];
    }

    @Override
    public List<ObjectMessage.FieldConflict> conflicts() {
        return conflicts;
    }

    @Override
    public List<@Nullable StoreRow> rows() {
        return rows;
    }

    @Override
    public List<StoreChange.Entry> entries() {
        return entries;
    }

    @Override
    public boolean isOverturned() {
        return overturned;
    }

    @Override
    public void make(Connection connection) throws SQLException {
        EntityChanges changes = new EntityChanges(types);
        sessions.write(connection, changes, session -> {
            EntityWriting writing = new EntityWriting(session, types, created);
            create(writing);
            Map<ObjectKey, Object> found = lock(session);
            for (int i = 0; i < ops.size(); i++) {
                if (ops.get(i) instanceof ObjectMessage.Update update) {
                    ObjectKey key = update.ref().key();
                    Object entity = found.get(key);
                    keys[i] = entity == null ? key : session.key(types.named(key.type()), entity);
                    update(session, writing, update, entity);
                }
            }
            delete(session, found);
            if (!conflicts.isEmpty()) {
                return false;
            }
            session.flush();
            deleted(changes);
            written(session, changes);
            return true;
        });
    }

    private void written(EntitySession session, EntityChanges changes) {
        keys(session);
        Set<ObjectKey> wanted = new LinkedHashSet<>();
        for (ObjectKey key : keys) {
            if (key != null) {
                wanted.add(key);
            }
        }
        Map<ObjectKey, StoreRow> now = changes.rows(session.session(), wanted);
        List<@Nullable StoreRow> all = new ArrayList<>();
        for (int i = 0; i < keys.length; i++) {
            ObjectKey key = keys[i];
            StoreRow row = key == null ? null : now.get(key);
            if (row == null && ops.get(i) instanceof ObjectMessage.Create) {
                throw new ProblemException(
                        Problem.CONSTRAINT_BROKEN, key + " would not be seen: a restriction of its entity hides it");
            }
            all.add(row);
        }
        rows = all;
        entries = changes.entries(now);
        overturned = changes.isOverturned();
    }

    /// Of what was created, now that it has them.
    private void keys(EntitySession session) {
        for (int i = 0; i < ops.size(); i++) {
            if (ops.get(i) instanceof ObjectMessage.Create create) {
                keys[i] = session.key(
                        types.named(create.type()), Objects.requireNonNull(created.get(create.temporary())));
            }
        }
    }

    /// First what others refer to; in a circle Hibernate writes the last reference afterwards.
    private void create(EntityWriting writing) {
        List<ObjectMessage.Create> todo = new ArrayList<>();
        for (ObjectMessage.Op op : ops) {
            if (op instanceof ObjectMessage.Create create) {
                todo.add(create);
                created.put(create.temporary(), writing.made(types.named(create.type()), create));
            }
        }
        todo.forEach(create -> writing.fill(types.named(create.type()), create));
        Set<ObjectKey> persisted = new LinkedHashSet<>();
        while (!todo.isEmpty()) {
            List<ObjectMessage.Create> ready = todo.stream()
                    .filter(create -> create.values().values().stream()
                            .allMatch(value ->
                                    !(value instanceof ObjectKey key) || !key.isTemporary() || persisted.contains(key)))
                    .toList();
            if (ready.isEmpty()) {
                ready = List.of(todo.getFirst());
            }
            for (ObjectMessage.Create create : ready) {
                writing.persist(Objects.requireNonNull(created.get(create.temporary())));
                persisted.add(create.temporary());
            }
            todo.removeAll(ready);
        }
    }

    /// In the order of their keys, so that two commits do not wait for each other in a circle.
    private Map<ObjectKey, Object> lock(EntitySession session) {
        Map<String, ObjectKey> wanted = new java.util.TreeMap<>();
        for (ObjectMessage.Op op : ops) {
            switch (op) {
                case ObjectMessage.Update update ->
                    wanted.put(update.ref().toString(), update.ref().key());
                case ObjectMessage.Delete delete ->
                    wanted.put(delete.ref().toString(), delete.ref().key());
                case ObjectMessage.Create create -> {}
            }
        }
        wanted.values().forEach(key -> session.hold(types.named(key.type()), key));
        Map<ObjectKey, Object> found = new HashMap<>();
        wanted.values().forEach(key -> {
            Object entity = session.there(types.named(key.type()), key);
            if (entity != null) {
                found.put(key, entity);
            }
        });
        return found;
    }

    private void update(
            EntitySession session, EntityWriting writing, ObjectMessage.Update update, @Nullable Object entity) {
        ObjectKey key = update.ref().key();
        MappedType type = types.named(key.type());
        StoreRow there = entity == null ? null : session.row(type, entity);
        boolean strict = type.version() != null
                && (type.policy() == StoreOverlay.Policy.STRICT
                        || update.fields().isEmpty());
        boolean same = there != null && (!strict || there.version() == update.version());
        for (Map.Entry<String, ObjectMessage.Edit> edit : update.fields().entrySet()) {
            MappedType.Part part = type.part(edit.getKey());
            if (!part.updatable()) {
                throw new ProblemException(
                        Problem.READ_ONLY, "field " + edit.getKey() + " of " + key.type() + " cannot be changed");
            }
            // Where the version decides, tagged values are compared all the same: tags are made of them.
            boolean compared = !strict || part.field().tagged();
            same &= there != null
                    && (!compared
                            || Values.same(
                                    edit.getValue().before(), there.fields().get(edit.getKey())));
        }
        if (!same || entity == null) {
            conflict(key, update.version(), update.fields(), there);
        } else {
            Map<String, @Nullable Object> after = new LinkedHashMap<>();
            update.fields().forEach((name, edit) -> after.put(name, edit.after()));
            writing.set(entity, type, after);
        }
    }

    private void conflict(
            ObjectKey key, long version, Map<String, ObjectMessage.Edit> edits, @Nullable StoreRow theirs) {
        int before = conflicts.size();
        if (theirs != null) {
            edits.forEach((name, edit) -> {
                Object there = theirs.fields().get(name);
                if (!Values.same(edit.before(), there)) {
                    conflicts.add(new ObjectMessage.FieldConflict(key, name, edit.before(), edit.after(), there));
                }
            });
        }
        if (conflicts.size() == before) {
            conflicts.add(
                    new ObjectMessage.FieldConflict(key, "", version, null, theirs == null ? null : theirs.version()));
        }
    }

    /// What refers goes before what is referred to.
    private void delete(EntitySession session, Map<ObjectKey, Object> found) {
        List<ObjectMessage.Delete> deletes = new ArrayList<>();
        for (ObjectMessage.Op op : ops) {
            if (op instanceof ObjectMessage.Delete delete) {
                deletes.add(delete);
            }
        }
        deletes.sort(
                Comparator.comparingInt(delete -> -height(delete.ref().key().type(), 0)));
        List<Object> entities = new ArrayList<>();
        for (ObjectMessage.Delete delete : deletes) {
            ObjectKey key = delete.ref().key();
            MappedType type = types.named(key.type());
            Object entity = found.get(key);
            StoreRow there = entity == null ? null : session.row(type, entity);
            if (entity == null || there == null || (type.version() != null && there.version() != delete.version())) {
                conflict(key, delete.version(), Map.of(), there);
            } else {
                entities.add(entity);
                // Under the key that it has: the one that was sent may be another way to write it.
                gone.add(session.key(type, entity));
            }
        }
        session.remove(entities);
    }

    /// What refers to something that is to be deleted may have Hibernate keep it, by a cascade.
    private void deleted(EntityChanges changes) {
        for (ObjectKey key : gone) {
            if (!changes.isDeleted(key)) {
                throw new ProblemException(
                        Problem.CONSTRAINT_BROKEN, key + " is kept by what refers to it, with a cascade of its entity");
            }
        }
    }

    private int height(String type, int depth) {
        int height = 0;
        for (MappedType.Part part : types.named(type).fields().values()) {
            String target = part.field().target();
            if (target != null && !target.equals(type) && depth < 8) {
                height = Math.max(height, 1 + height(target, depth + 1));
            }
        }
        return height;
    }
}
