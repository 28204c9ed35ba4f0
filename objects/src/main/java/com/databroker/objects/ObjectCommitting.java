package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Answers commits: looks at every operation before anything is changed, and hands them to the one store
/// that they are about.
final class ObjectCommitting {
    private static final int OPERATIONS_MAX = 5_000;

    private final ObjectStores stores;

    ObjectCommitting(ObjectStores stores) {
        this.stores = stores;
    }

    ObjectMessage.Reply commit(ObjectAnswer answer, ObjectMessage.Commit commit) {
        int size = commit.ops().size();
        if (size == 0 || size > OPERATIONS_MAX) {
            throw new ProblemException(
                    Problem.QUERY_INVALID, "a commit has 1 to " + OPERATIONS_MAX + " operations, not " + size);
        }
        List<ObjectMessage.Op> ops = new ArrayList<>();
        Set<String> storeNames = new HashSet<>();
        Set<ObjectKey> touched = new HashSet<>();
        for (ObjectMessage.Op op : commit.ops()) {
            ObjectTypes.Type type = type(answer, op);
            storeNames.add(type.store());
            ops.add(checked(answer, type, op, touched));
        }
        if (storeNames.size() > 1) {
            throw new ProblemException(
                    Problem.QUERY_INVALID,
                    "a commit is about one store, since two cannot promise anything together; this one is about "
                            + storeNames);
        }
        ObjectStores.Open open = stores.named(storeNames.iterator().next());
        StoreCommit wanted = new StoreCommit(
                commit.commit(), digest(answer, commit), answer.principal().name(), ops);
        return switch (open.store().commit(wanted)) {
            case StoreOutcome.Done done -> {
                open.counts().commits.increment();
                open.relay().committed();
                yield done(answer, commit, done, open);
            }
            case StoreOutcome.Conflicted conflicted -> {
                open.counts().conflicts.increment();
                yield conflict(answer, commit, conflicted);
            }
        };
    }

    private ObjectTypes.Type type(ObjectAnswer answer, ObjectMessage.Op op) {
        String name = switch (op) {
            case ObjectMessage.Update update -> update.ref().key().type();
            case ObjectMessage.Create create -> create.type();
            case ObjectMessage.Delete delete -> delete.ref().key().type();
        };
        return stores.catalog().type(answer.principal(), name);
    }

    private ObjectMessage.Op checked(
            ObjectAnswer answer, ObjectTypes.Type type, ObjectMessage.Op op, Set<ObjectKey> touched) {
        return switch (op) {
            case ObjectMessage.Update update -> {
                // Whoever only compares the version changes nothing.
                answer.require(update.ref(), type, update.fields().isEmpty() ? 'r' : 'w');
                once(touched, update.ref().key());
                Map<String, ObjectMessage.Edit> fields = new LinkedHashMap<>();
                update.fields().forEach((name, edit) -> {
                    ObjectTypes.Field field = ObjectFinding.field(type, name);
                    if (type.key().contains(name)) {
                        throw new ProblemException(
                                Problem.READ_ONLY, "field " + name + " is part of the key of " + type.name());
                    }
                    fields.put(
                            name,
                            new ObjectMessage.Edit(
                                    Values.fit(field, edit.before()), value(answer, field, edit.after())));
                });
                yield new ObjectMessage.Update(ObjectRef.of(update.ref().key()), update.version(), fields);
            }
            case ObjectMessage.Create create -> {
                answer.require(type, 'w');
                once(touched, create.temporary());
                Map<String, @Nullable Object> values = new LinkedHashMap<>();
                create.values()
                        .forEach((name, value) ->
                                values.put(name, value(answer, ObjectFinding.field(type, name), value)));
                yield new ObjectMessage.Create(create.temporary(), type.name(), values);
            }
            case ObjectMessage.Delete delete -> {
                answer.require(delete.ref(), type, 'w');
                once(touched, delete.ref().key());
                yield new ObjectMessage.Delete(ObjectRef.of(delete.ref().key()), delete.version());
            }
        };
    }

    private static void once(Set<ObjectKey> touched, ObjectKey key) {
        if (!touched.add(key)) {
            throw new ProblemException(
                    Problem.QUERY_INVALID, Text.excerpt(key.toString()) + " stands twice in one commit");
        }
    }

    /// A value that somebody wants to write. What it refers to must be something that was shown to the
    /// principal.
    private @Nullable Object value(ObjectAnswer answer, ObjectTypes.Field field, @Nullable Object value) {
        if (value == null && field.required()) {
            throw new ProblemException(Problem.VALUE_INVALID, "field " + field.name() + " is required");
        }
        Object fitted = Values.fit(field, value);
        if (fitted instanceof ObjectKey key && !key.isTemporary()) {
            ObjectRef ref = value instanceof ObjectRef given ? given : ObjectRef.of(key);
            answer.require(ref, stores.catalog().type(answer.principal(), key.type()), 'r');
        }
        return fitted;
    }

    private static Bytes digest(ObjectAnswer answer, ObjectMessage.Commit commit) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(answer.principal().name().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            ObjectMessage.Commit canonical = new ObjectMessage.Commit(1, commit.commit(), commit.ops());
            return Bytes.wrap(
                    digest.digest(ObjectMessages.CBOR.encodeWhole(canonical).toArray()));
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    private static ObjectMessage.Ok done(
            ObjectAnswer answer, ObjectMessage.Commit commit, StoreOutcome.Done done, ObjectStores.Open open) {
        List<StoreRow> rows = new ArrayList<>();
        Map<String, Object> created = new LinkedHashMap<>();
        for (int i = 0; i < done.rows().size(); i++) {
            StoreRow row = done.rows().get(i);
            if (row != null) {
                rows.add(row);
                if (commit.ops().get(i) instanceof ObjectMessage.Create create) {
                    created.put(create.temporary().toString(), answer.reference(row.key()));
                }
            }
        }
        answer.ask(rows);
        // Where not everything is known that was changed, somebody who relied on a part would be wrong.
        if (!done.change().overturned()) {
            open.relay().finders(done.change()).forEach(answer::tag);
        }
        return answer.ok(commit.id(), created.isEmpty() ? null : created, null, -1);
    }

    private static ObjectMessage.Conflict conflict(
            ObjectAnswer answer, ObjectMessage.Commit commit, StoreOutcome.Conflicted conflicted) {
        return new ObjectMessage.Conflict(
                commit.id(),
                conflicted.conflicts().stream()
                        .map(one -> new ObjectMessage.FieldConflict(
                                one.key(),
                                one.field(),
                                answer.wire(one.base()),
                                answer.wire(one.mine()),
                                answer.wire(one.theirs())))
                        .toList());
    }
}
