package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hibernate.Interceptor;
import org.hibernate.Session;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/// What one session wrote to the database, by whomever it was asked to: operations of a commit, methods,
/// cascades. It hangs at the session as its interceptor, where [EntityListening] finds it.
final class EntityChanges implements Interceptor {
    /// @param before as it was; null where it was created
    /// @param version after a deletion
    private record Written(StoreChange.Kind kind, @Nullable StoreRow before, long version) {}

    private final MappedTypes types;
    private final Map<ObjectKey, Written> written = new LinkedHashMap<>();
    private boolean overturned;

    EntityChanges(MappedTypes types) {
        this.types = types;
    }

    void inserted(EntityPersister entity, Object id) {
        MappedType type = types.of(entity);
        if (type != null) {
            written.put(keyOf(type, id), new Written(StoreChange.Kind.CREATED, null, 0));
        }
    }

    /// @param before null where the session did not read it
    void updated(EntityPersister entity, Object id, @Nullable Object @Nullable [] before) {
        MappedType type = types.of(entity);
        if (type == null) {
            return;
        }
        if (before == null) {
            overturned = true;
        } else {
            StoreRow row = type.row(entity, id, before);
            written.putIfAbsent(row.key(), new Written(StoreChange.Kind.UPDATED, row, 0));
        }
    }

    void deleted(EntityPersister entity, Object id, @Nullable Object[] before) {
        MappedType type = types.of(entity);
        if (type == null) {
            return;
        }
        overturned |= types.isOverturnedBy(type);
        StoreRow row = type.row(entity, id, before);
        Written earlier = written.remove(row.key());
        if (earlier == null || earlier.kind != StoreChange.Kind.CREATED) {
            StoreRow first = earlier == null || earlier.before == null ? row : earlier.before;
            long version = type.version() == null ? 0 : row.version() + 1;
            written.put(row.key(), new Written(StoreChange.Kind.DELETED, first, version));
        }
    }

    private static ObjectKey keyOf(MappedType type, Object id) {
        return MappedType.key(type.name(), MappedType.parts(type.root(), id));
    }

    boolean isDeleted(ObjectKey key) {
        Written one = written.get(key);
        return one != null && one.kind == StoreChange.Kind.DELETED;
    }

    boolean isOverturned() {
        return overturned;
    }

    /// The rows that were written, and others, as they are in the database now.
    Map<ObjectKey, StoreRow> rows(Session session, Set<ObjectKey> others) {
        Map<String, Set<ObjectKey>> byType = new LinkedHashMap<>();
        Set<ObjectKey> all = new LinkedHashSet<>(others);
        all.addAll(written.keySet());
        all.forEach(key -> byType.computeIfAbsent(key.type(), absent -> new LinkedHashSet<>())
                .add(key));
        Map<ObjectKey, StoreRow> rows = new LinkedHashMap<>();
        byType.forEach((type, keys) ->
                EntityFind.load(session, types.named(type), keys).forEach(row -> rows.put(row.key(), row)));
        return rows;
    }

    /// @param rows as [#rows] gave them
    List<StoreChange.Entry> entries(Map<ObjectKey, StoreRow> rows) {
        List<StoreChange.Entry> entries = new ArrayList<>();
        written.forEach((key, one) -> {
            StoreRow now = rows.get(key);
            MappedType type = types.named(key.type());
            if (one.kind == StoreChange.Kind.DELETED) {
                entries.add(new StoreChange.Entry(one.kind, key, one.version, edits(type, one.before, null)));
            } else if (now != null) {
                entries.add(new StoreChange.Entry(one.kind, key, now.version(), edits(type, one.before, now)));
            } else if (one.before != null) {
                // A restriction of its entity hides it now: nobody sees it any more.
                long version = type.version() == null ? 0 : one.before.version() + 1;
                entries.add(
                        new StoreChange.Entry(StoreChange.Kind.DELETED, key, version, edits(type, one.before, null)));
            }
        });
        return entries;
    }

    private static Map<String, ObjectMessage.Edit> edits(
            MappedType type, @Nullable StoreRow before, @Nullable StoreRow after) {
        Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
        type.fields().forEach((name, part) -> {
            Object from = before == null ? null : before.fields().get(name);
            Object to = after == null ? null : after.fields().get(name);
            // Of what comes or goes also what is null: it may have been found by that.
            if (part.field().tagged() && (before == null || after == null || !Values.same(from, to))) {
                edits.put(name, new ObjectMessage.Edit(from, to));
            }
        });
        return edits;
    }
}
