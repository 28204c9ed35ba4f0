package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What becomes of maps of values by one commit. Nothing is changed here; who asked puts the rows in
/// their places, under the lock that it holds.
final class MemoryCommit {
    private final Function<String, StoreOverlay> overlays;
    private final Function<String, ObjectTypes.Type> types;
    private final Function<ObjectKey, @Nullable StoreRow> rows;
    private final LongSupplier numbers;

    private final Map<ObjectKey, ObjectKey> created = new HashMap<>();
    private final List<ObjectMessage.FieldConflict> conflicts = new ArrayList<>();
    private final List<StoreChange.Entry> entries = new ArrayList<>();

    MemoryCommit(
            Function<String, StoreOverlay> overlays,
            Function<String, ObjectTypes.Type> types,
            Function<ObjectKey, @Nullable StoreRow> rows,
            LongSupplier numbers) {
        this.overlays = overlays;
        this.types = types;
        this.rows = rows;
        this.numbers = numbers;
    }

    List<ObjectMessage.FieldConflict> conflicts() {
        return conflicts;
    }

    List<StoreChange.Entry> entries() {
        return entries;
    }

    /// What each operation makes; null where it deletes.
    List<@Nullable StoreRow> make(List<ObjectMessage.Op> ops) {
        for (ObjectMessage.Op op : ops) {
            if (op instanceof ObjectMessage.Create create) {
                created.put(create.temporary(), keyOf(create));
            }
        }
        List<@Nullable StoreRow> made = new ArrayList<>();
        for (ObjectMessage.Op op : ops) {
            made.add(
                    switch (op) {
                        case ObjectMessage.Create create -> create(create);
                        case ObjectMessage.Update update -> update(update);
                        case ObjectMessage.Delete delete -> delete(delete);
                    });
        }
        return made;
    }

    private ObjectKey keyOf(ObjectMessage.Create create) {
        ObjectTypes.Type type = types.apply(create.type());
        String name = type.key().getFirst();
        ObjectTypes.Field field = type.field(name);
        Object value = create.values().get(name);
        if (value == null && field != null && field.generated()) {
            ObjectKey free = ObjectKey.of(create.type(), numbers.getAsLong());
            while (rows.apply(free) != null) {
                free = ObjectKey.of(create.type(), numbers.getAsLong());
            }
            return free;
        }
        if (value == null) {
            throw new ProblemException(Problem.CONSTRAINT_BROKEN, "an object of type " + type.name() + " needs a key");
        }
        return ObjectKey.of(create.type(), Values.text(value));
    }

    private StoreRow create(ObjectMessage.Create create) {
        ObjectTypes.Type type = types.apply(create.type());
        ObjectKey key = created.getOrDefault(create.temporary(), create.temporary());
        if (rows.apply(key) != null) {
            throw new ProblemException(Problem.CONSTRAINT_BROKEN, key + " is there already");
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        create.values().forEach((name, value) -> values.put(name, resolved(value)));
        ObjectTypes.Field first = type.field(type.key().getFirst());
        if (first != null) {
            values.put(first.name(), Values.fit(first, key.parts().getFirst()));
        }
        StoreRow row = row(type, key, 1, values);
        entries.add(new StoreChange.Entry(StoreChange.Kind.CREATED, key, 1, edits(type, Map.of(), row.fields())));
        return row;
    }

    private static StoreRow row(
            ObjectTypes.Type type, ObjectKey key, long version, Map<String, @Nullable Object> values) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        for (ObjectTypes.Field field : type.fields()) {
            Object value = values.get(field.name());
            if (value == null && field.required()) {
                throw new ProblemException(
                        Problem.CONSTRAINT_BROKEN, "field " + field.name() + " of " + type.name() + " is required");
            }
            all.put(field.name(), value);
        }
        return new StoreRow(key, version, Collections.unmodifiableMap(all));
    }

    private @Nullable Object resolved(@Nullable Object value) {
        if (value instanceof ObjectKey key && key.isTemporary()) {
            ObjectKey real = created.get(key);
            if (real == null) {
                throw new ProblemException(Problem.VALUE_INVALID, key + " is not created by this commit");
            }
            return real;
        }
        return value;
    }

    private @Nullable StoreRow update(ObjectMessage.Update update) {
        ObjectKey key = update.ref().key();
        StoreRow row = rows.apply(key);
        if (row == null) {
            conflicts.add(new ObjectMessage.FieldConflict(key, "", update.version(), null, null));
            return null;
        }
        int before = conflicts.size();
        update.fields().forEach((name, edit) -> {
            Object there = row.fields().get(name);
            if (!Values.same(edit.before(), there)) {
                conflicts.add(new ObjectMessage.FieldConflict(key, name, edit.before(), resolved(edit.after()), there));
            }
        });
        boolean strict = overlays.apply(key.type()).policy() == StoreOverlay.Policy.STRICT
                || update.fields().isEmpty();
        if (conflicts.size() == before && strict && row.version() != update.version()) {
            conflicts.add(new ObjectMessage.FieldConflict(key, "", update.version(), null, row.version()));
        }
        if (conflicts.size() > before || update.fields().isEmpty()) {
            return row;
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>(row.fields());
        update.fields().forEach((name, edit) -> values.put(name, resolved(edit.after())));
        ObjectTypes.Type type = types.apply(key.type());
        StoreRow changed = row(type, key, row.version() + 1, values);
        entries.add(new StoreChange.Entry(
                StoreChange.Kind.UPDATED, key, changed.version(), edits(type, row.fields(), changed.fields())));
        return changed;
    }

    private @Nullable StoreRow delete(ObjectMessage.Delete delete) {
        ObjectKey key = delete.ref().key();
        StoreRow row = rows.apply(key);
        if (row == null || row.version() != delete.version()) {
            conflicts.add(new ObjectMessage.FieldConflict(
                    key, "", delete.version(), null, row == null ? null : row.version()));
        } else {
            entries.add(new StoreChange.Entry(
                    StoreChange.Kind.DELETED,
                    key,
                    row.version() + 1,
                    edits(types.apply(key.type()), row.fields(), Map.of())));
        }
        return null;
    }

    private static Map<String, ObjectMessage.Edit> edits(
            ObjectTypes.Type type, Map<String, @Nullable Object> before, Map<String, @Nullable Object> after) {
        Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
        for (ObjectTypes.Field field : type.fields()) {
            Object from = before.get(field.name());
            Object to = after.get(field.name());
            if (field.tagged() && (before.isEmpty() || after.isEmpty() || !Values.same(from, to))) {
                edits.put(field.name(), new ObjectMessage.Edit(from, to));
            }
        }
        return edits;
    }
}
