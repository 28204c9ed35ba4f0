package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What tests ask of a store, in few words.
public final class Wanted {
    private Wanted() {}

    public static ObjectKey person(long id) {
        return ObjectKey.of("Person", id);
    }

    /// @param namesAndValues one after the other
    public static Map<String, @Nullable Object> values(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return values;
    }

    public static ObjectMessage.Create creating(int temporary, String type, @Nullable Object... namesAndValues) {
        return new ObjectMessage.Create(ObjectKey.temporary(temporary), type, values(namesAndValues));
    }

    /// @param edits name, value before and value after of each
    public static ObjectMessage.Update update(ObjectKey key, long version, @Nullable Object... edits) {
        Map<String, ObjectMessage.Edit> fields = new LinkedHashMap<>();
        for (int i = 0; i < edits.length; i += 3) {
            fields.put((String) edits[i], new ObjectMessage.Edit(edits[i + 1], edits[i + 2]));
        }
        return new ObjectMessage.Update(ObjectRef.of(key), version, fields);
    }

    public static ObjectMessage.Delete delete(ObjectKey key, long version) {
        return new ObjectMessage.Delete(ObjectRef.of(key), version);
    }

    public static StoreCommit commit(ObjectMessage.Op... ops) {
        return new StoreCommit(
                UUID.randomUUID(), Bytes.utf8(Integer.toString(Arrays.hashCode(ops))), "ada", List.of(ops));
    }

    public static StoreOutcome.Done done(ObjectStore store, ObjectMessage.Op... ops) {
        return done(store, commit(ops));
    }

    public static StoreOutcome.Done done(ObjectStore store, StoreCommit commit) {
        StoreOutcome outcome = store.commit(commit);
        if (outcome instanceof StoreOutcome.Done done) {
            return done;
        }
        throw new AssertionError("conflict: " + outcome);
    }

    public static List<ObjectMessage.FieldConflict> conflicts(ObjectStore store, ObjectMessage.Op... ops) {
        if (store.commit(commit(ops)) instanceof StoreOutcome.Conflicted conflicted) {
            return conflicted.conflicts();
        }
        throw new AssertionError("no conflict");
    }

    public static @Nullable StoreRow load(ObjectStore store, ObjectKey key) {
        return store.load(key.type(), List.of(key)).stream().findFirst().orElse(null);
    }

    public static StoreRow there(ObjectStore store, ObjectKey key) {
        StoreRow row = load(store, key);
        if (row == null) {
            throw new AssertionError("there is no " + key);
        }
        return row;
    }

    public static ObjectMessage.Condition where(
            String field, ObjectMessage.Operator operator, @Nullable Object... values) {
        return new ObjectMessage.Condition(field, operator, Arrays.asList(values));
    }

    public static List<String> keys(ObjectStore store, ObjectMessage.Condition... where) {
        return store.find(new StoreQuery("Person", List.of(where), List.of(), 100, null, false)).rows().stream()
                .map(row -> row.key().parts().getFirst())
                .toList();
    }
}
